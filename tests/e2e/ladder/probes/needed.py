"""What a half needs, and would do nothing without."""

import mmap
import os
import socket
from pathlib import Path

from .kernel import address, libc, must

_WALL = "/run/edgecam/link.sock"
_JOURNAL = "/run/systemd/journal/socket"
_LOCKED_BYTES = 32 * 1024 * 1024  # systemd's own limit is 8 MB
_PROCESSOR = "/proc/cpuinfo"


def find_wall() -> None:
    """Find the socket to the other half, and be let in."""
    if not os.access(_WALL, os.W_OK):
        raise PermissionError(13, "not let in")


def write_log() -> None:
    """Reach the log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.connect(_JOURNAL)


def lock_memory() -> None:
    """Keep its memory out of swap."""
    with mmap.mmap(-1, _LOCKED_BYTES) as memory:
        must(libc.mlock(address(memory), _LOCKED_BYTES))


def know_processor() -> None:
    """Read which processor this is, without which the interpreter is 200 times as slow."""
    Path(_PROCESSOR).read_bytes()
