"""Other tables while events of those before still wait: an index never stands for another label."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.peer import Peer, Publisher
from support.quiet_half import QuietHalf

from edgecam import link
from edgecam.link import Ask, Committed, FromVision, Hello, Numbered
from edgecam.messages import CameraState, Explanation, Look, Scored
from edgecam.vision import attempts
from edgecam.vision import reporter as module
from edgecam.vision.pending import MAX_UNCOMMITTED
from edgecam.vision.reporter import Reporter

OLD, NEW, NEWER = "0" * 16, "1" * 16, "2" * 16
LOOK = Look(0, (Scored(1, 900),))


class Switched:
    """A publisher, and a reporter that speaks of the old tables."""

    def __init__(self, path: Path) -> None:
        self.half = QuietHalf()
        self.publisher = Publisher(path)
        self.reporter = Reporter(self.publisher.connect, OLD, self.half, 60)
        self.told = 0

    def report(self, count: int = 1) -> None:
        for _ in range(count):
            self.told += 1
            self.reporter.report(CameraState(0, 0, self.told, 0))

    def greeted(self) -> Peer:
        self.reporter.start(lambda: None)
        peer = self.publisher.accept()
        assert peer.greet().tables == OLD
        return peer


@pytest.fixture
def switched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switched]:
    monkeypatch.setattr(attempts, "RECONNECT_S", 0.02)
    monkeypatch.setattr(module, "_SLICE_S", 0.05)
    made = Switched(tmp_path / "wall")
    yield made
    made.reporter.stop()
    assert made.reporter.join(5)
    assert made.reporter.failure is None
    made.publisher.end()


def numbered(first: int, last: int) -> list[FromVision]:
    return [Numbered(number, CameraState(0, 0, number, 0)) for number in range(first, last + 1)]


def test_with_nothing_pending_the_next_hello_comes_at_once_on_the_same_wall(
    switched: Switched,
) -> None:
    peer = switched.greeted()
    switched.reporter.switch(NEW)
    hello = peer.receive()
    assert hello == Hello(link.PROTOCOL, switched.reporter.run, NEW, 0)
    switched.report()
    assert peer.receive_all() == []  # not before the welcome
    peer.welcome()
    assert peer.receive_all() == numbered(1, 1)


def test_what_was_reported_before_is_committed_before_the_next_hello(switched: Switched) -> None:
    peer = switched.greeted()
    switched.report(3)
    switched.reporter.switch(NEW)
    switched.report(2)
    assert peer.receive_all() == numbered(1, 3)
    peer.send(Committed(2))
    assert peer.receive_all() == []
    peer.send(Committed(3))
    assert peer.receive_all() == [Hello(link.PROTOCOL, switched.reporter.run, NEW, 3)]
    peer.send(link.Welcome(3, paused=False))
    assert peer.receive_all() == numbered(4, 5)


def test_more_than_may_be_on_the_wall_still_comes_before_the_switch(switched: Switched) -> None:
    peer = switched.greeted()
    count = 2 * MAX_UNCOMMITTED
    switched.report(count)
    switched.reporter.switch(NEW)
    switched.report(5)
    received: list[FromVision] = []
    while not isinstance(record := peer.receive(), Hello):
        assert isinstance(record, Numbered)
        received.append(record)
        peer.send(Committed(record.counter))
    assert received == numbered(1, count)
    assert record.tables == NEW


def test_after_a_reconnect_what_is_of_the_old_tables_comes_under_the_old_tables(
    switched: Switched,
) -> None:
    first = switched.greeted()
    switched.report(2)
    switched.reporter.switch(NEW)
    switched.report(1)
    assert first.receive_all() == numbered(1, 2)
    first.wall.close()
    second = switched.publisher.accept()
    assert second.greet(1).tables == OLD
    assert second.receive_all() == numbered(2, 2)
    second.send(Committed(2))
    hello = second.receive()
    assert isinstance(hello, Hello)
    assert hello.tables == NEW


def test_two_switches_each_wait_for_what_was_reported_before_them(switched: Switched) -> None:
    """Between the two, an index is of the tables in between."""
    switched.report(1)
    switched.reporter.switch(NEW)
    switched.report(1)
    switched.reporter.switch(NEWER)
    switched.report(1)
    peer = switched.greeted()
    for counter, tables in ((1, NEW), (2, NEWER)):
        assert peer.receive_all() == numbered(counter, counter)
        peer.send(Committed(counter))
        assert peer.greet(counter).tables == tables
    assert peer.receive_all() == numbered(3, 3)


def test_switches_with_nothing_between_are_one(switched: Switched) -> None:
    peer = switched.greeted()
    switched.report(1)
    assert peer.receive_all() == numbered(1, 1)
    switched.reporter.switch(NEW)
    switched.reporter.switch(NEWER)
    peer.send(Committed(1))
    assert peer.greet(1).tables == NEWER
    assert peer.receive_all() == []


def test_a_switch_back_needs_no_hello(switched: Switched) -> None:
    peer = switched.greeted()
    switched.report(1)
    assert peer.receive_all() == numbered(1, 1)
    switched.reporter.switch(NEW)
    switched.reporter.switch(OLD)
    peer.send(Committed(1))
    switched.report(1)
    assert peer.receive_all() == numbered(2, 2)


def test_a_switch_to_the_same_tables_says_nothing(switched: Switched) -> None:
    peer = switched.greeted()
    switched.reporter.switch(OLD)
    switched.report(1)
    assert peer.receive_all() == numbered(1, 1)


def test_looks_of_the_old_tables_are_not_shown_under_the_new_ones(switched: Switched) -> None:
    switched.reporter.start(lambda: None)
    peer = switched.publisher.accept()
    assert isinstance(peer.receive(), Hello)
    switched.reporter.show(LOOK)
    switched.reporter.switch(NEW)
    peer.welcome()
    assert peer.greet().tables == NEW
    assert peer.receive_all() == []


def test_looks_and_answers_of_the_new_tables_wait_for_the_switch(switched: Switched) -> None:
    switched.half.explanation = Explanation(1, 0, 0, ())
    peer = switched.greeted()
    switched.report(1)
    assert peer.receive_all() == numbered(1, 1)
    switched.reporter.switch(NEW)
    switched.reporter.show(LOOK)
    peer.send(Ask(1, 0))
    assert peer.receive_all() == []
    peer.send(Committed(1))
    assert peer.greet(1).tables == NEW
    assert peer.receive_all() == [LOOK, switched.half.explanation]


class Crowded(socket.socket):
    """A wall that has no room for the first hello of the new tables."""

    full = 2

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override]  # any buffer
        record = link.decode_from_vision(data)
        if self.full and isinstance(record, Hello) and record.tables == NEW:
            self.full -= 1
            raise BlockingIOError
        return super().send(data, flags)


def test_where_the_wall_has_no_room_the_hello_comes_before_anything_of_the_new_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SLICE_S", 0.02)
    monkeypatch.setattr(module, "WELCOME_TIMEOUT_S", 0.3)  # it is not counted from the first hello
    vision, publisher = link.pair()
    wall = Crowded(fileno=vision.detach())
    wall.settimeout(0)
    reporter = Reporter(lambda: wall, OLD, QuietHalf(), 60)
    reporter.start(lambda: None)
    peer = Peer(publisher)
    try:
        peer.greet()
        assert peer.receive_all(0.4) == []
        reporter.switch(NEW)
        reporter.report(CameraState(0, 0, 1, 0))
        assert peer.greet().tables == NEW
        assert peer.receive_all() == numbered(1, 1)
        assert wall.full == 0
    finally:
        reporter.stop()
        assert reporter.join(5)
        publisher.close()
