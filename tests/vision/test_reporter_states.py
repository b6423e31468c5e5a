"""What regions show, and how the vision half is: the latest counts, and all again for a newcomer."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.peer import Peer
from support.waiting import wait_until

from edgecam import link
from edgecam.messages import UNKNOWN, RegionState, VisionHealth
from edgecam.vision import reporter as module
from edgecam.vision.reporter import Reporter

TABLES = "0123456789abcdef"
HEALTH = VisionHealth(5000, 1, 2, 3, 4, 5, 6)
DOG, CAT, NOTHING = (
    RegionState(0, 7, 900, 1),
    RegionState(0, 8, 800, 2),
    RegionState(1, UNKNOWN, 0, 3),
)


class Wall:
    """A publisher that listens, and a reporter that is not started yet."""

    def __init__(self, path: Path) -> None:
        self.health: VisionHealth | None = None
        self.asked = 0
        self.listener = link.listen(str(path))
        self.listener.settimeout(5)
        self.peers: list[Peer] = []
        self.reporter = Reporter(lambda: link.connect(str(path)), TABLES, self.ask, 0.3)

    def ask(self) -> VisionHealth | None:
        self.asked += 1
        return self.health

    def accept(self) -> Peer:
        self.peers.append(Peer(self.listener.accept()[0]))
        return self.peers[-1]

    def greeted(self) -> Peer:
        """A publisher's end on which everything has been said that is to be said at once."""
        self.reporter.start(lambda: None)
        peer = self.accept()
        peer.greet()
        return peer


@pytest.fixture
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    monkeypatch.setattr(module, "RECONNECT_S", 0.02)
    monkeypatch.setattr(module, "_SLICE_S", 0.05)
    made = Wall(tmp_path / "wall")
    yield made
    made.reporter.stop()
    assert made.reporter.join(5)
    made.listener.close()
    for peer in made.peers:
        peer.wall.close()


def test_of_what_a_region_showed_only_the_latest_is_sent(wall: Wall) -> None:
    wall.reporter.show(DOG)
    wall.reporter.show(NOTHING)
    wall.reporter.show(CAT)
    peer = wall.greeted()
    assert peer.receive_all() == [CAT, NOTHING]
    wall.reporter.show(DOG)
    assert peer.receive() == DOG
    assert peer.receive_all() == []


def test_a_newcomer_is_shown_every_region_again(wall: Wall) -> None:
    wall.reporter.show(DOG)
    wall.reporter.show(NOTHING)
    first = wall.greeted()
    assert first.receive_all() == [DOG, NOTHING]
    first.wall.close()
    wall.reporter.show(CAT)
    second = wall.accept()
    second.greet()
    assert second.receive_all() == [CAT, NOTHING]


class Interrupting(socket.socket):
    """A wall on which a region changes at the very moment its state is being sent."""

    reporter: Reporter
    interrupted = False

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override]  # any buffer
        sent = super().send(data, flags)
        if not self.interrupted and data == link.encode(DOG):
            self.interrupted = True
            self.reporter.show(CAT)
        return sent


def test_a_change_while_the_state_before_it_is_being_sent_is_sent_too() -> None:
    vision, publisher = link.pair()
    wall = Interrupting(fileno=vision.detach())
    wall.settimeout(0)
    reporter = wall.reporter = Reporter(lambda: wall, TABLES, lambda: None, 60)
    reporter.show(DOG)
    reporter.start(lambda: None)
    peer = Peer(publisher)
    peer.greet()
    try:
        assert peer.receive_all(0.7) == [DOG, CAT]
    finally:
        reporter.stop()
        assert reporter.join(5)
        publisher.close()


def test_as_long_as_there_is_nothing_to_say_no_health_is_sent(wall: Wall) -> None:
    peer = wall.greeted()
    wait_until(lambda: wall.asked >= 1)
    assert peer.receive_all() == []
    wall.health = HEALTH
    assert peer.receive() == HEALTH


def test_health_comes_at_its_interval_and_at_once_to_a_newcomer(wall: Wall) -> None:
    wall.health = HEALTH
    first = wall.greeted()
    assert first.receive() == HEALTH
    for _ in range(20):
        wall.reporter.show(DOG)
    records = first.receive_all(0.1)
    assert HEALTH not in records
    assert first.receive() == HEALTH
    first.wall.close()
    second = wall.accept()
    second.greet()
    records = second.receive_all(0.1)
    assert HEALTH in records
    assert DOG in records
