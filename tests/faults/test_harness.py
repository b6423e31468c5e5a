"""The judge can fail: hand-made streams that are wrong in one way each."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.recorder import Received

from faults.judge import Fact, Judge
from faults.memory import Marks
from faults.report import Report
from faults.series import Result, Series
from faults.tap import Tap


def event(seq: int, **changes: Any) -> Received:
    """A sighting as a subscriber hears it."""
    told: dict[str, Any] = {
        "event_type": "appeared",
        "label": "castle",
        "confidence": 0.5,
        "epoch": "e",
        "seq": seq,
        "monotonic_s": float(seq),
        **changes,
    }
    return Received("edgecam/test/event", json.dumps(told).encode(), retain=False, qos=1, at_s=seq)


def loss(seq: int, first: int, last: int, count: int) -> Received:
    bounds = {"first_seq": first, "last_seq": last, "count": count}
    return event(seq, event_type="loss", label=None, **bounds)


def fact(seq: int) -> Fact:
    return "appeared", float(seq), 0.5


def verdict(*messages: Received, promised: tuple[int, ...] = (1,)) -> Result:
    return Judge(messages, lambda: {fact(seq) for seq in promised}).result(1)


def test_a_stream_without_fault_is_good() -> None:
    result = verdict(event(1), event(2), event(3), promised=(1, 2, 3))

    assert result.passed
    assert (result.committed, result.lost, result.duplicated) == (3, 0, 0)


def test_a_number_that_never_came_is_lost() -> None:
    result = verdict(event(1), event(3))

    assert not result.passed
    assert result.lost == 1
    assert result.problems == ("epoch e lacks 2",)


def test_a_promise_that_was_not_kept_is_lost_even_without_a_gap() -> None:
    result = verdict(event(1), event(2), promised=(1, 2, 3))

    assert not result.passed
    assert result.lost == 1


def test_a_loss_explains_the_gap_that_it_names() -> None:
    assert verdict(event(1), loss(5, 2, 4, 3)).passed


@pytest.mark.parametrize("bounds", [(2, 3, 2), (2, 4, 2)])
def test_a_loss_that_names_fewer_does_not_explain_a_gap(bounds: tuple[int, int, int]) -> None:
    assert not verdict(event(1), loss(5, *bounds)).passed


def test_an_older_event_that_comes_first_after_a_younger_one_is_out_of_order() -> None:
    result = verdict(event(1), event(3), event(2))

    assert result.problems == ("e/2 came first after 3",)


def test_an_event_that_comes_again_is_counted_and_nothing_more() -> None:
    result = verdict(event(1), event(2), event(1), event(2))

    assert result.passed
    assert result.duplicated == 2


def test_one_number_for_two_events_is_seen() -> None:
    assert verdict(event(1), event(1, monotonic_s=7.0)).problems == ("e/1 names two events",)


def test_one_event_under_two_numbers_is_seen() -> None:
    (problem,) = verdict(event(1), event(2, monotonic_s=1.0)).problems

    assert "stored twice" in problem


@pytest.mark.parametrize(("size", "passed"), [(512, True), (513, False)])
def test_a_payload_above_the_limit_is_seen(size: int, passed: bool) -> None:  # noqa: FBT001
    large = Received("edgecam/test/info", b"x" * size, retain=True, qos=1)

    assert verdict(event(1), large).passed is passed


def test_a_judge_that_was_promised_nothing_has_shown_nothing() -> None:
    assert not verdict(event(1), promised=()).passed


def test_a_healing_that_nothing_followed_is_seen() -> None:
    heard = [event(1)]
    judge = Judge(heard, lambda: {fact(1)})
    judge.healed()

    assert judge.result(1).problems == ("no fresh event came after the last healing",)


def test_an_event_from_before_the_healing_is_not_fresh_and_a_late_one_is_a_problem() -> None:
    judge = Judge(heard := [event(1)], lambda: {fact(1)})
    before_s = time.monotonic() - 5
    judge.healed()
    heard.append(event(2, monotonic_s=before_s))
    assert not judge.recovered()

    after_s = time.monotonic() + 31
    late = event(3, monotonic_s=after_s)
    heard.append(Received(late.topic, late.payload, late.retain, late.qos, at_s=after_s))
    assert judge.recovered()
    (problem,) = judge.result(1).problems
    assert "more than 30 s" in problem


class Wall:
    """Both halves played by the test, with the tap between them."""

    def __init__(self, folder: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(folder / "wall"))
        self._listener.listen()
        self.tap = Tap(folder / "tap", folder / "wall")
        self.vision = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.vision.connect(str(folder / "tap"))
        self.publisher, _ = self._listener.accept()
        for end in (self.vision, self.publisher):
            end.settimeout(5)

    def say(self, *records: list[Any]) -> None:
        """Vision sends records, and they arrive unchanged."""
        for record in records:
            packet = msgspec.msgpack.encode(record)
            self.vision.send(packet)
            assert self.publisher.recv(1000) == packet

    def answer(self, record: list[Any]) -> None:
        packet = msgspec.msgpack.encode(record)
        self.publisher.send(packet)
        assert self.vision.recv(1000) == packet

    def close(self) -> None:
        for end in (self.vision, self.publisher, self._listener):
            end.close()
        self.tap.close()


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    made = Wall(tmp_path)
    yield made
    made.close()


def sighting(counter: int) -> list[Any]:
    return ["event", counter, ["sighting", True, 0, 7, 500, counter * 10**9]]


def test_the_tap_notes_what_the_publisher_has_promised_and_nothing_else(wall: Wall) -> None:
    wall.say(["hello", 2, 42, "0" * 16, 0])
    wall.answer(["welcome", 0, False])
    wall.say(sighting(1), ["event", 2, ["camera", 0, 5]], sighting(3))
    assert wall.tap.committed() == set()

    wall.answer(["committed", 2])
    assert wall.tap.committed() == {fact(1)}

    wall.answer(["committed", 3])
    assert wall.tap.committed() == {fact(1), fact(3)}
    assert wall.tap.problems == []


def test_a_publisher_that_takes_a_promise_back_is_seen(wall: Wall) -> None:
    wall.say(["hello", 2, 42, "0" * 16, 0], sighting(1), sighting(2))
    wall.answer(["committed", 2])
    wall.answer(["welcome", 1, False])

    assert wall.tap.problems == ["committed 2, then only 1"]


def test_events_that_were_numbered_and_never_sent_are_counted(wall: Wall) -> None:
    wall.say(["hello", 2, 42, "0" * 16, 0], sighting(4), sighting(5), sighting(5))

    assert wall.tap.skipped == 3


def test_where_the_publisher_goes_the_tap_hangs_up(wall: Wall) -> None:
    wall.publisher.close()

    assert wall.vision.recv(1000) == b""


def test_memory_that_grows_is_not_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([50.0, 54.0, 55.5])
    monkeypatch.setattr("faults.memory.resident_mb", lambda _pid: next(held))
    marks = Marks({"vision": 1}, 100)
    for done in range(101):
        marks.pass_by(done)

    assert marks.figures == "vision 50.0 → 54.0 → 55.5 MB"
    assert marks.problems == ("vision is not flat: [50.0, 54.0, 55.5]",)


def test_a_run_that_ended_early_is_not_flat() -> None:
    assert Marks({"vision": 1}, 100).problems == ("vision is not flat: []",)


def test_the_table_says_what_is_wrong_and_a_lost_event_fails_the_run() -> None:
    series = Series("wifi", "Wi-Fi goes", 60, 4, lambda _: Result(tried=1))
    report = Report({series: Result(tried=4, committed=9, lost=1, problems=("2 went",))}, "Run", 1)

    assert not report.passed
    assert report.table().splitlines()[-1] == "wifi: 2 went"
    assert "| Wi-Fi goes | 4 | 9 | 1 |" in report.markdown()
    assert json.loads(report.json())["series"]["wifi"]["lost"] == 1
