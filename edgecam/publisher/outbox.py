"""The queue of events on disk.

What is in it has been promised, and leaves it only once a broker has acknowledged it.

SQLite in WAL mode with synchronous=FULL: in simulated power cuts that kept every acknowledged row,
where NORMAL lost some. One process, one connection. Sequence numbers come from AUTOINCREMENT, as
plain row ids are used again; together with `epoch`, random for each database file, they name an
event for ever.
"""

import contextlib
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecam.errors import OutboxError
from edgecam.publisher import stored_event
from edgecam.publisher.stored_event import StoredEvent, happened

SCHEMA_VERSION = 1
_PAGE_BYTES = 4096
_CHECKPOINT_PAGES = 256
_RUNS_KEPT = 1000
_DAMAGED = "unsupported file format"  # an OperationalError all the same
_FULL_SHARE = 0.9  # of the pages: what remains is for indices, and for the loss event itself
_DROP_SHARE_OF_PAGES = 20
_DROP_SHARE = 100  # where the queue is full, this part of it (1/100) gives way at once

_log = logging.getLogger(__name__)

_SCHEMA = (
    "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL) STRICT",
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, run INTEGER UNIQUE, counter INTEGER) STRICT",
    "CREATE TABLE damaged (seq INTEGER PRIMARY KEY, body BLOB) STRICT",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
)


@dataclass(frozen=True)
class Queued:
    """An event and its place in the queue."""

    seq: int
    event: StoredEvent


