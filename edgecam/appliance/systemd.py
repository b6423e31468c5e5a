"""Speaks to systemd where there is one; a no-op on a laptop.

systemd-python comes from apt (`python3-systemd`) or the `systemd` extra.
"""

import contextlib
import os
import socket
import threading
from pathlib import Path

from edgecam.errors import ConfigError

try:
    from systemd import daemon as _daemon
except ImportError:
    _daemon = None


_FIRST_HANDED = 3  # SD_LISTEN_FDS_START
_waits: dict[str, str] = {}
_waits_lock = threading.Lock()


def notify(state: str) -> None:
    """Tell systemd `READY=1`, `WATCHDOG=1` or `STOPPING=1`; of `STATUS=…` see `wait_for`.

    What does not arrive (no descriptors left, say) is no reason to end: systemd decides on that.
    """
    if _daemon is not None:
        with contextlib.suppress(OSError):
            _daemon.notify(state)


def wait_for(what: str, why: str) -> None:
    """Let `systemctl status` show what this process waits for; with an empty `why` no longer."""
    with _waits_lock:
        if _waits.get(what, "") == why:
            return
        _waits[what] = why
        notify(f"STATUS={'; '.join(filter(None, _waits.values()))}")


def watchdog_interval_s() -> float | None:
    """How often to send `WATCHDOG=1`: half of the unit's WatchdogSec=; None without one."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdigit() and int(microseconds) else None


def handed_listener(path: str) -> socket.socket | None:
    """The listening socket that the unit of this process hands over: sd_listen_fds(3).

    None where it hands over nothing. The socket and its place in the file system outlive this
    process: who connects in between waits there for the next one. Raises ConfigError for anything
    but one such socket of the wall, at `path`.
    """
    count = os.environ.pop("LISTEN_FDS", "")
    names = os.environ.pop("LISTEN_FDNAMES", "")
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()) or not count:
        return None  # meant for a process that started this one
    if count != "1":
        msg = f"systemd hands over {count} sockets ({names}), and one is wanted"
        raise _unusable(msg)
    os.set_inheritable(_FIRST_HANDED, False)  # noqa: FBT003  it takes no keyword
    try:
        listener = socket.socket(fileno=_FIRST_HANDED)
    except OSError as error:
        msg = f"what systemd hands over is no socket: {error.strerror}"
        raise _unusable(msg) from error
    wanted = (socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listens = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if (listener.family, listener.type) != wanted or not listens:
        raise _unusable("the socket that systemd hands over does not listen for the wall")
    name = str(listener.getsockname())
    if Path(name).resolve() != Path(path).resolve():
        raise _unusable(f"systemd listens at {name}, and link.socket is {path}")
    listener.settimeout(0)
    return listener


def _unusable(what: str) -> ConfigError:
    way_out = "ListenSequentialPacket= of edgecam-publisher.socket must be link.socket, and alone"
    return ConfigError(f"{what}; {way_out}", option="link.socket")
