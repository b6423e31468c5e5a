"""The vision half's end of the wall: sends what was seen, and does what the publisher asks.

Nothing here waits for a disk or a network while a look is going on: `report` and `show` only
leave their argument, and the reporter's own thread carries it over.
"""

import secrets
import select
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

from edgecam.errors import LinkError
from edgecam.link import (
    PROTOCOL,
    Ask,
    Hello,
    Pause,
    Refused,
    Welcome,
    decode_from_publisher,
    encode,
    receive,
)
from edgecam.messages import Event, Explanation, Look, VisionHealth
from edgecam.vision.attempts import Attempts
from edgecam.vision.passing import Passing
from edgecam.vision.pending import Pending
from edgecam.worker import Wakeup, Worker

WELCOME_TIMEOUT_S = 10.0
_SLICE_S = 0.5
_IDLE_S = 5.0  # where nothing waits: who reports something, or stops this, wakes it


class Subordinate(Protocol):
    """The half behind the reporter, which does what the publisher asks of it."""

    def pause(self, *, paused: bool) -> None:
        """Look no more, or look again."""

    def explain(self, ask: Ask) -> Explanation | None:
        """What a region's decision stands on; None where there is no such region."""

    def health(self) -> VisionHealth | None:
        """How it is doing; None as long as there is nothing to say."""


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
        self._half = half
        self._health_interval_s = health_interval_s
        self._health_due_s = 0.0
        self._health_wanted = False
        self._pending = Pending(tables)
        self._attempts = Attempts()
        self._passing = Passing()
        self._sent = 0  # the last counter put on the wall of this connection
        self._wall: socket.socket | None = None
        self._introduced = False  # whether this wall was told of the present tables
        self._welcome = False
        self._hello_s = 0.0
        self._wakeup = Wakeup()

    def report(self, event: Event) -> None:
        """Keep an event until it is committed; where too many wait, the oldest gives way."""
        self._pending.add(event)
        self._wakeup.set()

    def show(self, look: Look) -> None:
        """Pass on a look, if it can be passed on now."""
        self._passing.add(look)
        self._wakeup.set()

    def say_health(self) -> None:
        """Say health now rather than when it is due; callable from any thread."""
        self._health_wanted = True
        self._wakeup.set()

    def switch(self, tables: str) -> None:
        """What is reported from now on is of other tables; what was, is sent before."""
        self._passing.clear()
        self._pending.switch(tables)
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
        if self._wall is None and self._attempts.wait_s > 0:
            self._wait([], 0 if self.stopping else min(self._attempts.wait_s, _SLICE_S))
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
                self._attempts.left(why)
            else:  # where systemd listens, a wall comes about while nobody is there to answer
                self._attempts.absent(why)
            self._drop()

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
        self._pending.follow()
        try:
            self._wall = self._connect()
            self._introduce(self._wall)
        except (LinkError, OSError) as error:
            why = str(error) if isinstance(error, LinkError) else f"the wall: {error.strerror}"
            refusal = self._last_word()
            if refusal:
                self._attempts.refused(refusal)
            else:
                self._attempts.absent(why)
            self._drop()
        return self._wall

    def _last_word(self) -> str:
        """Why a publisher hung up before it was told anything, where it said so."""
        try:
            record = None if self._wall is None else decode_from_publisher(receive(self._wall))
        except (LinkError, OSError):
            return ""
        return record.reason if isinstance(record, Refused) else ""

    def _introduce(self, wall: socket.socket) -> None:
        wall.send(encode(Hello(PROTOCOL, self.run, self._pending.tables, self._pending.committed)))
        self._introduced = True
        self._welcome = False
        self._hello_s = time.monotonic()

    def _drop(self) -> None:
        if self._wall is not None:
            self._wall.close()
            self._wall = None
        self._passing.clear()

    def _send_new(self, wall: socket.socket) -> None:
        """Send what this connection has not carried yet, as far as there is room on the wall."""
        try:
            if self._pending.follow():
                self._introduced = False
            if not self._introduced:
                self._introduce(wall)
                return
            for event in self._pending.after(self._sent):
                wall.send(encode(event))
                self._sent = event.counter
            if self._health_wanted or time.monotonic() >= self._health_due_s:
                self._send_health(wall)
            # What is seen while tables are switched speaks of those to come.
            self._passing.send(wall, held=lambda: self._pending.switching)
        except BlockingIOError:
            pass  # the publisher is busy: the rest follows with the next step

    def _send_health(self, wall: socket.socket) -> None:
        self._health_wanted = False  # first: what changes from here on is said again
        self._health_due_s = 0.0  # until it is on the wall
        health = self._half.health()
        if health is not None:
            wall.send(encode(health))
            self._health_due_s = time.monotonic() + self._health_interval_s

    def _receive(self, wall: socket.socket) -> None:
        packet = receive(wall)
        if not packet:
            raise ConnectionResetError(0, "it closed the wall")
        record = decode_from_publisher(packet)
        if isinstance(record, Refused):
            self._attempts.refused(record.reason)
            self._drop()
        elif isinstance(record, Ask):
            self._explain(record)
        elif isinstance(record, Pause):
            self._half.pause(paused=record.paused)
        else:
            if isinstance(record, Welcome):
                self._greet(record)
            self._pending.forget(record.counter)

    def _explain(self, ask: Ask) -> None:
        explanation = self._half.explain(ask)
        if explanation is not None:
            self._passing.add(explanation)
            self._wakeup.set()

    def _greet(self, record: Welcome) -> None:
        """Start over: resend what is not committed."""
        self._welcome = True
        self._sent = record.counter
        self._health_due_s = 0.0
        self._half.pause(paused=record.paused)
        self._attempts.welcomed()
