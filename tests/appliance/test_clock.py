"""The clock and whether it is to be believed."""

import ctypes
import re
import threading
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
    monkeypatch.setattr(clock, "_tai_offset_s", lambda: 0)
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(5))
    assert clock.synchronized() is False
    flag.touch()
    assert clock.synchronized() is True


@pytest.mark.parametrize(
    ("offset_s", "believed"), [(37, True), (10, True), (0, False), (1, False), (-37, False)]
)
def test_what_chrony_told_the_kernel_of_atomic_time_is_enough(
    unset: Path,  # noqa: ARG001  as it was before chrony
    monkeypatch: pytest.MonkeyPatch,
    offset_s: int,
    believed: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(-1))  # as under ProtectClock=
    assert clock.synchronized() is False
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: time.time() + offset_s)
    assert (clock.synchronized(), clock.was_set_visibly()) == (believed, believed)


def test_what_only_the_kernel_says_is_not_visible(
    unset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(0))
    assert (clock.was_set(), clock.was_set_visibly()) == (True, False)
    unset.write_text(f"{time.time():.0f}\n", encoding="ascii")
    assert clock.was_set_visibly() is True


@pytest.mark.parametrize(("state", "believed"), [(0, True), (4, True), (5, False), (-1, False)])
def test_otherwise_the_kernel_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: int,
    believed: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(clock, "_TIMESYNCD", tmp_path / "none")
    monkeypatch.setattr(clock, "_tai_offset_s", lambda: 0)
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(state))
    assert clock.synchronized() is believed


def test_a_clock_of_1970_is_never_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flag = tmp_path / "synchronized"
    flag.touch()
    monkeypatch.setattr(clock, "_TIMESYNCD", flag)
    monkeypatch.setattr(time, "time_ns", lambda: 10**9)
    assert clock.synchronized() is False


@pytest.fixture
def unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has just started, without NTP; where a clock with a battery would tell its time."""
    monkeypatch.setattr(clock, "_TIMESYNCD", tmp_path / "synchronized")
    monkeypatch.setattr(clock, "_BATTERY_CLOCK", tmp_path / "since_epoch")
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: time.time())
    monkeypatch.setattr(clock, "_libc", lambda: _Kernel(5))
    monkeypatch.setattr(clock, "_was_set", threading.Event())
    return tmp_path / "since_epoch"


def test_a_clock_that_ntp_set_once_goes_on_telling_the_time(unset: Path) -> None:
    assert clock.was_set() is False
    flag = unset.with_name("synchronized")
    flag.touch()
    assert clock.was_set() is True
    flag.unlink()
    assert (clock.synchronized(), clock.was_set()) == (False, True)


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        (f"{time.time() + 60:.0f}\n", True),
        (f"{time.time() - 86_400:.0f}\n", False),  # it lost its power, or we did
        ("60\n", False),
        ("\n", False),
    ],
)
def test_a_clock_with_a_battery_that_says_the_same_is_believed(
    unset: Path,
    told: str,
    believed: bool,  # noqa: FBT001
) -> None:
    unset.write_text(told, encoding="ascii")
    assert clock.was_set() is believed


def test_a_battery_clock_of_1970_does_not_make_1970_true(
    unset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 60 * 10**9)
    monkeypatch.setattr(time, "time", lambda: 60.0)
    unset.write_text("60\n", encoding="ascii")
    assert clock.was_set() is False


def test_the_real_call_answers() -> None:
    assert isinstance(clock.synchronized(), bool)
    assert clock._libc().adjtimex(ctypes.create_string_buffer(clock._TIMEX_BYTES)) in range(6)


class _Kernel:
    """A libc whose adjtimex(2) gives one answer."""

    def __init__(self, state: int) -> None:
        self._state = state

    def adjtimex(self, _timex: object) -> int:
        return self._state
