"""What waits while the disk takes nothing: a bounded queue with an epoch of its own.

Whoever sent these events must keep them until `safe` says that a broker has them, as they are gone
when this process ends. For the same reason their numbers are not those of the file.
"""

import itertools
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from edgecam.publisher import stored_event
from edgecam.publisher.outbox.queued import Queued
from edgecam.publisher.outbox.transaction import Row
from edgecam.publisher.stored_event import StoredEvent

MAX_IN_MEMORY = 1000


@dataclass(frozen=True)
class _Held:
    seq: int
    event: StoredEvent
    run: int
    counter: int


class Memory:
    """The queue in memory; used by two threads."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self.runs: dict[int, int] = {}
        self.facts: dict[str, str] = {}
        self.lost = 0
        self._next_place = 0
        self._seq = 0
        self._held: dict[int, _Held] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def store(
        self, run: int, events: Sequence[tuple[int, StoredEvent | None]], first_place: int
    ) -> None:
        """Keep the events of a run; the oldest give way, which is told.

        `first_place` is later than every place on disk.
        """
        with self._lock:
            self._next_place = max(self._next_place, first_place)
            for counter, event in events:
                self.runs[run] = counter
                if event is not None:
                    self._add(event, run, counter)
            excess = len(self._held) - MAX_IN_MEMORY
            if excess > 0:
                self._give_way(excess + 1)

    def after(self, place: int, limit: int) -> list[Queued]:
        """The first events after a place."""
        with self._lock:
            later = ((key, held) for key, held in self._held.items() if key > place)
            return [
                Queued(key, self.epoch, held.seq, held.event)
                for key, held in itertools.islice(later, limit)
            ]

    def discard(self, place: int) -> bool:
        """Forget an event that a broker has; whether it was here."""
        with self._lock:
            return self._held.pop(place, None) is not None

    def safe(self, run: int) -> int | None:
        """The last counter of a run before the first that waits here; None where none waits."""
        with self._lock:
            waiting = (held.counter for held in self._held.values() if held.run == run)
            first = next(waiting, None)
            return None if first is None else first - 1

    def rows(self, born_s: int) -> list[Row]:
        """What waits here, as it goes to disk: under the names it has."""
        with self._lock:
            return [
                Row(place, self.epoch, held.seq, born_s, held.event)
                for place, held in self._held.items()
            ]

    def _add(self, event: StoredEvent, run: int, counter: int) -> None:
        self._seq += 1
        self._held[self._next_place] = _Held(self._seq, event, run, counter)
        self._next_place += 1

    def _give_way(self, count: int) -> None:
        places = list(itertools.islice(self._held, count))
        dropped = [self._held.pop(place) for place in places]
        self.lost += sum(held.event.event_type != "loss" for held in dropped)
        loss = stored_event.loss_of([(held.seq, held.event) for held in dropped], "queue_full")
        self._add(loss, dropped[-1].run, dropped[-1].counter)
