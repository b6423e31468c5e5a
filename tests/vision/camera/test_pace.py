import sys
import threading
import time
from collections.abc import Callable

import pytest
from support.paces import MadeClock
from support.waiting import wait_until

from edgecam.vision.bell import Bell
from edgecam.vision.camera.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MadeClock:
    return MadeClock(monkeypatch)


def test_without_a_rate_every_moment_is_due(clock: MadeClock) -> None:
    pace = Pace(None)
    assert [pace.due() for _ in range(3)] == [True] * 3
    assert [pace.wait(0.5) for _ in range(3)] == [True] * 3
    assert clock.now_s == 1000.0


def test_the_first_frame_is_due_at_once(clock: MadeClock) -> None:
    pace = Pace(4)
    assert pace.due()
    assert not pace.due()
    clock.now_s += 0.24
    assert not pace.due()
    clock.now_s += 0.02
    assert pace.due()


def test_waiting_ends_with_the_period(clock: MadeClock) -> None:
    pace = Pace(4)
    moments = []
    for _ in range(4):
        assert pace.wait(1.0)
        moments.append(clock.now_s - 1000)
    assert moments == pytest.approx([0, 0.25, 0.5, 0.75])


def test_waiting_never_takes_longer_than_its_timeout(clock: MadeClock) -> None:
    pace = Pace(0.5)
    assert pace.wait(0.5)
    for waited in (0.5, 1.0, 1.5):
        assert not pace.wait(0.5)
        assert clock.now_s - 1000 == pytest.approx(waited)
    assert pace.wait(0.5)
    assert clock.now_s - 1000 == pytest.approx(2.0)


def test_small_delays_do_not_add_up(clock: MadeClock) -> None:
    pace = Pace(10)
    count = 0
    for _ in range(1000):  # looked at every 7 ms, which never meets a period of 100 ms
        count += pace.due()
        clock.now_s += 0.007
    assert count == 70


def test_after_a_long_delay_the_next_frames_do_not_hurry(clock: MadeClock) -> None:
    pace = Pace(10)
    assert pace.due()
    clock.now_s += 5
    assert pace.due()
    assert not pace.due()
    clock.now_s += 0.09
    assert not pace.due()
    clock.now_s += 0.02
    assert pace.due()


def test_a_real_clock_is_kept_too() -> None:
    pace = Pace(50)
    started_s = time.monotonic()
    assert all(pace.wait(1.0) for _ in range(11))
    assert 0.19 <= time.monotonic() - started_s < 2


def test_a_source_that_keeps_the_rate_itself_loses_nothing_to_unlike_clocks(
    clock: MadeClock,
) -> None:
    pace = Pace(10, early=0.25)
    started_s = clock.now_s
    for number in range(100):
        clock.now_s = started_s + number / 10 + (-0.02, 0.0, 0.02)[number % 3]
        assert pace.due()


def test_frames_that_come_early_do_not_raise_the_rate(clock: MadeClock) -> None:
    pace = Pace(10, early=0.25)
    count = 0
    for _ in range(1000):  # looked at every 7 ms, for 7 s
        count += pace.due()
        clock.now_s += 0.007
    assert count == 71  # the last one early


def test_a_limit_lowers_the_rate_and_never_raises_it(clock: MadeClock) -> None:
    pace = Pace(10)

    def in_a_second() -> int:
        count = 0
        for _ in range(1000):
            clock.now_s += 0.001
            count += pace.due()
        return count

    for limit_fps, counted in ((None, 10), (4.0, 4), (20.0, 10), (2.0, 2), (None, 10)):
        pace.limit_fps = limit_fps
        assert in_a_second() == pytest.approx(counted, abs=1)
    pace.usual_fps = 5.0
    assert in_a_second() == pytest.approx(5, abs=1)


@pytest.mark.parametrize("early", [0.0, 0.25])
def test_where_the_limit_goes_the_next_frame_is_due_a_usual_period_after_the_last(
    clock: MadeClock, early: float
) -> None:
    pace = Pace(10, early=early)
    pace.limit_fps = 1.0
    for _ in range(20):  # the last of them early, where that counts as due
        clock.now_s += 0.1
        pace.due()
    while not pace.due():
        clock.now_s += 0.1
    pace.limit_fps = None
    clock.now_s += 0.07
    assert not pace.due()
    clock.now_s += 0.04
    assert pace.due()


def test_who_waits_is_woken_where_the_limit_goes() -> None:
    pace = Pace(1000)
    pace.limit_fps = 0.01
    assert pace.due()
    waited: list[bool] = []
    waiting = threading.Thread(target=lambda: waited.append(pace.wait(60.0)))
    waiting.start()
    wait_until(lambda: _runs(waiting, Bell.wait))
    pace.limit_fps = None
    waiting.join(10)
    assert waited == [True]


def test_a_change_that_nobody_waits_for_costs_no_wait(clock: MadeClock) -> None:
    pace = Pace(4)
    for limit_fps in (1.0, 2.0, None):
        pace.limit_fps = limit_fps
    moments = []
    for _ in range(3):
        assert pace.wait(1.0)
        moments.append(clock.now_s - 1000)
    assert moments == pytest.approx([0, 0.25, 0.5])


def _runs(thread: threading.Thread, function: Callable[..., object]) -> bool:
    """Whether a thread is in a function of Python, or in what that calls of C."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code is function.__code__
