"""What passes over the wall and is not kept: health, looks, questions and their answers, pauses."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.peer import Peer, Publisher
from support.quiet_half import QuietHalf
from support.waiting import wait_until

from edgecam.link import Ask, Numbered, Pause
from edgecam.messages import CameraState, Explanation, Look, Scored, Tally, VisionHealth
from edgecam.vision import attempts
from edgecam.vision import reporter as module
from edgecam.vision.passing import MAX_PASSING
from edgecam.vision.reporter import Reporter

HEALTH = VisionHealth(5000, 1, 2, 3, 4, 5, 6, 7, 0, asleep=False)


def look(number: int) -> Look:
    return Look(0, (Scored(number, 900),))


class Wall:
    """A publisher that listens, and a reporter that is not started yet."""

    def __init__(self, path: Path) -> None:
        self.half = QuietHalf()
        self.publisher = Publisher(path)
        self.reporter = Reporter(self.publisher.connect, "0123456789abcdef", self.half, 0.3)

    def greeted(self) -> Peer:
        """A publisher's end on which everything has been said that is to be said at once."""
        self.reporter.start(lambda: None)
        peer = self.publisher.accept()
        peer.greet()
        wait_until(lambda: self.half.asked_health)
        return peer

    def again(self, peer: Peer) -> Peer:
        """Another connection after that one."""
        peer.wall.close()
        return self.publisher.accept()


@pytest.fixture
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    monkeypatch.setattr(attempts, "RECONNECT_S", 0.02)
    monkeypatch.setattr(module, "_SLICE_S", 0.05)
    made = Wall(tmp_path / "wall")
    yield made
    made.reporter.stop()
    assert made.reporter.join(5)
    made.publisher.end()


def test_looks_are_passed_on_in_their_order(wall: Wall) -> None:
    peer = wall.greeted()
    for number in range(3):
        wall.reporter.show(look(number))
    assert peer.receive_all() == [look(0), look(1), look(2)]


def test_of_too_many_looks_the_oldest_give_way(wall: Wall) -> None:
    wall.reporter.start(lambda: None)
    peer = wall.publisher.accept()
    hello = peer.receive()
    for number in range(MAX_PASSING + 5):
        wall.reporter.show(look(number))
    assert hello is not None
    assert peer.receive_all() == []  # nobody has said welcome yet
    peer.welcome()
    assert peer.receive_all() == [look(number) for number in range(5, MAX_PASSING + 5)]


def test_looks_of_a_wall_that_has_gone_are_not_shown_to_the_next(wall: Wall) -> None:
    first = wall.greeted()
    second = wall.again(first)
    wall.reporter.show(look(1))
    second.wall.close()
    third = wall.publisher.accept()
    third.greet()
    wall.reporter.show(look(2))
    assert third.receive_all() == [look(2)]


def test_events_are_not_held_up_by_looks(wall: Wall) -> None:
    peer = wall.greeted()
    for number in range(10):
        wall.reporter.show(look(number))
    wall.reporter.report(CameraState(0, 0, 1, 0))
    records = peer.receive_all()
    assert Numbered(1, CameraState(0, 0, 1, 0)) in records
    assert len(records) == 11


def test_a_question_is_passed_on_and_its_answer_back(wall: Wall) -> None:
    tally = Tally(label=3, score=400, high_votes=1, low_votes=2, present=True)
    wall.half.explanation = Explanation(9, 1, 5, (tally,))
    peer = wall.greeted()
    peer.send(Ask(9, 1))
    assert peer.receive() == wall.half.explanation
    assert wall.half.asks == [Ask(9, 1)]


def test_a_question_of_no_region_has_no_answer_and_does_no_harm(wall: Wall) -> None:
    peer = wall.greeted()
    peer.send(Ask(9, 7))
    wait_until(lambda: wall.half.asks == [Ask(9, 7)])
    wall.reporter.show(look(1))
    assert peer.receive_all() == [look(1)]


def test_a_pause_is_told_to_the_half_and_again_with_every_welcome(wall: Wall) -> None:
    peer = wall.greeted()
    peer.send(Pause(paused=True))
    wait_until(lambda: wall.half.pauses == [False, True])
    peer.wall.close()
    wall.publisher.accept().greet(paused=True)
    wait_until(lambda: wall.half.pauses == [False, True, True])


def test_as_long_as_there_is_nothing_to_say_no_health_is_sent(wall: Wall) -> None:
    peer = wall.greeted()
    assert peer.receive_all() == []
    wall.half.told_health = HEALTH
    assert peer.receive() == HEALTH


def test_health_comes_at_its_interval_and_at_once_to_a_newcomer(wall: Wall) -> None:
    wall.half.told_health = HEALTH
    first = wall.greeted()
    assert first.receive() == HEALTH
    for number in range(MAX_PASSING):
        wall.reporter.show(look(number))
    assert HEALTH not in first.receive_all(0.1)
    assert first.receive() == HEALTH
    second = wall.again(first)
    second.greet()
    assert second.receive(0.2) == HEALTH


def test_health_that_is_news_does_not_wait_for_its_interval(wall: Wall) -> None:
    wall.half.told_health = HEALTH
    wall.reporter._health_interval_s = 60.0
    peer = wall.greeted()
    assert peer.receive_all() == [HEALTH]
    asleep = wall.half.told_health = msgspec.structs.replace(HEALTH, asleep=True)
    assert peer.receive_all() == []
    wall.reporter.say_health()
    assert peer.receive() == asleep
    assert peer.receive_all() == []
