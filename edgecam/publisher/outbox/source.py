"""Reads what can be read of a queue file that is damaged, or of an older version."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgecam.publisher.outbox import carve, database, mark, schema, trouble
from edgecam.publisher.outbox.transaction import Row, read_row

_EVENTS = {
    1: "SELECT seq, NULL, seq, 0, NULL, body FROM events ORDER BY seq",
    2: "SELECT place, epoch, seq, born_s, crc, body FROM events ORDER BY place",
}
_RUNS = {
    1: "SELECT run, counter, 0, (SELECT seq FROM sqlite_sequence), 0 FROM runs ORDER BY id",
    2: "SELECT run, counter, first_seq, last_seq, clock_s FROM runs ORDER BY last_seq",
}


class Source:
    """An open file, of which nothing is believed.

    What SQLite cannot reach is looked for page by page, once and for all tables.
    """

    def __init__(self, file: Path) -> None:
        """Raises sqlite3.Error where the disk is at fault, not the file."""
        self.damaged = False
        """Something could not be read, or is not what was written."""
        self.knows_numbers = False
        """Whether `first_seq` and `last_seq` are the file's own account, not found in its pages."""
        self.facts: dict[str, str] = {}
        self.boots: dict[str, int] = {}
        self.runs: dict[int, int] = {}
        self.first_seq = self.last_seq = self.clock_s = 0
        self._file = file
        self._found: list[tuple[Any, ...]] = []
        try:
            with contextlib.closing(database.connect(file)) as connection:
                connection.execute("PRAGMA cell_size_check = ON")
                self._read(connection)
        except (sqlite3.Error, ValueError) as error:
            if not trouble.is_damage(error):
                raise
            self._carve()
        self.marked_epoch, self.marked_seq = mark.read(file)
        self.epoch = self.facts.pop("epoch", "") or self.marked_epoch

    def rows(self, epoch: str) -> Iterator[Row]:
        """Every event that is what was written; `epoch`: of those that do not name theirs."""
        for columns in self._found:
            row = read_row(columns, epoch)
            if row is None:
                self.damaged = True
            else:
                yield row

    def _read(self, connection: sqlite3.Connection) -> None:
        version = 1 if schema.version(connection) == 1 else schema.VERSION
        read = connection.execute
        self.facts = dict(read("SELECT name, value FROM facts").fetchall())
        for run in read(_RUNS[version]).fetchall():
            self._take_run(*run)
        if version == schema.VERSION:
            self.boots = dict(read("SELECT boot_id, offset_ns FROM boots ORDER BY id").fetchall())
        self.knows_numbers = True
        self._found = read(_EVENTS[version]).fetchall()

    def _carve(self) -> None:
        self.damaged = True
        for row_id, values in carve.records(self._file):
            match values:
                case [None, None | str(), int(), int(), int(), bytes()]:
                    self._found.append((row_id, *values[1:]))
                case [None, bytes() as body]:  # of the first version
                    self._found.append((row_id, None, row_id, 0, None, body))
                case [None, int() as counter, int() as first, int() as last, int() as clock_s]:
                    if not self.knows_numbers:
                        self._take_run(row_id, counter, first, last, clock_s)
                case [None, str() as boot_id, int() as offset_ns]:
                    self.boots.setdefault(boot_id, offset_ns)
                case ["epoch", str() as epoch]:
                    self.facts.setdefault("epoch", epoch)

    def _take_run(
        self, run: int, counter: int, first_seq: int, last_seq: int, clock_s: int
    ) -> None:
        # All of it only grows, so that what an old copy of a row says does no harm.
        self.runs[run] = max(counter, self.runs.get(run, 0))
        self.first_seq = max(first_seq, self.first_seq)
        self.last_seq = max(last_seq or 0, self.last_seq)
        self.clock_s = max(clock_s, self.clock_s)
