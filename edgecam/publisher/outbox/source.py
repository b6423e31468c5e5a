"""Reads what can be read of a queue file that is damaged, or of an older version."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgecam.publisher import stored_event
from edgecam.publisher.outbox import database, mark, schema
from edgecam.publisher.outbox.transaction import Row, crc_of

_CHUNK = 1000
_PLACE_BITS = 62
_SPARSE = 4096
"""A damaged page stands for all places between those of its neighbours: before the first row and
after the last that may be nearly endless. Spans longer than this are only probed."""

_ROWS = {
    1: "SELECT seq, NULL, seq, 0, body, NULL FROM events WHERE seq BETWEEN ? AND ? "
    "ORDER BY seq LIMIT ?",
    2: "SELECT place, epoch, seq, born_s, body, crc FROM events WHERE place BETWEEN ? AND ? "
    "ORDER BY place LIMIT ?",
}
_RUNS = {
    1: "SELECT run, counter, NULL, (SELECT seq FROM sqlite_sequence), 0 FROM runs ORDER BY id",
    2: "SELECT run, counter, first_seq, last_seq, clock_s FROM runs ORDER BY last_seq",
}

Columns = tuple[Any, ...]


class Source:
    """An open file, of which nothing is believed. `damaged`: something could not be read."""

    def __init__(self, file: Path) -> None:
        """Raises sqlite3.Error where the disk is at fault, not the file."""
        self.damaged = False
        self._connection = database.connect(file)
        self._connection.execute("PRAGMA cell_size_check = ON")
        self.version = 1 if schema.version(self._connection) == 1 else 2
        self.facts: dict[str, str] = dict(self._all("SELECT name, value FROM facts"))
        self.boots: dict[str, int] = dict(
            self._all("SELECT boot_id, offset_ns FROM boots ORDER BY id")
        )
        self.marked_epoch, self.marked_seq = mark.read(file)
        self.epoch: str = self.facts.pop("epoch", "") or self.marked_epoch
        before, self.damaged = self.damaged, False
        runs = self._all(_RUNS[self.version])
        self.runs: dict[int, int] = {run[0]: run[1] for run in runs}
        self.knows_numbers = bool(runs) and not self.damaged
        """Whether `first_seq` and `last_seq` can be relied on."""
        self.first_seq = max((run[2] or 0 for run in runs), default=0)
        self.last_seq = max((run[3] or 0 for run in runs), default=0)
        self.clock_s = max((run[4] for run in runs), default=0)
        self.damaged |= before

    def rows(self) -> Iterator[Row]:
        """Every row that can be read, in order."""
        spans = [(1 << bit, (2 << bit) - 1) for bit in reversed(range(_PLACE_BITS))]
        while spans:
            first, last = spans.pop()
            try:
                found = self._connection.execute(
                    _ROWS[self.version], (first, last, _CHUNK)
                ).fetchall()
            except (sqlite3.Error, ValueError):
                self.damaged = True
                spans.extend(self._parts(first, last))
                continue
            yield from (self._row(columns) for columns in found)
            if len(found) == _CHUNK:
                spans.append((found[-1][0] + 1, last))

    def put_aside(self) -> list[Columns]:
        """What was put aside before: epoch, seq, body."""
        if self.version == 1:
            return self._all("SELECT NULL, seq, body FROM damaged")
        return self._all("SELECT epoch, seq, body FROM damaged")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _row(self, columns: Columns) -> Row:
        place, epoch, seq, born_s, body, crc = columns
        epoch = epoch or self.epoch
        if crc is None or not epoch:
            sound = stored_event.decode_if_sound(body, sound=True) is not None
        else:
            sound = crc == crc_of(epoch, seq, body)
        self.damaged |= not sound
        return Row(place, epoch, seq, born_s, body, sound)

    def _parts(self, first: int, last: int) -> Iterable[tuple[int, int]]:
        """The halves of a span that could not be read as a whole; the lower one last."""
        if first == last:
            return []
        middle = (first + last) // 2
        if last - first > _SPARSE:
            step = (last - first) // 4
            if not any(self._reaches(first + step * part) for part in range(5)):
                return []
        return [(middle + 1, last), (first, middle)]

    def _reaches(self, place: int) -> bool:
        try:
            self._connection.execute(_ROWS[self.version], (place, place, 1)).fetchall()
        except (sqlite3.Error, ValueError):
            return False
        return True

    def _all(self, query: str) -> list[Columns]:
        try:
            return self._connection.execute(query).fetchall()
        except (sqlite3.Error, ValueError):
            self.damaged = True
            return []
