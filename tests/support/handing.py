"""Starts a publisher with descriptors handed to it as systemd does: sd_listen_fds(3)."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

from support.appliance import Appliance

# Descriptors in their order become 3, 4, …; the process number is that of what is run then.
_TAKE = """
import os, sys
count = int(sys.argv[1])
for number, handed in enumerate(sys.argv[2:2 + count]):
    os.dup2(int(handed), 3 + number)
os.environ.update(LISTEN_FDS=str(count), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2 + count], sys.argv[2 + count:])
"""
_OUT_OF_THE_WAY = 20  # the lowest number of a copy, so that none is overwritten by another


def listening(path: Path, kind: socket.SocketKind = socket.SOCK_SEQPACKET) -> socket.socket:
    """A socket that listens for the wall, as a socket unit makes it."""
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    made.listen()
    return made


def start_publisher(appliance: Appliance, *handed: int) -> subprocess.Popen[bytes]:
    """A publisher that was handed these descriptors."""
    copies = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for one in handed]
    take = (sys.executable, "-c", _TAKE, str(len(copies)), *map(str, copies))
    try:
        return appliance.start("publisher", under=take, handed=copies)
    finally:
        for copy in copies:
            os.close(copy)
