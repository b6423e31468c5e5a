"""What time it is, and whether that is to be believed: a Pi has no clock that survives power-off."""

import ctypes
import datetime as dt
import functools
import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNCD = Path("/run/systemd/timesync/synchronized")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # struct timex takes 208 on 64-bit Linux, less on 32-bit
EARLIEST_NS = 1_700_000_000 * 10**9  # this code is younger: a clock before that was never set


@functools.cache
def boot_id() -> str:
    """This boot's id, 32 hexadecimal digits, as `journalctl --list-boots` shows it."""
    return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")


def synchronized() -> bool:
    """Whether the wall clock has been set by NTP since boot.

    systemd-timesyncd says so by a file, which a sandboxed service can see; other NTP clients
    tell the kernel, which adjtimex(2) reports where the sandbox allows the call.
    """
    if time.time_ns() < EARLIEST_NS:
        return False
    if _TIMESYNCD.exists():
        return True
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only ask
    state: int = _libc().adjtimex(buffer)
    return 0 <= state < _TIME_ERROR


def wall_ns(monotonic_ns: int) -> int:
    """The wall-clock time (ns since 1970) of a monotonic time of this boot, as known now."""
    return time.time_ns() - (time.monotonic_ns() - monotonic_ns)


def iso(at_ns: int) -> str:
    """A wall-clock time as `2026-11-21T05:36:01.123Z`."""
    moment = dt.datetime.fromtimestamp(at_ns // 10**6 / 1000, tz=dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