class Outbox:
    """The queue; all calls may come from any thread and are atomic on disk."""

    def __init__(self, file: Path, *, max_events: int, max_mb: int) -> None:
        """Open or make the file. A damaged one is set aside, and that is noted in the new one.

        Raises OutboxError where the file cannot be used, or a newer version wrote it.
        """
        self.lost = 0
        """Events that had to be dropped since this process started."""
        self.trouble = ""
        """What keeps it from storing events: "full", "read_only", "failing"; empty: nothing."""
        self._file = file
        self._max_events = max_events
        self._max_pages = max_mb * 1024 * 1024 // _PAGE_BYTES
        self._lock = threading.Lock()
        self._make_folder()
        self._database, self.set_aside = self._open_or_replace()
        """`set_aside`: where the damaged file is now that this one replaces, if there was one."""
        self.epoch = self._fact("epoch")
        self._count: int = self._one("SELECT count(*) FROM events")
        if self.set_aside is not None:
            self.add(happened("loss", reason="queue_damaged"))

    def commit(
        self, run: int, events: Sequence[tuple[int, StoredEvent | None]], facts: dict[str, str]
    ) -> int:
        """Store numbered events of a run, in order; the last counter that is now on disk.

        A counter that was stored before is recognised, and its event passed over. None stands
        for an event that need not be kept. `facts` are remembered in the same transaction.
        Raises OutboxError.
        """
        with self._transaction() as database:
            known = self._committed(run)
            for counter, event in events:
                if counter > known:
                    known = counter
                    if event is not None:
                        self._insert(event)
            self._remember(run, known)
            for fact in facts.items():
                database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
            self._make_room()
        return known

    def committed(self, run: int) -> int:
        """The last counter of a run that is on disk; 0 for a new run. Raises OutboxError."""
        with self._reading():
            return self._committed(run)

    def add(self, event: StoredEvent) -> None:
        """Store an event of the publisher's own. Raises OutboxError."""
        with self._transaction():
            self._insert(event)
            self._make_room()

    def after(self, seq: int, limit: int) -> list[Queued]:
        """The oldest events after a place in the queue. Raises OutboxError.

        An event that cannot be read is kept aside, and a `loss` event at the end says which.
        """
        with self._reading():
            rows = self._database.execute(
                "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
            ).fetchall()
        queued = []
        for row_seq, body in rows:
            try:
                queued.append(Queued(row_seq, stored_event.decode(body)))
            except OutboxError as error:
                _log.error("event %d: %s; kept aside", row_seq, error)
                self._put_aside(row_seq)
        return queued

    def delete(self, seqs: Iterable[int]) -> None:
        """Forget events that a broker has acknowledged. Raises OutboxError."""
        rows = [(seq,) for seq in seqs]
        if rows:
            with self._transaction() as database:
                deleted = database.executemany("DELETE FROM events WHERE seq = ?", rows)
                self._count -= deleted.rowcount

    @property
    def count(self) -> int:
        """How many events wait."""
        return self._count

    def fact(self, name: str) -> str:
        """A remembered fact; empty where there is none. Raises OutboxError."""
        with self._reading():
            return self._fact(name)

    def close(self) -> None:
        """Close the file; a finished checkpoint leaves no -wal behind."""
        with self._lock:
            self._database.close()

    def _make_folder(self) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            msg = (
                f"{self._file.parent} cannot be made ({error.strerror}); "
                f"name another place in outbox.file"
            )
            raise OutboxError(msg) from error

    def _open_or_replace(self) -> tuple[sqlite3.Connection, Path | None]:
        try:
            return self._open(), None
        except OSError as error:
            raise self._unusable(error) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            damaged = _DAMAGED in str(error)
            if isinstance(error, sqlite3.OperationalError) and not damaged:
                raise self._unusable(error) from error
            aside = self._move_aside()
            _log.error(
                "%s is damaged (%s): kept as %s, starting a new queue",
                self._file,
                error,
                aside.name,
            )
        try:
            return self._open(), aside
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._unusable(error) from error

    def _open(self) -> sqlite3.Connection:
        new = not self._file.exists()
        database = sqlite3.connect(
            self._file, timeout=5, isolation_level=None, check_same_thread=False
        )
        try:
            if new:
                self._file.chmod(0o600)
            # One owner: the lock is held from the first read on, a second process is refused.
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._check_version(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            database.execute(f"PRAGMA max_page_count = {self._max_pages}")
            self._check_pages(database)
            self._make_tables(database)
        except BaseException:
            database.close()
            raise
        return database

    def _check_version(self, database: sqlite3.Connection) -> None:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            msg = (
                f"{self._file} was written by a newer edgecam (queue version {version}, this one "
                f"knows {SCHEMA_VERSION}); install that again, or name another outbox.file"
            )
            raise OutboxError(msg)

    @staticmethod
    def _check_pages(database: sqlite3.Connection) -> None:
        problem = str(database.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if problem != "ok":
            raise sqlite3.DatabaseError(" ".join(problem.split()))

    @staticmethod
    def _make_tables(database: sqlite3.Connection) -> None:
        if database.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
            return
        database.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            database.execute(statement)
        database.execute("INSERT INTO facts VALUES ('epoch', ?)", (secrets.token_hex(4),))
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")

    def _move_aside(self) -> Path:
        aside = self._file.with_name(f"{self._file.name}.damaged-{time.time_ns()}")
        for suffix in ("", "-wal", "-shm"):
            part = Path(f"{self._file}{suffix}")
            if part.exists():
                part.rename(f"{aside}{suffix}")
        return aside

    def _unusable(self, error: Exception) -> OutboxError:
        reason = getattr(error, "strerror", None) or str(error)
        if reason == "database is locked":
            reason = "another edgecam is using it; stop that one, or name another file"
        return OutboxError(f"{self._file} cannot be used as the queue (outbox.file): {reason}")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise self._unusable(error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            count, lost = self._count, self.lost
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException as error:
                self._count, self.lost = count, lost
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._unusable(error) from error
                raise

    def _insert(self, event: StoredEvent) -> None:
        body = stored_event.encode(event)
        self._database.execute("INSERT INTO events (body) VALUES (?)", (body,))
        self._count += 1

    def _make_room(self) -> None:
        """Where the queue is full the oldest give way, and one `loss` event says which."""
        excess = 0
        if self._count > self._max_events:
            excess = self._count - self._max_events + max(self._max_events // _DROP_SHARE, 1)
        used_pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        if used_pages > self._max_pages * _FULL_SHARE:
            # More than one commit can bring, since only whole pages become free again.
            excess = max(excess, self._count // _DROP_SHARE_OF_PAGES + 1)
        if not excess:
            return
        rows = self._database.execute(
            "DELETE FROM events WHERE seq IN (SELECT seq FROM events ORDER BY seq LIMIT ?) "
            "RETURNING seq, body",
            (excess,),
        ).fetchall()
        self._count -= len(rows)
        dropped = [(seq, stored_event.decode_any(body)) for seq, body in rows]
        self.lost += sum(1 for _, event in dropped if event.event_type != "loss")
        self._insert(stored_event.loss_of(dropped))

    def _put_aside(self, seq: int) -> None:
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO damaged SELECT seq, body FROM events WHERE seq = ?", (seq,)
            )
            database.execute("DELETE FROM events WHERE seq = ?", (seq,))
            self._count -= 1
            self.lost += 1
            self._insert(
                happened("loss", reason="queue_damaged", count=1, first_seq=seq, last_seq=seq)
            )

    def _remember(self, run: int, counter: int) -> None:
        """Note how far a run is; the run used longest ago is forgotten (a row replaced is new)."""
        self._database.execute(
            "INSERT OR REPLACE INTO runs (run, counter) VALUES (?, ?)", (run, counter)
        )
        self._database.execute(
            "DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?", (_RUNS_KEPT,)
        )

    def _committed(self, run: int) -> int:
        row = self._database.execute("SELECT counter FROM runs WHERE run = ?", (run,)).fetchone()
        return row[0] if row else 0

    def _fact(self, name: str) -> str:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def _one(self, query: str) -> Any:  # noqa: ANN401  whatever the column holds
        return self._database.execute(query).fetchone()[0]
