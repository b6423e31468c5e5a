"""What a half needs, and would do nothing without."""

import os
import socket

_WALL = "/run/edgecam/link.sock"
_JOURNAL = "/run/systemd/journal/socket"


def find_wall() -> None:
    """Find the socket to the other half, and be let in."""
    if not os.access(_WALL, os.W_OK):
        raise PermissionError(13, "not let in")


def write_log() -> None:
    """Reach the log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.connect(_JOURNAL)
