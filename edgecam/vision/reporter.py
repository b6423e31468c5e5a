"""The vision half's end of the wall: keeps each event until the publisher has committed it.

Nothing here waits for a disk or a network while a look is going on: `report` and `show` only
leave their argument, and the reporter's own thread carries it over.
"""

import logging
import secrets
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from edgecam.errors import LinkError
from edgecam.link import (
    MAX_RECORD_BYTES,
    PROTOCOL,
    Committed,
    FromVision,
    Hello,
    Numbered,
    Refused,
    Welcome,
    decode_from_publisher,
    encode,
)
from edgecam.messages import Event, Lost, RegionState, VisionHealth
from edgecam.worker import Wakeup, Worker

MAX_PENDING = 1000  # events kept while no publisher is there: minutes of a busy scene
MAX_UNCOMMITTED = 64  # events on the wall without an answer
RECONNECT_S = 1.0
WELCOME_TIMEOUT_S = 10.0
_SLICE_S = 0.5

_log = logging.getLogger(__name__)


class Reporter(Worker):
    """Sends events, region states and health; reconnects and resends by itself."""

    def __init__(
        self,
        connect: Callable[[], socket.socket],
        tables: str,
        health: Callable[[], VisionHealth | None],
        health_interval_s: float,
    ) -> None:
        """`connect` gives a connected wall or raises LinkError; `tables` is their fingerprint.

        `health` gives None as long as there is nothing to say.
        """
        super().__init__("reporter")
        self.run = secrets.randbits(63)
        self._connect = connect
        self._tables = tables
        self._health = health
        self._health_interval_s = health_interval_s
        self._health_due_s = 0.0
        self._lock = threading.Lock()
        self._pending: deque[Numbered] = deque()
        self._counter = 0
        self._lost = 0
        self._sent = 0  # the last counter put on the wall of this connection
        self._states: dict[int, RegionState] = {}
        self._changed: set[int] = set()
        self._wall: socket.socket | None = None
        self._welcome = False
        self._hello_s = 0.0
        self._said_absent = False
        self._wakeup = Wakeup()

    def report(self, event: Event) -> None:
        """Keep an event until it is committed; where too many wait, the oldest is counted lost."""
        with self._lock:
            self._number(event)
            while len(self._pending) > MAX_PENDING:
                gone = self._pending.popleft().event
                self._lost += gone.count if isinstance(gone, Lost) else 1
        self._wakeup.set()

    def show(self, state: RegionState) -> None:
        """Pass on what a region shows now; only the latest counts."""
        with self._lock:
            self._states[state.region] = state
            self._changed.add(state.region)
        self._wakeup.set()

    def stop(self) -> None:
        """Ask the reporter to end now rather than when its wait is over."""
        super().stop()
        self._wakeup.set()

    def flush(self, timeout_s: float) -> bool:
        """Wait until every event is committed; whether that came about in time."""
        deadline_s = time.monotonic() + timeout_s
        while self._pending and time.monotonic() < deadline_s and not self.ended:
            time.sleep(0.01)
        return not self._pending

    def step(self) -> None:
        """Connect where needed, send what is new, take in answers."""
        if self._wall is None and not self._connected():
            self._wait([], RECONNECT_S if not self.stopping else 0)
            return
        wall = self._wall
        if wall is None:
            return
        try:
            if self._welcome:
                self._send_new(wall)
            elif time.monotonic() - self._hello_s > WELCOME_TIMEOUT_S:
                raise TimeoutError(0, "it does not answer")
            if wall in self._wait([wall], _SLICE_S):
                self._receive(wall)
        except OSError as error:
            self._disconnect(f"the publisher went away: {error.strerror or error}")
            self._wait([], RECONNECT_S if not self.stopping else 0)

    def close(self) -> None:
        """Close the wall."""
        if self._wall is not None:
            self._wall.close()
        self._wakeup.close()

    def _number(self, event: Event) -> None:
        self._counter += 1
        self._pending.append(Numbered(self._counter, event))

    def _wait(self, walls: list[socket.socket], timeout_s: float) -> list[socket.socket]:
        readers: list[Any] = [self._wakeup, *walls]
        ready, _, _ = select.select(readers, [], [], timeout_s)
        self._wakeup.clear()
        return [wall for wall in walls if wall in ready]

    def _connected(self) -> bool:
        try:
            self._wall = self._connect()
            self._wall.send(encode(Hello(PROTOCOL, self.run, self._tables)))
        except (LinkError, OSError) as error:
            if not self._said_absent:
                _log.warning("%s; events are kept until one does", error)
                self._said_absent = True
            self._disconnect("")
            return False
        self._welcome = False
        self._hello_s = time.monotonic()
        return True

    def _disconnect(self, why: str) -> None:
        if why:
            _log.warning("%s", why)
        if self._wall is not None:
            self._wall.close()
            self._wall = None

    def _send_new(self, wall: socket.socket) -> None:
        """Send what this connection has not carried yet, as far as there is room on the wall."""
        try:
            for record in self._unsent():
                wall.send(encode(record))
                if isinstance(record, Numbered):
                    self._sent = record.counter
                elif isinstance(record, RegionState):
                    self._shown(record)
            health = self._health() if time.monotonic() >= self._health_due_s else None
            if health is not None:
                wall.send(encode(health))
                self._health_due_s = time.monotonic() + self._health_interval_s
        except BlockingIOError:
            pass  # the publisher is busy: the rest follows with the next step

    def _shown(self, state: RegionState) -> None:
        with self._lock:
            if self._states[state.region] is state:  # else a newer one came meanwhile
                self._changed.discard(state.region)

    def _unsent(self) -> list[FromVision]:
        with self._lock:
            if self._lost and len(self._pending) < MAX_PENDING:
                _log.warning("%d events were lost: no publisher for too long", self._lost)
                self._number(Lost(self._lost, time.monotonic_ns()))
                self._lost = 0
            first = self._pending[0].counter if self._pending else 0
            events = [
                event
                for event in self._pending
                if self._sent < event.counter < first + MAX_UNCOMMITTED
            ]
            return [*events, *(self._states[region] for region in sorted(self._changed))]

    def _receive(self, wall: socket.socket) -> None:
        packet = wall.recv(MAX_RECORD_BYTES)
        if not packet:
            raise ConnectionResetError(0, "it closed the wall")
        record = decode_from_publisher(packet)
        if isinstance(record, Refused):
            raise LinkError(record.reason)
        if isinstance(record, Welcome):
            self._greet(record)
        if isinstance(record, Committed | Welcome):
            with self._lock:
                while self._pending and self._pending[0].counter <= record.counter:
                    self._pending.popleft()

    def _greet(self, record: Welcome) -> None:
        """Start over: resend what is not committed, and show every region again."""
        self._welcome = True
        self._said_absent = False
        self._sent = record.counter
        self._health_due_s = 0.0
        with self._lock:
            self._changed = set(self._states)
        _log.info("the publisher is there")
