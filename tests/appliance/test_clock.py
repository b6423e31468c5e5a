"""The clock and whether it is to be believed."""

import ctypes
import re
import time
from pathlib import Path

import pytest

from edgecam.appliance import clock


def test_the_boot_id_is_the_kernels() -> None:
    kernel = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert clock.boot_id() == kernel.replace("-", "")
    assert re.fullmatch(r"[0-9a-f]{32}", clock.boot_id())


def test_a_monotonic_time_is_told_in_wall_clock() -> None:
    before_ns = time.time_ns()
    told_ns = clock.wall_ns(time.monotonic_ns())
    assert before_ns - 10**6 <= told_ns <= time.time_ns() + 10**6
    assert clock.wall_ns(time.monotonic_ns() - 10**10) <= told_ns - 9 * 10**9


def test_iso_has_milliseconds_and_a_zone() -> None:
    assert clock.iso(1_700_000_000_123_999_999) == "2023-11-14T22:13:20.123Z"
    assert clock.iso(0) == "1970-01-01T00:00:00.000Z"


def test_timesyncds_word_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flag = tmp_path / "synchronized"
    monkeypatch.setattr(clock, "_TIMESYNCD", flag)
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(5))
    assert clock.synchronized() is False
    flag.touch()
    assert clock.synchronized() is True


@pytest.mark.parametrize(("state", "believed"), [(0, True), (4, True), (5, False), (-1, False)])
def test_otherwise_the_kernel_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: int,
    believed: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(clock, "_TIMESYNCD", tmp_path / "none")
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(state))
    assert clock.synchronized() is believed


def test_a_clock_of_1970_is_never_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flag = tmp_path / "synchronized"
    flag.touch()
    monkeypatch.setattr(clock, "_TIMESYNCD", flag)
    monkeypatch.setattr(time, "time_ns", lambda: 10**9)
    assert clock.synchronized() is False


def test_the_real_call_answers() -> None:
    assert isinstance(clock.synchronized(), bool)
    assert clock._libc().adjtimex(ctypes.create_string_buffer(clock._TIMEX_BYTES)) in range(6)


class _Kernel:
    """A libc whose adjtimex(2) gives one answer."""

    def __init__(self, state: int) -> None:
        self._state = state

    def adjtimex(self, _timex: object) -> int:
        return self._state
