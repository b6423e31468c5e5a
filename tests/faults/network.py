"""Two network namespaces with a cable between them."""

import os
from contextlib import AbstractContextManager

from support.namespaces import Namespace

# TEST-NET-1 (RFC 5737): routed nowhere.
ADDRESSES = {"broker": "192.0.2.1", "appliance": "192.0.2.2"}


class Cable:
    """Namespaces `broker` and `appliance`, each with one end of a veth pair."""

    def __init__(self) -> None:
        number = os.getpid()
        self._spaces = {side: Namespace(f"edgecam-{side}-{number}") for side in ADDRESSES}
        self._ends = {side: f"ec{side[0]}{number}" for side in ADDRESSES}

    def make(self) -> None:
        for space in self._spaces.values():
            space.make()
        here, there = "broker", "appliance"
        self._spaces[here].ip(
            *("link", "add", self._ends[here], "type", "veth"),
            *("peer", "name", self._ends[there], "netns", self._spaces[there].name),
        )
        for side, address in ADDRESSES.items():
            self._spaces[side].ip("addr", "add", f"{address}/24", "dev", self._ends[side])
            self.plug(side)

    def remove(self) -> None:
        """The pair goes with its namespaces."""
        for space in self._spaces.values():
            space.remove()

    def unplug(self, side: str) -> None:
        """Take a link down: the appliance's own, or the one at the other end of the air."""
        self._spaces[side].ip("link", "set", self._ends[side], "down")

    def plug(self, side: str) -> None:
        self._spaces[side].ip("link", "set", self._ends[side], "up")

    def inside(self, side: str) -> AbstractContextManager[None]:
        """What is started here, process or thread, lives in that namespace."""
        return self._spaces[side].inside()
