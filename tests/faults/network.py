"""Two network namespaces with a cable between them."""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWNET = 0x40000000
# TEST-NET-1 (RFC 5737): routed nowhere.
ADDRESSES = {"broker": "192.0.2.1", "appliance": "192.0.2.2"}


class Cable:
    """Namespaces `broker` and `appliance`, each with one end of a veth pair."""

    def __init__(self) -> None:
        number = os.getpid()
        self._spaces = {side: f"edgecam-{side}-{number}" for side in ADDRESSES}
        self._ends = {side: f"ec{side[0]}{number}" for side in ADDRESSES}

    def make(self) -> None:
        for space in self._spaces.values():
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
        here, there = "broker", "appliance"
        _ip(
            *("-n", self._spaces[here], "link", "add", self._ends[here], "type", "veth"),
            *("peer", "name", self._ends[there], "netns", self._spaces[there]),
        )
        for side, address in ADDRESSES.items():
            _ip("-n", self._spaces[side], "addr", "add", f"{address}/24", "dev", self._ends[side])
            self.plug(side)

    def remove(self) -> None:
        """The pair goes with its namespaces."""
        for space in self._spaces.values():
            if Path("/run/netns", space).exists():
                _ip("netns", "del", space)

    def unplug(self, side: str) -> None:
        """Take a link down: the appliance's own, or the one at the other end of the air."""
        _ip("-n", self._spaces[side], "link", "set", self._ends[side], "down")

    def plug(self, side: str) -> None:
        _ip("-n", self._spaces[side], "link", "set", self._ends[side], "up")

    @contextlib.contextmanager
    def inside(self, side: str) -> Iterator[None]:
        """What is started here, process or thread, lives in that namespace."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as before,
            Path("/run/netns", self._spaces[side]).open("rb") as space,
        ):
            _enter(space.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())


def _enter(namespace: int) -> None:
    # os.setns comes with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
