"""What can be done with the queue file in one transaction."""

import copy
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgecam.publisher import stored_event
from edgecam.publisher.outbox.delivered import Range
from edgecam.publisher.outbox.schema import PAGE_BYTES
from edgecam.publisher.stored_event import StoredEvent

OWN_RUN = -1  # of the publisher's own events; those of the vision half are not negative
_RUNS_KEPT = 1000
_BOOTS_KEPT = 100
_TAIL = 10_000  # more than one transaction stores


@dataclass(frozen=True)
class Row:
    """An event as it lies on disk."""

    place: int
    epoch: str
    seq: int
    born_s: int
    event: StoredEvent


@dataclass
class State:
    """What is worth knowing of the file without reading it."""

    epoch: str
    count: int = 0
    first_seq: int = 1
    """Every lower number was delivered, or told of in a loss."""
    last_seq: int = 0
    last_place: int = 0
    clock_s: int = 0
    lost: int = 0
    """Events that had to give way since the file was opened."""
    runs: dict[int, int] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    boots: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "State":
        """A state of its own."""
        other = copy.copy(self)
        other.runs, other.facts = dict(self.runs), dict(self.facts)
        other.boots = dict(self.boots)
        return other


class Transaction:
    """Writes, and keeps account in `state`, which counts only once all of it is committed."""

    def __init__(self, connection: sqlite3.Connection, state: State, clock_s: int) -> None:
        self.state = state
        self.clock_s = clock_s
        self._connection = connection

    def add(self, event: StoredEvent) -> None:
        """Store an event under the next number."""
        state = self.state
        state.last_seq += 1
        self.put(Row(state.last_place + 1, state.epoch, state.last_seq, self.clock_s, event))

    def put(self, row: Row) -> None:
        """Store a row that has a place and a number; one that is there already stays."""
        epoch = None if row.epoch == self.state.epoch else row.epoch
        body = stored_event.encode(row.event)
        crc = _crc(row.epoch, row.seq, body)
        done = self._connection.execute(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)",
            (row.place, epoch, row.seq, row.born_s, crc, body),
        )
        self.state.count += done.rowcount
        self.state.last_place = max(self.state.last_place, row.place)

    def delete(self, places: Iterable[Range]) -> int:
        """Forget the events at these places; how many there were."""
        done = self._connection.executemany(
            "DELETE FROM events WHERE place BETWEEN ? AND ?", places
        )
        deleted = max(done.rowcount, 0)  # -1 where there was nothing to do
        self.state.count -= deleted
        return deleted

    def remember(self, run: int, counter: int) -> None:
        """Note how far a run is, and how the queue stands; runs used longest ago are forgotten."""
        state = self.state
        state.first_seq = max(state.first_seq, self._oldest_seq())
        state.clock_s = self.clock_s
        self._connection.execute(
            "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)",
            (run, counter, state.first_seq, state.last_seq, self.clock_s),
        )
        state.runs[run] = counter
        if len(state.runs) > _RUNS_KEPT:
            gone = self._connection.execute(
                "DELETE FROM runs WHERE run = (SELECT run FROM runs WHERE run NOT IN (?, ?) "
                "ORDER BY last_seq, clock_s LIMIT 1) RETURNING run",
                (run, OWN_RUN),
            )
            for (forgotten,) in gone.fetchall():
                del state.runs[forgotten]

    def note(self) -> None:
        """Note how the queue stands, where the transaction is of no run of the vision half."""
        self.remember(OWN_RUN, self.state.runs.get(OWN_RUN, 0))

    def return_to(self, promised: State) -> None:
        """Undo what a transaction that failed has left, but for what it had to let go."""
        state = self.state
        tail = rows_after(self._connection, state.epoch, promised.last_place, _TAIL)
        losses = [row.seq for row in tail if row.event.first_seq is not None]
        self.delete((row.place, row.place) for row in tail if row.event.first_seq is None)
        if state.epoch == promised.epoch:
            state.last_seq = max([promised.last_seq, *losses])
        for run, counter in list(state.runs.items()):
            if counter > promised.runs.get(run, 0):
                self.remember(run, promised.runs.get(run, 0))

    def begin_epoch(self, epoch: str) -> None:
        """Name what comes from now on anew; what is there keeps its names."""
        self._connection.execute(
            "UPDATE events SET epoch = ? WHERE epoch IS NULL", (self.state.epoch,)
        )
        self.learn({"epoch": epoch})
        self.state.epoch, self.state.first_seq, self.state.last_seq = epoch, 1, 0

    def learn(self, facts: Mapping[str, str]) -> None:
        """Remember facts."""
        for fact in facts.items():
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
        self.state.facts.update(facts)

    def remember_boot(self, boot_id: str, offset_ns: int) -> None:
        """Note by how much the wall clock is ahead of a boot's monotonic clock."""
        self._connection.execute(
            "INSERT OR REPLACE INTO boots (boot_id, offset_ns) VALUES (?, ?)", (boot_id, offset_ns)
        )
        self._connection.execute(
            "DELETE FROM boots WHERE id <= (SELECT max(id) FROM boots) - ?", (_BOOTS_KEPT,)
        )
        self.state.boots[boot_id] = offset_ns

    @property
    def used_bytes(self) -> int:
        """What the rows take, without the pages that are free again."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        used: int = (pages - free) * PAGE_BYTES
        return used

    def oldest(self, limit: int) -> list[Row]:
        """The rows that have waited longest."""
        return rows_after(self._connection, self.state.epoch, 0, limit)

    def own_seqs(self) -> Iterator[int]:
        """The numbers of the file's own epoch that are there, in order."""
        found = self._connection.execute("SELECT seq FROM events WHERE epoch IS NULL ORDER BY seq")
        return (seq for (seq,) in found)

    def _oldest_seq(self) -> int:
        row = self._connection.execute(
            "SELECT epoch, seq FROM events ORDER BY place LIMIT 1"
        ).fetchone()
        if row is None:
            return self.state.last_seq + 1
        # Before those of another epoch nothing is known of our own: what was known stays true.
        return row[1] if row[0] is None else self.state.first_seq


def rows_after(connection: sqlite3.Connection, epoch: str, place: int, limit: int) -> list[Row]:
    """The first rows after a place; `epoch` is the file's own.

    Raises sqlite3.Error, also where a row is not what was written.
    """
    found = connection.execute(
        "SELECT place, epoch, seq, born_s, crc, body FROM events "
        "WHERE place > ? ORDER BY place LIMIT ?",
        (place, limit),
    ).fetchall()
    rows = []
    for columns in found:
        row = read_row(columns, epoch)
        if row is None:
            msg = f"the event at place {columns[0]} is not what was written"
            raise sqlite3.DatabaseError(msg)
        rows.append(row)
    return rows


def read_row(columns: tuple[Any, ...], own_epoch: str) -> Row | None:
    """The row of these columns; None where it is not what was written.

    The first version had no checksum. SQLite itself would notice nothing inside a page.
    """
    place, epoch, seq, born_s, crc, body = columns
    epoch = epoch or own_epoch
    if not isinstance(body, bytes) or crc not in (None, _crc(epoch, seq, body)):
        return None
    event = stored_event.decode(body)
    return None if event is None else Row(place, epoch, seq, born_s, event)


def _crc(epoch: str, seq: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{epoch} {seq}".encode()))
