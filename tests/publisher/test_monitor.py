"""What the publisher knows of the vision half as time goes by."""

from types import SimpleNamespace
from typing import Any

import pytest

from edgecam.messages import VisionHealth
from edgecam.publisher import health
from edgecam.publisher import monitor as module
from edgecam.publisher.contract import BoardPart, OutboxPart
from edgecam.publisher.monitor import VisionMonitor


class Clock:
    """Monotonic time that passes only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        made: Any = SimpleNamespace(monotonic=lambda: self.now_s)
        monkeypatch.setattr(module, "time", made)


def report(monitor: VisionMonitor, *, age_ms: int) -> None:
    monitor.report(VisionHealth(10_000, age_ms, 0, 0, 0, 0, 0, 0, 0, asleep=False))


def told_age_s(monitor: VisionMonitor) -> float | None:
    told = health.payload(
        monitor,
        OutboxPart(queued=0, oldest_s=0.0, lost=0),
        BoardPart(),
        refused=0,
        alarms=(),
        paused=False,
        ignored=0,
    )
    return told.vision.last_frame_age_s


def test_while_vision_is_heard_its_newest_frame_is_as_old_as_it_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Newer ones have come since, of which nobody has told yet."""
    clock, monitor = Clock(monkeypatch), VisionMonitor(1, 30.0)
    assert told_age_s(monitor) is None
    monitor.connected(1)
    report(monitor, age_ms=90)
    clock.now_s += 89.9
    assert monitor.up
    assert told_age_s(monitor) == 0.09
    report(monitor, age_ms=40)
    assert told_age_s(monitor) == 0.04


@pytest.mark.parametrize("away", [True, False])
def test_a_frame_ages_while_vision_is_away_or_silent(
    monkeypatch: pytest.MonkeyPatch, *, away: bool
) -> None:
    clock, monitor = Clock(monkeypatch), VisionMonitor(1, 30.0)
    monitor.connected(1)
    report(monitor, age_ms=90)
    if away:
        monitor.disconnected()
        clock.now_s += 2.5
        assert not monitor.up
        assert told_age_s(monitor) == 2.5  # two digits of 2.59: no more pass the wall
    clock.now_s += 3600
    assert not monitor.up
    assert told_age_s(monitor) == 3600.0


def test_who_is_left_unread_is_not_silent_until_it_was_listened_to_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, monitor = Clock(monkeypatch), VisionMonitor(1, 30.0)
    monitor.connected(1)
    report(monitor, age_ms=90)
    clock.now_s += 600
    seen = [monitor.up]
    monitor.leave_unread()
    for passes_s in (89.9, 0.2):
        clock.now_s += passes_s
        seen.append(monitor.up)
    assert seen == [False, True, False]


def test_another_run_has_no_frame_before_its_first_report(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    monitor = VisionMonitor(1, 30.0)
    monitor.connected(1)
    report(monitor, age_ms=100)
    monitor.connected(2)
    assert told_age_s(monitor) is None


def test_what_was_reported_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A health that only grew older is no news to publish."""
    clock, monitor = Clock(monkeypatch), VisionMonitor(1, 30.0)
    report(monitor, age_ms=100)
    before = monitor.health
    clock.now_s += 10
    assert monitor.health == before
