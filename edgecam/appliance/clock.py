"""What time it is, and whether that is to be believed: a Pi has no clock that survives power-off."""

import ctypes
import datetime as dt
import functools
import threading
import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNCD = Path("/run/systemd/timesync/synchronized")
_BATTERY_CLOCK = Path("/sys/class/rtc/rtc0/since_epoch")  # rtc(4)
_AGREES_S = 300.0  # months of such a clock's drift
_TAI_OFFSETS_S = range(10, 100)  # 10 in 1972, 37 since 2017: BIPM's Time Department, UTC - TAI
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # struct timex takes 208 on 64-bit Linux, less on 32-bit
_was_set = threading.Event()  # in this boot, as far as this process has seen
EARLIEST_NS = 1_700_000_000 * 10**9  # this code is younger: a clock before that was never set


@functools.cache
def boot_id() -> str:
    """This boot's id, 32 hexadecimal digits, as `journalctl --list-boots` shows it."""
    return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")


def synchronized() -> bool:
    """Whether the wall clock has been set by NTP since boot.

    Every NTP client tells the kernel, which adjtimex(2) reports where the sandbox allows the call.
    """
    if _synchronized_visibly():
        return True
    if time.time_ns() < EARLIEST_NS:
        return False
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only ask
    state: int = _libc().adjtimex(buffer)
    return 0 <= state < _TIME_ERROR


def was_set() -> bool:
    """Whether the wall clock has told the right time at any moment since boot: then it goes on.

    By NTP, or because a clock with a battery says the same; one that lost its power begins far in
    the past. A Pi with neither starts with about the time at which it was switched off, which
    systemd-timesyncd(8) keeps in a file, however long ago that was.
    """
    if not _was_set.is_set() and (synchronized() or _agrees_with_battery()):
        _was_set.set()
    return _was_set.is_set()


def was_set_visibly() -> bool:
    """Whether a service under systemd's ProtectClock=, which forbids adjtimex(2), sees so now."""
    return _synchronized_visibly() or _agrees_with_battery()


def wall_ns(monotonic_ns: int) -> int:
    """The wall-clock time (ns since 1970) of a monotonic time of this boot, as known now."""
    return time.time_ns() - (time.monotonic_ns() - monotonic_ns)


def iso(at_ns: int) -> str:
    """A wall-clock time as `2026-11-21T05:36:01.123Z`."""
    moment = dt.datetime.fromtimestamp(at_ns // 10**6 / 1000, tz=dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _synchronized_visibly() -> bool:
    """Whether an NTP client left a sign that needs no system call of those that set clocks.

    systemd-timesyncd does by a file. chronyd that knows of leap seconds (leapsectz or leapseclist
    in chrony.conf) gives the kernel the offset of atomic time when it first sets the clock: set_leap
    in its sys_timex.c. From the start of the machine until then that is 0: clock_gettime(2).
    """
    if time.time_ns() < EARLIEST_NS:
        return False
    return _TIMESYNCD.exists() or _tai_offset_s() in _TAI_OFFSETS_S


def _tai_offset_s() -> int:
    return round(time.clock_gettime(time.CLOCK_TAI) - time.time())


def _agrees_with_battery() -> bool:
    try:
        told_s = int(_BATTERY_CLOCK.read_text(encoding="ascii"))
    except (OSError, ValueError):  # there is none
        return False
    return time.time_ns() >= EARLIEST_NS and abs(told_s - time.time()) <= _AGREES_S


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
