"""Network namespaces of a test's own; they need root."""

import contextlib
import ctypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWNET = 0x40000000  # linux/sched.h


class Namespace:
    """A network with a loopback and nothing else, until something is plugged in."""

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self) -> None:
        ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def remove(self) -> None:
        """Remove it, and with it the ends of cables that are plugged in there."""
        if Path("/run/netns", self.name).exists():
            ip("netns", "del", self.name)

    def ip(self, *arguments: str) -> None:
        """Run ip(8) inside."""
        ip("-n", self.name, *arguments)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """What is started here, process or thread, lives in this namespace."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as before,
            Path("/run/netns", self.name).open("rb") as space,
        ):
            _enter(space.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())


def ip(*arguments: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *arguments], check=True)


def _enter(namespace: int) -> None:
    # os.setns comes with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")
