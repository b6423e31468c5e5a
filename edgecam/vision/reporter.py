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
from typing import Any, NamedTuple, Protocol

import msgspec

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.errors import LinkError
from edgecam.link import (
    PROTOCOL,
    Ask,
    Committed,
    Hello,
    Numbered,
    Pause,
    Refused,
    Welcome,
    decode_from_publisher,
    encode,
    receive,
)
from edgecam.messages import Event, Explanation, Look, VisionHealth
from edgecam.worker import Wakeup, Worker

MAX_PENDING = 1000  # events kept while no publisher is there: minutes of a busy scene
MAX_UNCOMMITTED = 20  # events on the wall without an answer: health must not wait behind more
MAX_PASSING = 16  # looks and explanations that wait for the wall; the oldest give way
RECONNECT_S = 1.0
REFUSED_WAIT_S = 2.0
WELCOME_TIMEOUT_S = 10.0
REFUSED_GRACE_S = 10.0  # the other half may be about to read the same configuration, or to end
_SLICE_S = 0.5
_IDLE_S = 5.0  # where nothing waits: who reports something, or stops this, wakes it

_log = logging.getLogger(__name__)


class Subordinate(Protocol):
    """The half behind the reporter, which does what the publisher asks of it."""

    def pause(self, *, paused: bool) -> None:
        """Look no more, or look again."""

    def explain(self, ask: Ask) -> Explanation | None:
        """What a region's decision stands on; None where there is no such region."""

    def health(self) -> VisionHealth | None:
        """How it is doing; None as long as there is nothing to say."""


class _Switch(NamedTuple):
    """Other tables, and the last event that is still of those before."""

    tables: str
    after: int


