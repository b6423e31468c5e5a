"""One open queue file.

SQLite in WAL mode with synchronous=FULL: in simulated power cuts that kept every acknowledged row,
where NORMAL lost some. One process, one connection, as two writers can meet a bug of SQLite 3.40
(https://www.sqlite.org/wal.html#walresetbug).
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edgecam.publisher.outbox import schema
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.outbox.schema import PAGE_BYTES
from edgecam.publisher.outbox.transaction import Row, State, Transaction, rows_after

WAL_PAGES = 1024  # until a checkpoint; with 256 pages an event cost 5 % more writes
_ROWS_AT_ONCE = 1000


class Database:
    """A verified file; not for two threads at once. Every call may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, file: Path, running: RunningTime) -> None:
        """Take over a connection to a file of this version."""
        self.file = file
        self._connection = connection
        self._running = running
        self.state = self._load()
        running.resume(self.state.clock_s)

    @classmethod
    def open(cls, file: Path, running: RunningTime, epoch: str = "") -> "Database":
        """Open a file, or make it; whatever is in its -wal is brought to safety first.

        A new file gets `epoch`, or one that was never there.
        """
        connection = connect(file)
        try:
            if schema.version(connection) == 0:
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                schema.create(connection, epoch or secrets.token_hex(4))
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
            checkpoint(connection)
            check_pages(connection)
            database = cls(connection, file, running)
            database.check_rows()
            return database
        except BaseException:
            connection.close()
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All of it, or nothing."""
        transaction = Transaction(self._connection, self.state.copy(), self._running.now_s())
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield transaction
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    self._connection.execute("ROLLBACK")
            raise
        self.state = transaction.state

    def rows(self, place: int, limit: int) -> list[Row]:
        """The first rows after a place."""
        return rows_after(self._connection, self.state.epoch, place, limit)

    def check_rows(self) -> None:
        """Raises sqlite3.DatabaseError where an event is not what was written."""
        place = 0
        while rows := self.rows(place, _ROWS_AT_ONCE):
            place = rows[-1].place

    def checkpoint(self) -> None:
        """Bring everything into the file itself, and give the room of the -wal free."""
        checkpoint(self._connection)

    def keep_wal_below(self, pages: int) -> None:
        """How much the -wal may hold before it is brought into the file."""
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")

    def close(self) -> None:
        """Close the file; a finished checkpoint leaves no -wal behind."""
        self._connection.close()

    def _load(self) -> State:
        one = self._connection.execute
        facts = dict(one("SELECT name, value FROM facts").fetchall())
        runs = one("SELECT run, counter, first_seq, last_seq, clock_s FROM runs").fetchall()
        count, last_place = one("SELECT count(*), max(place) FROM events").fetchone()
        if "epoch" not in facts:
            raise sqlite3.DatabaseError("the queue has no epoch")
        last_seq = max((row[3] for row in runs), default=0)
        return State(
            epoch=facts["epoch"],
            count=count,
            first_seq=max((row[2] for row in runs), default=1),
            last_seq=last_seq,
            # A place is never used again either: what lies in a free page is told apart by it.
            last_place=max(last_place or 0, last_seq),
            clock_s=max((row[4] for row in runs), default=0),
            runs={row[0]: row[1] for row in runs},
            facts=facts,
            boots=dict(one("SELECT boot_id, offset_ns FROM boots").fetchall()),
        )


def connect(file: Path) -> sqlite3.Connection:
    """A connection that owns the file: a second process is refused. Raises sqlite3.Error."""
    new = not file.exists()
    connection = sqlite3.connect(file, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        if new:
            file.chmod(0o600)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        schema.version(connection)  # the lock is held from the first read on
    except BaseException:
        connection.close()
        raise
    return connection


def checkpoint(connection: sqlite3.Connection) -> None:
    """Write what the -wal holds into the file, sync both. Raises sqlite3.Error.

    After a failed fsync this is what makes things right: the pages it left in the page cache count
    as written, though they are not, and here they are written once more.
    """
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def check_pages(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where a page is damaged."""
    problem = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if problem != "ok":
        raise sqlite3.DatabaseError(" ".join(problem.split()))
