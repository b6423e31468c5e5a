"""Speaks to systemd where there is one; a no-op on a laptop.

systemd-python comes from apt (`python3-systemd`) or the `systemd` extra.
"""

import logging
import os
import sys

try:
    from systemd import daemon as _daemon
except ImportError:
    _daemon = None


def notify(state: str) -> None:
    """Tell systemd `READY=1`, `STATUS=…`, `WATCHDOG=1` or `STOPPING=1`."""
    if _daemon is not None:
        _daemon.notify(state)


def watchdog_interval_s() -> float | None:
    """How often to send `WATCHDOG=1`: half of the unit's WatchdogSec=; None without one."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdigit() and int(microseconds) else None


def set_up_log(level: str) -> None:
    """Log to standard error; without time stamps where that is the journal, which has its own."""
    in_journal = "JOURNAL_STREAM" in os.environ and not sys.stderr.isatty()
    stamp = "" if in_journal else "%(asctime)s "
    logging.basicConfig(
        level=level.upper(),
        format=f"{stamp}%(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )


def set_log_level(level: str) -> None:
    """Log from this level on."""
    logging.getLogger().setLevel(level.upper())