class Reporter(Worker):
    """Sends events and health; reconnects and resends by itself; passes on what is asked."""

    def __init__(
        self,
        connect: Callable[[], socket.socket],
        tables: str,
        half: Subordinate,
        health_interval_s: float,
    ) -> None:
        """`connect` gives a connected wall or raises LinkError; `tables` is their fingerprint."""
        super().__init__("reporter")
        self.run = secrets.randbits(63)
        self._connect = connect
        self._tables = tables
        self._half = half
        self._health_interval_s = health_interval_s
        self._health_due_s = 0.0
        self._health_wanted = False
        self._lock = threading.Lock()
        self._pending: deque[Numbered] = deque()
        self._passing: deque[Look | Explanation] = deque(maxlen=MAX_PASSING)
        self._counter = 0
        self._committed = 0
        self._latest_ns = 0
        self._switches: deque[_Switch] = deque()
        self._sent = 0  # the last counter put on the wall of this connection
        self._wall: socket.socket | None = None
        self._introduced = False  # whether this wall was told of the present tables
        self._welcome = False
        self._hello_s = 0.0
        self._refused_s = 0.0
        self._retry_s = 0.0  # when to try to connect again; no event makes that sooner
        self._said_absent = False
        self._wakeup = Wakeup()

    def report(self, event: Event) -> None:
        """Keep an event until it is committed; where too many wait, the oldest gives way.

        Its number is missed then, and so the publisher knows how many were lost. Time never runs
        backwards on the wall: what is reported late counts as of the moment before.
        """
        with self._lock:
            self._counter += 1
            self._latest_ns = max(self._latest_ns, event.at_ns)
            event = msgspec.structs.replace(event, at_ns=self._latest_ns)
            self._pending.append(Numbered(self._counter, event))
            if len(self._pending) > MAX_PENDING:
                gone = self._pending.popleft()
                if (self._counter - MAX_PENDING) % MAX_PENDING == 1:
                    _log.warning(
                        "no publisher for too long: event %d is lost",
                        gone.counter,
                        extra=about("loss", reason="vision_full"),
                    )
        self._wakeup.set()

    def show(self, look: Look) -> None:
        """Pass on a look, if it can be passed on now."""
        with self._lock:
            self._passing.append(look)
        self._wakeup.set()

    def say_health(self) -> None:
        """Say health now rather than when it is due; callable from any thread."""
        self._health_wanted = True
        self._wakeup.set()

    def switch(self, tables: str) -> None:
        """What is reported from now on is of other tables; what was, is sent before."""
        with self._lock:
            if self._switches and self._switches[-1].after == self._counter:
                self._switches.pop()  # nothing is of the tables in between
            self._switches.append(_Switch(tables, self._counter))
            self._passing.clear()
        self._wakeup.set()

    def stop(self) -> None:
        """Ask the reporter to end now rather than when its wait is over."""
        super().stop()
        self._wakeup.set()

    def flush(self, timeout_s: float) -> int:
        """Wait until every event is committed; how many were not in time."""
        deadline_s = time.monotonic() + timeout_s
        while self._pending and time.monotonic() < deadline_s and not self.ended:
            time.sleep(0.01)
        return len(self._pending)

    def step(self) -> None:
        """Connect where needed, send what is new, take in answers."""
        left_s = self._retry_s - time.monotonic()
        if self._wall is None and left_s > 0:
            self._wait([], min(left_s, _SLICE_S) if not self.stopping else 0)
            return
        wall = self._wall if self._wall is not None else self._connected()
        if wall is None:
            return
        try:
            if self._welcome:
                self._send_new(wall)
            elif time.monotonic() - self._hello_s > WELCOME_TIMEOUT_S:
                raise TimeoutError(0, "it does not answer")
            if wall in self._wait([wall], self._idle_s):
                self._receive(wall)
        except OSError as error:
            why = f"the publisher went away: {error.strerror or error}"
            if self._welcome:
                _log.warning("%s", why, extra=about("publisher_disconnected", reason=why))
            else:  # where systemd listens, a wall comes about while nobody is there to answer
                self._say_absent(why)
            self._disconnect()

    def close(self) -> None:
        """Close the wall."""
        if self._wall is not None:
            self._wall.close()
        self._wakeup.close()

    @property
    def _idle_s(self) -> float:
        """Until the next health, where that is all there is to be done."""
        left_s = self._health_due_s - time.monotonic()
        if left_s <= 0 or self._pending or self._passing or not self._welcome:
            return _SLICE_S
        return min(left_s, _IDLE_S)

    def _wait(self, walls: list[socket.socket], timeout_s: float) -> list[socket.socket]:
        readers: list[Any] = [self._wakeup, *walls]
        ready, _, _ = select.select(readers, [], [], timeout_s)
        self._wakeup.clear()
        return [wall for wall in walls if wall in ready]

    def _connected(self) -> socket.socket | None:
        """A wall over which the hello is on its way; None where there is none now."""
        self._switch_tables()
        try:
            self._wall = self._connect()
            self._introduce(self._wall)
        except (LinkError, OSError) as error:
            refusal = self._last_word()
            if refusal:
                self._refused(refusal)
                return None
            self._say_absent(
                f"{error}" if isinstance(error, LinkError) else f"the wall: {error.strerror}"
            )
            self._disconnect()
            return None
        return self._wall

    def _last_word(self) -> str:
        """Why a publisher hung up before it was told anything, where it said so."""
        try:
            record = None if self._wall is None else decode_from_publisher(receive(self._wall))
        except (LinkError, OSError):
            return ""
        return record.reason if isinstance(record, Refused) else ""

    def _introduce(self, wall: socket.socket) -> None:
        wall.send(encode(Hello(PROTOCOL, self.run, self._tables, self._committed)))
        self._introduced = True
        self._welcome = False
        self._hello_s = time.monotonic()

    def _switch_tables(self) -> None:
        """Speak of the next tables, once everything that is of the present ones is committed."""
        with self._lock:
            while self._switches:
                if self._pending and self._pending[0].counter <= self._switches[0].after:
                    return
                tables = self._switches.popleft().tables
                self._introduced &= tables == self._tables
                self._tables = tables

    def _say_absent(self, why: str) -> None:
        """Once until a publisher answers, however often it is tried."""
        if not self._said_absent:
            _log.warning(
                "%s; events are kept until a publisher takes them",
                why,
                extra=about("publisher_disconnected", reason=why),
            )
            systemd.wait_for(
                "publisher", "waiting for the publisher: see edgecam-publisher.service"
            )
            self._said_absent = True

    def _disconnect(self) -> None:
        if self._wall is not None:
            self._wall.close()
            self._wall = None
        self._retry_s = time.monotonic() + RECONNECT_S
        with self._lock:
            self._passing.clear()

    def _send_new(self, wall: socket.socket) -> None:
        """Send what this connection has not carried yet, as far as there is room on the wall."""
        try:
            self._switch_tables()
            if not self._introduced:
                self._introduce(wall)
                return
            for event in self._unsent():
                wall.send(encode(event))
                self._sent = event.counter
            if self._health_wanted or time.monotonic() >= self._health_due_s:
                self._send_health(wall)
            self._send_passing(wall)
        except BlockingIOError:
            pass  # the publisher is busy: the rest follows with the next step

    def _send_health(self, wall: socket.socket) -> None:
        self._health_wanted = False  # first: what changes from here on is said again
        self._health_due_s = 0.0  # until it is on the wall
        health = self._half.health()
        if health is not None:
            wall.send(encode(health))
            self._health_due_s = time.monotonic() + self._health_interval_s

    def _send_passing(self, wall: socket.socket) -> None:
        with self._lock:
            while self._passing and not self._switches:
                wall.send(encode(self._passing[0]))
                self._passing.popleft()

    def _unsent(self) -> list[Numbered]:
        with self._lock:
            first = self._pending[0].counter if self._pending else 0
            last = first + MAX_UNCOMMITTED
            if self._switches:
                last = min(last, self._switches[0].after + 1)
            return [event for event in self._pending if self._sent < event.counter < last]

    def _receive(self, wall: socket.socket) -> None:
        packet = receive(wall)
        if not packet:
            raise ConnectionResetError(0, "it closed the wall")
        record = decode_from_publisher(packet)
        if isinstance(record, Refused):
            self._refused(record.reason)
        elif isinstance(record, Ask):
            self._explain(record)
        elif isinstance(record, Pause):
            self._half.pause(paused=record.paused)
        else:
            if isinstance(record, Welcome):
                self._greet(record)
            self._forget(record)

    def _forget(self, told: Welcome | Committed) -> None:
        """What is committed need not be kept any longer."""
        with self._lock:
            self._committed = max(self._committed, told.counter)
            while self._pending and self._pending[0].counter <= told.counter:
                self._pending.popleft()

    def _explain(self, ask: Ask) -> None:
        explanation = self._half.explain(ask)
        if explanation is not None:
            with self._lock:
                self._passing.append(explanation)
            self._wakeup.set()

    def _refused(self, reason: str) -> None:
        """Raises LinkError where the publisher goes on saying so."""
        now_s = time.monotonic()
        if not self._refused_s:
            self._refused_s = now_s
            _log.warning(
                "the publisher refuses us: %s; trying again",
                reason,
                extra=about("publisher_disconnected", reason=reason),
            )
        if now_s - self._refused_s > REFUSED_GRACE_S:
            raise LinkError(reason)
        self._disconnect()
        self._retry_s = now_s + REFUSED_WAIT_S

    def _greet(self, record: Welcome) -> None:
        """Start over: resend what is not committed."""
        self._welcome = True
        self._refused_s = 0.0
        if self._said_absent:
            systemd.wait_for("publisher", "")
        self._said_absent = False
        self._sent = record.counter
        self._health_due_s = 0.0
        self._half.pause(paused=record.paused)
        _log.info("the publisher is there", extra=about("publisher_connected"))
