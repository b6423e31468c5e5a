"""The events that the publisher has not committed yet: numbered, in order, and not too many.

Where too many wait the oldest gives way. Its number is missed then, and so the publisher knows how
many were lost.
"""

import logging
import threading
from collections import deque
from typing import NamedTuple

import msgspec

from edgecam.appliance.log import about
from edgecam.link import Numbered
from edgecam.messages import Event

MAX_PENDING = 1000  # events kept while no publisher is there: minutes of a busy scene
MAX_UNCOMMITTED = 20  # events on the wall without an answer: health must not wait behind more

_log = logging.getLogger(__name__)


class _Switch(NamedTuple):
    """Other tables, and the last event that is still of those before."""

    tables: str
    after: int


class Pending:
    """The threads that see add to it, the reporter's takes from it."""

    def __init__(self, tables: str) -> None:
        """`tables` is the fingerprint of those that the first events are of."""
        self.tables = tables
        """Of what is sent now."""
        self.committed = 0
        """The last counter that the publisher said is committed."""
        self._lock = threading.Lock()
        self._events: deque[Numbered] = deque()
        self._counter = 0
        self._latest_ns = 0
        self._switches: deque[_Switch] = deque()

    def __len__(self) -> int:
        """How many are not committed."""
        return len(self._events)

    def add(self, event: Event) -> None:
        """Keep an event until it is committed.

        Time never runs backwards on the wall: what comes late counts as of the moment before.
        """
        with self._lock:
            self._counter += 1
            self._latest_ns = max(self._latest_ns, event.at_ns)
            event = msgspec.structs.replace(event, at_ns=self._latest_ns)
            self._events.append(Numbered(self._counter, event))
            if len(self._events) > MAX_PENDING:
                gone = self._events.popleft()
                if (self._counter - MAX_PENDING) % MAX_PENDING == 1:
                    _log.warning(
                        "no publisher for too long: event %d is lost",
                        gone.counter,
                        extra=about("loss", reason="vision_full"),
                    )

    def switch(self, tables: str) -> None:
        """What is added from now on is of other tables."""
        with self._lock:
            if self._switches and self._switches[-1].after == self._counter:
                self._switches.pop()  # nothing is of the tables in between
            self._switches.append(_Switch(tables, self._counter))

    @property
    def switching(self) -> bool:
        """Whether some are still of other tables than what is seen now."""
        return bool(self._switches)

    def follow(self) -> bool:
        """Go on to the next tables, once all that is of the present ones is committed.

        Whether the publisher must be told of that.
        """
        others = False
        with self._lock:
            while self._switches:
                if self._events and self._events[0].counter <= self._switches[0].after:
                    break
                tables = self._switches.popleft().tables
                others |= tables != self.tables
                self.tables = tables
        return others

    def after(self, sent: int) -> list[Numbered]:
        """Those of the present tables after a counter, as many as may be on the wall at once."""
        with self._lock:
            first = self._events[0].counter if self._events else 0
            last = first + MAX_UNCOMMITTED
            if self._switches:
                last = min(last, self._switches[0].after + 1)
            return [event for event in self._events if sent < event.counter < last]

    def forget(self, counter: int) -> None:
        """Everything up to a counter is committed, and need not be kept any longer."""
        with self._lock:
            self.committed = max(self.committed, counter)
            while self._events and self._events[0].counter <= counter:
                self._events.popleft()
