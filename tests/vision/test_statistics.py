import subprocess
import sys

import pytest

from edgecam.vision.statistics import Statistics

SECOND = 10**9


def test_nothing_is_said_before_anything_happened() -> None:
    statistics = Statistics()
    assert statistics.percentiles_us() is None
    assert statistics.fps(SECOND) is None
    assert statistics.age_ns(SECOND) is None


def test_one_frame_makes_no_rate_but_an_age() -> None:
    statistics = Statistics()
    statistics.frame(3 * SECOND)
    assert statistics.fps(4 * SECOND) is None
    assert statistics.age_ns(5 * SECOND) == 2 * SECOND
    assert statistics.frames == 1


def test_the_first_rate_is_announced_once() -> None:
    rates = []
    statistics = Statistics(on_rate=lambda: rates.append(statistics.fps(SECOND)))
    for number in range(4):
        assert len(rates) == (number > 1)
        statistics.frame(number * SECOND // 2)
    assert rates == [1.0]


def test_the_rate_is_that_of_the_frames() -> None:
    statistics = Statistics()
    for number in range(11):
        statistics.frame(number * SECOND // 10)
    assert statistics.fps(SECOND) == pytest.approx(10)


def test_the_rate_falls_when_frames_stop_coming() -> None:
    statistics = Statistics()
    for number in range(11):
        statistics.frame(number * SECOND // 10)
    rates = [statistics.fps(now * SECOND) for now in (1, 2, 10, 100)]
    assert rates == pytest.approx([10, 5, 1, 0])


def test_the_rate_after_a_sleep_is_that_of_the_frames_since() -> None:
    statistics = Statistics()
    for number in range(11):
        statistics.frame(number * SECOND // 10)
    morning = 8 * 3600 * SECOND
    for number in range(21):
        statistics.frame(morning + number * SECOND // 10)
    assert statistics.fps(morning + 2 * SECOND) == pytest.approx(10)


def test_frames_of_the_same_moment_do_not_divide_by_zero() -> None:
    statistics = Statistics()
    statistics.frame(5)
    statistics.frame(5)
    assert (statistics.fps(5) or 0) > 0


def test_the_rate_forgets_the_distant_past() -> None:
    statistics = Statistics()
    for number in range(300):
        statistics.frame(number * SECOND)  # one a second for five minutes, then ten a second
    for number in range(1, 301):
        statistics.frame(299 * SECOND + number * SECOND // 10)
    assert statistics.frames == 600
    assert statistics.fps(329 * SECOND) == pytest.approx(10)
    assert statistics.age_ns(330 * SECOND) == SECOND


def test_percentiles_are_in_microseconds() -> None:
    statistics = Statistics()
    for milliseconds in range(1, 102):
        statistics.took("invoke", milliseconds * 10**6)
    assert statistics.percentiles_us() == (51_000, 96_000)


def test_percentiles_are_over_the_last_looks_only() -> None:
    statistics = Statistics()
    for _ in range(300):
        statistics.took("invoke", 90 * 10**6)
    for _ in range(256):
        statistics.took("invoke", 2 * 10**6)
    assert statistics.percentiles_us() == (2_000, 2_000)


def test_stages_are_told_apart() -> None:
    statistics = Statistics()
    statistics.took("wait", 3)
    statistics.took("wait", 4)
    statistics.took("decide", 5)
    assert statistics.stage_ns("wait").tolist() == [3, 4]
    assert statistics.stage_ns("decide").tolist() == [5]
    assert statistics.stage_ns("prepare").tolist() == []
    assert statistics.frames == 0


def test_a_frame_that_came_meanwhile_is_new() -> None:
    statistics = Statistics()
    statistics.frame(5 * SECOND)
    assert statistics.age_ns(4 * SECOND) == 0


def test_the_first_percentiles_need_no_descriptor() -> None:
    """They are told from another thread, to which a failure would look like one of the wall."""
    program = (
        "import resource\n"
        "from edgecam.vision.statistics import Statistics\n"
        "statistics = Statistics()\n"
        "statistics.took('invoke', 7000)\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))\n"
        "try:\n"
        "    open('/dev/null')\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
        "print(statistics.percentiles_us())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("Too many open files\n(7, 7)\n", "")
