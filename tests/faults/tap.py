"""A tap on the wall: carries packets between the halves, and notes which events were promised.

The publisher's promise is its `committed` (or `welcome`) on the wall: from then on the vision half
forgets. The tap sees exactly that, so what was promised is known without asking the code that made
the promise. It reads the packets as plain MessagePack lists, not through `edgecam.link`.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from faults.judge import Fact

_PACKET_BYTES = 65_536


class _Promises:
    """One run of the vision half: what it has sent, and how far the publisher has committed."""

    def __init__(self) -> None:
        self.waiting: dict[int, Fact | None] = {}
        self.counter = 0
        self.seen: set[int] = set()

    def note(self, counter: int, fact: Fact | None) -> None:
        self.waiting[counter] = fact
        self.seen.add(counter)


class Tap:
    """Listens where vision connects, and connects to where the publisher listens."""

    def __init__(self, vision_side: Path, publisher_side: Path) -> None:
        self._publisher_side = str(publisher_side)
        self._lock = threading.Lock()
        self._runs: dict[int, _Promises] = {}
        self._facts: set[Fact] = set()
        self._broken: list[str] = []
        self._event_passed = threading.Event()
        self._ends: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(vision_side))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def committed(self) -> set[Fact]:
        """Every sighting that the publisher has promised to deliver."""
        with self._lock:
            return set(self._facts)

    @property
    def problems(self) -> list[str]:
        """Promises that were taken back."""
        with self._lock:
            return list(self._broken)

    @property
    def skipped(self) -> int:
        """How many events the vision half has numbered and never sent."""
        with self._lock:
            return sum(max(run.seen) - len(run.seen) for run in self._runs.values() if run.seen)

    def wait_event(self, timeout_s: float = 30.0) -> None:
        """Wait until the next event passes on its way to the publisher."""
        self._event_passed.clear()
        assert self._event_passed.wait(timeout_s), f"no event on the wall for {timeout_s:g} s"

    def close(self) -> None:
        """Stop listening, and hang up."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            _hang_up(end)

    def _accept(self) -> None:
        while True:
            try:
                vision, _ = self._listener.accept()
            except OSError:
                return  # closed
            publisher = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                publisher.connect(self._publisher_side)
            except OSError:
                vision.close()
                publisher.close()
                continue
            _Carrier(self, vision, publisher).start()

    def opened(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends.update(ends)

    def closed(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends.difference_update(ends)

    def sent(self, run: int, counter: int, event: list[Any]) -> None:
        """An event on its way to the publisher."""
        fact = _fact(event)
        with self._lock:
            self._runs.setdefault(run, _Promises()).note(counter, fact)
        self._event_passed.set()

    def promised(self, run: int, counter: int) -> None:
        """The publisher says that it has everything up to a counter."""
        with self._lock:
            promises = self._runs.setdefault(run, _Promises())
            if counter < promises.counter:
                self._broken.append(f"committed {promises.counter}, then only {counter}")
            for number in [number for number in promises.waiting if number <= counter]:
                fact = promises.waiting.pop(number)
                if fact is not None:
                    self._facts.add(fact)
            promises.counter = max(promises.counter, counter)


class _Carrier:
    """Both directions of one connection; where one end goes, the other is hung up."""

    def __init__(self, tap: Tap, vision: socket.socket, publisher: socket.socket) -> None:
        self._tap = tap
        self._vision = vision
        self._publisher = publisher
        self._run = 0
        self._left = 2
        self._lock = threading.Lock()

    def start(self) -> None:
        self._tap.opened(self._vision, self._publisher)
        ways = (
            (self._vision, self._publisher, self._note_up),
            (self._publisher, self._vision, self._note_down),
        )
        for way in ways:
            threading.Thread(target=self._carry, args=way, daemon=True).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, note: Callable[[list[Any]], None]
    ) -> None:
        try:
            while packet := source.recv(_PACKET_BYTES):
                # Before it is passed on: what is promised counts even if nobody lives to hear it.
                note(msgspec.msgpack.decode(packet))
                target.send(packet)
        except OSError:
            pass  # one of them was killed
        self._ended()

    def _ended(self) -> None:
        _hang_up(self._vision)
        _hang_up(self._publisher)
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._tap.closed(self._vision, self._publisher)
            self._vision.close()
            self._publisher.close()

    def _note_up(self, record: list[Any]) -> None:
        if record[0] == "hello":
            self._run = record[2]
        elif record[0] == "event":
            self._tap.sent(self._run, record[1], record[2])

    def _note_down(self, record: list[Any]) -> None:
        if record[0] in ("welcome", "committed"):
            self._tap.promised(self._run, record[1])


def _fact(event: list[Any]) -> Fact | None:
    """A sighting as the contract tells it; None for what the publisher need not keep."""
    if event[0] != "sighting":
        return None
    _, appeared, _region, _label, thousandths, at_ns = event
    what = "appeared" if appeared else "disappeared"
    return what, round(at_ns / 1e9, 3), thousandths / 1000


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
