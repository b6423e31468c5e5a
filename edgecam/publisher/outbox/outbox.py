"""The queue, as the rest of the publisher knows it.

Only one thread, the receiver's, writes to the disk: an fsync that takes its time holds up neither
the looking (vision keeps what is not committed) nor the delivery, which reads where it can and
otherwise only leaves notes.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from edgecam.appliance import clock
from edgecam.appliance.log import about
from edgecam.publisher.outbox import bounds
from edgecam.publisher.outbox.bounds import Bounds
from edgecam.publisher.outbox.delivered import Delivered
from edgecam.publisher.outbox.disk import Disk, Work
from edgecam.publisher.outbox.memory import Memory
from edgecam.publisher.outbox.queued import Queued
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.outbox.transaction import OWN_RUN, Transaction
from edgecam.publisher.outbox.trouble import Trouble
from edgecam.publisher.stored_event import StoredEvent

RETRY_S = 60.0  # between looks at a disk in trouble, and at the clock
ROOM_S = 5.0  # between looks whether a full disk has room again, which cost nothing
EXPIRE_S = 3600.0
DELETE_AFTER_S = 90.0  # longer than a minute: events one a minute take their forerunner with them
DELETE_BATCH = 200  # acknowledged events that are deleted even when none comes
_BOOT_DRIFT_NS = 100_000_000  # a better idea of the boot's time is worth a write from here on
_PATIENCE_S = 0.2  # for a commit to end before events are read: the connection must be kept alive
_GAP = 10_000  # between places on disk and in memory: a transaction that failed may have some

_log = logging.getLogger(__name__)


class Outbox:
    """The queue. `commit`, `learn`, `tidy` and `close` write; the rest never waits for the disk."""

    def __init__(
        self,
        file: Path,
        *,
        max_events: int,
        max_mb: int,
        max_age_days: int,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or make the file; a damaged one is set aside and salvaged.

        Raises ConfigError where a newer version wrote it, OutboxError where it cannot be used and
        waiting would not change that. A disk that is full, read-only or failing is lived with.
        """
        self._monotonic_s = monotonic_s
        self._running = RunningTime(monotonic_s)
        limits = Bounds(max_events, max_mb * 1024 * 1024, max_age_days * 86_400)
        self._lock = threading.Lock()
        self._disk = Disk(file, limits, self._running)
        self._memory = Memory()
        self._delivered = Delivered()
        self._delivered_s = 0.0
        self._oldest: StoredEvent | None = None
        self._looked_s = monotonic_s() - RETRY_S
        self._expiry_due_s = monotonic_s()

    def commit(
        self,
        run: int,
        events: Sequence[tuple[int, StoredEvent | None]],
        facts: Mapping[str, str],
    ) -> int:
        """Take in numbered events of a run, in order; `committed(run)`, as it is then.

        A counter that was taken in before is recognised, and its event passed over. None stands
        for an event that need not be kept. `facts` are remembered in the same transaction.
        """

        def store(transaction: Transaction, limits: Bounds) -> None:
            known = transaction.state.runs.get(run, 0)
            new = [(counter, event) for counter, event in events if counter > known]
            bounds.make_room(transaction, limits, len(new))
            for _, event in new:
                if event is not None:
                    transaction.add(event)
            transaction.learn(facts)
            transaction.remember(run, max([known, *(counter for counter, _ in new)]))

        lost = self.lost
        with self._lock:
            if not self._write(store):
                known = self.taken(run)
                new = [(counter, event) for counter, event in events if counter > known]
                self._memory.store(run, new, self._disk.state.last_place + _GAP)
                self._memory.facts.update(facts)
        self._say_lost(self.lost - lost, "queue_full")
        return self.committed(run)

    def learn(self, facts: Mapping[str, str]) -> None:
        """Remember facts that belong to no event."""
        self.commit(OWN_RUN, [], facts)

    def taken(self, run: int) -> int:
        """The last counter of a run that was taken in, safe or not; 0 for a new run."""
        return max(self._disk.state.runs.get(run, 0), self._memory.runs.get(run, 0))

    def committed(self, run: int) -> int:
        """The last counter of a run up to which all is safe; 0 for a new run.

        Safe is what is on disk, or what a broker has acknowledged. While the disk takes nothing
        this grows with the acknowledgements, not with `commit`: ask again.
        """
        safe = self._memory.safe(run)
        return self.taken(run) if safe is None else safe

    def after(self, place: int, limit: int) -> list[Queued]:
        """The oldest events after a place; none while a commit is held up by the disk."""
        if not self._lock.acquire(timeout=_PATIENCE_S):
            return []
        try:
            found = self._read(place, limit)
            # With the lock: what is on its way from memory to the disk must not be skipped.
            return found + self._memory.after(place, limit - len(found))
        finally:
            self._lock.release()

    def oldest(self) -> StoredEvent | None:
        """The event that has waited longest; while a commit is held up, as it was before."""
        if not self._lock.locked():
            found = self.after(0, 1)
            self._oldest = found[0].event if found else None
        return self._oldest

    def acknowledge(self, places: Iterable[int]) -> None:
        """A broker has these events: they no longer wait, and are deleted with what comes next."""
        for place in places:
            if not self._memory.discard(place):
                if not self._delivered:
                    self._delivered_s = self._monotonic_s()
                self._delivered.add(place)

    def tidy(self) -> None:
        """Do what is due: delete, let go what is too old, see whether the disk is well again.

        To be called about twice a second by the thread that commits.
        """
        now_s = self._monotonic_s()
        with self._lock:
            full = self._disk.trouble == "full" and self._disk.writable
            due = now_s - self._looked_s >= (ROOM_S if full else RETRY_S)
            if due or (self._disk.suspect and self._disk.writable):
                self._looked_s = now_s
                self._look()
            if now_s >= self._expiry_due_s:
                self._expiry_due_s = now_s + EXPIRE_S
                if self._disk.state.count:
                    lost = self.lost
                    self._write(_expire)
                    self._say_lost(self.lost - lost, "queue_expired")
            waited = self._delivered and now_s - self._delivered_s > DELETE_AFTER_S
            if waited or len(self._delivered) >= DELETE_BATCH:
                self._write(_note)

    @property
    def count(self) -> int:
        """How many events wait."""
        return max(self._disk.state.count - len(self._delivered), 0) + len(self._memory)

    @property
    def lost(self) -> int:
        """Events that had to give way since this process started."""
        return self._disk.lost + self._memory.lost

    @property
    def openings(self) -> int:
        """Grows whenever events may be readable that were not before."""
        return self._disk.openings

    @property
    def trouble(self) -> Trouble:
        """What is wrong with the disk: "full", "read_only" or "failing"; empty where nothing is."""
        return self._disk.trouble

    @property
    def set_aside(self) -> Path | None:
        """Where the damaged file is now that this one replaces, if there was one."""
        return self._disk.set_aside

    def fact(self, name: str) -> str:
        """A remembered fact; empty where there is none."""
        return self._memory.facts.get(name, self._disk.state.facts.get(name, ""))

    def close(self) -> None:
        """Delete what was delivered, and close the file."""
        with self._lock:
            if self._delivered or self._disk.state.count:
                self._write(_note)
            self._disk.close()

    def _write(self, work: Work) -> bool:
        """Do some work together with the deletions that wait; whether it is on disk now."""
        delivered = self._delivered.ranges()

        def all_of_it(transaction: Transaction, limits: Bounds) -> None:
            transaction.delete(delivered)
            work(transaction, limits)

        if not self._disk.write(all_of_it):
            return False
        self._delivered.forget(delivered)
        return True

    def _read(self, place: int, limit: int) -> list[Queued]:
        found: list[Queued] = []
        while len(found) < limit:
            place = self._delivered.end_of(place + 1)
            rows = self._disk.rows(place, limit - len(found))
            if not rows:
                break
            place = rows[-1].place
            for row in rows:
                if row.place not in self._delivered:
                    offset_ns = self._disk.state.boots.get(row.event.boot_id)
                    found.append(Queued(row.place, row.epoch, row.seq, row.event, offset_ns))
        return found

    def _say_lost(self, count: int, reason: str) -> None:
        if count:
            loss = about("loss", reason=reason)
            _log.warning("%d of the oldest events gave way: %s", count, reason, extra=loss)

    def _look(self) -> None:
        """See whether a disk in trouble is well again, and whether the clock is set."""
        if self._disk.trouble or self._disk.suspect:
            self._disk.mend()
            self._bring_home()
        if self._disk.writable and clock.synchronized():
            boot_id, offset_ns = clock.boot_id(), clock.wall_ns(0)
            known_ns = self._disk.state.boots.get(boot_id)
            if known_ns is None or abs(offset_ns - known_ns) > _BOOT_DRIFT_NS:
                self._write(lambda transaction, _: transaction.remember_boot(boot_id, offset_ns))

    def _bring_home(self) -> None:
        """Write down what waits in memory, if the disk lets us."""
        memory = self._memory
        rows = memory.rows(self._running.now_s())

        def store(transaction: Transaction, limits: Bounds) -> None:
            bounds.make_room(transaction, limits, len(rows))
            for row in rows:
                transaction.put(row)
            transaction.learn(memory.facts)
            transaction.state.lost += memory.lost
            for run, counter in memory.runs.items():
                transaction.remember(run, counter)

        if (memory.runs or memory.facts) and self._write(store):
            for row in rows:
                if not memory.discard(row.place):  # a broker has it since
                    self._delivered.add(row.place)
            self._memory = Memory()


def _note(transaction: Transaction, _: Bounds) -> None:
    transaction.note()


def _expire(transaction: Transaction, limits: Bounds) -> None:
    bounds.expire(transaction, limits)
    transaction.note()
