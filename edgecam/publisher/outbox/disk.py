"""The queue's file while all is well, and what is done where its disk is not.

full        the reserve is given free and the bound shrinks to what is there; the oldest give way
read-only   what is there can still be read and delivered
failing     an fsync that failed is never simply tried again: what it left in the page cache counts
            as clean and may never reach the disk (https://lwn.net/Articles/752063/). The file is
            closed, opened, verified and rewritten by a checkpoint, and the transaction is done
            anew, once
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edgecam.appliance.log import about
from edgecam.publisher.outbox import mark, readonly
from edgecam.publisher.outbox.bounds import Bounds
from edgecam.publisher.outbox.database import WAL_PAGES, Database
from edgecam.publisher.outbox.opening import open_queue
from edgecam.publisher.outbox.reserve import RESERVE_BYTES, Reserve
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.outbox.transaction import Row, State, Transaction
from edgecam.publisher.outbox.trouble import Trouble, trouble_of, unusable

# Free beside the reserve, so that a disk on the verge is not full by turns: this, or on a small disk
# a part of it.
_ROOMY_BYTES = 2 * 1024 * 1024
_ROOMY_SHARE = 4
_FLOOR_BYTES = 96 * 1024  # some hundred events, which a queue may hold for as long as they fit
_TIGHT_WAL_PAGES = 128
_UNSEEN = State(epoch="", last_place=2**60)  # later than those of a file that was never read
_WORDS: dict[Trouble, str] = {
    "full": "is full: the oldest events give way, or the newest wait in memory",
    "read_only": "is read-only: new events wait in memory, those in the queue are delivered",
    "failing": "fails: new events wait in memory, those in the queue are delivered as far as "
    "they can be read",
}

_log = logging.getLogger(__name__)

Work = Callable[[Transaction, Bounds], None]


class Disk:
    """The file, or what can be seen of it. Not for two threads at once."""

    def __init__(self, file: Path, bounds: Bounds, running: RunningTime) -> None:
        """Raises OutboxError or ConfigError where a person must do something about it."""
        self.trouble: Trouble = ""
        self.writable = False
        self.suspect = False
        """Something could not be read: `reopen` before it is relied on."""
        self.openings = 0
        """How often it was opened or looked at anew: something older may be readable again."""
        self.set_aside: Path | None = None
        self._file = file
        self._reserve = Reserve(file)
        self._whole_bounds = self._bounds = bounds
        self._running = running
        self._lost = 0
        self._last: State | None = None
        self._promised: State | None = None
        self._database: Database | None = None
        self._view: readonly.View | None = None
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:
            trouble = trouble_of(error, file.parent)
            if not trouble:
                raise unusable(file, error) from error
            self._lose(trouble, error)

    @property
    def state(self) -> State:
        """What is known of the file, also while it cannot be read."""
        database = self._readable
        return database.state if database is not None else self._promised or _UNSEEN

    @property
    def lost(self) -> int:
        """Events that had to give way since this process started."""
        database = self._database  # it may be closed by the other thread meanwhile
        return self._lost + (database.state.lost if database is not None else 0)

    def write(self, work: Work) -> bool:
        """Do some work in one transaction; whether it is on disk now.

        The work may be done twice, and must come to the same then.
        """
        if not self.writable:
            return False
        try:
            self._transact(work)
        except sqlite3.Error as error:
            return self._write_again(work, error)
        return True

    def rows(self, place: int, limit: int) -> list[Row]:
        """The first rows after a place, as far as the disk lets us."""
        database = self._readable
        if database is None or self.suspect:
            return []
        try:
            found = database.rows(place, limit)
            return [row for row in found if row.place <= database.state.last_place]
        except (sqlite3.Error, ValueError) as error:
            _log.debug("%s cannot be read: %s", self._file, error)
            self.suspect = True
            return []

    def mend(self) -> None:
        """Try whether the disk is what it was; one clear line where it is."""
        try:
            if not self.writable or self.suspect:
                self._reopen()
            roomy = self._is_roomy()
            if self.trouble == "full":
                self._take_room() if roomy else self._shrink()
        except (sqlite3.Error, OSError) as error:
            self._lose(trouble_of(error, self._file.parent) or "failing", error)
            return
        if self.trouble and (roomy or self.trouble != "full"):
            _log.warning(
                "the disk of %s is well again: events are kept there",
                self._file,
                extra=about("disk_ok"),
            )
            self.trouble = ""

    def close(self) -> None:
        """Close the file."""
        for part in (self._view, self._database):
            if part is not None:
                with contextlib.suppress(sqlite3.Error):  # its -wal stays, and loses nothing
                    part.close()
        if self._database is not None:
            self._last = self._database.state
            self._lost += self._last.lost
        self._view = self._database = None
        self.writable = False

    @property
    def _readable(self) -> Database | None:
        view = self._view  # it may be closed by the other thread meanwhile
        return view.database if view is not None else self._database

    def _open(self) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = open_queue(self._file, self._running)
        self._database, self.writable, self.suspect = opened.database, True, False
        self.openings += 1
        self.set_aside = opened.set_aside or self.set_aside
        self._mark(opened.database)
        self._reserve.make()
        self._bounds = self._whole_bounds

    def _transact(self, work: Work) -> None:
        database = self._database
        assert database is not None  # noqa: S101  `writable` says so
        with database.transaction() as transaction:
            work(transaction, self._bounds)
        self._mark(database)

    def _mark(self, database: Database) -> None:
        mark.write(self._file, database.state.epoch, database.state.last_seq)

    def _write_again(self, work: Work, error: sqlite3.Error) -> bool:
        trouble = trouble_of(error, self._file.parent) or "failing"
        try:
            if trouble == "full":
                self._write_on_full(work)
            else:
                self._reopen()
                self._transact(work)
        except (sqlite3.Error, OSError) as again:
            self._lose(trouble_of(again, self._file.parent) or "failing", again)
            return False
        if trouble == "full":
            self._enter(trouble, error)
        else:
            _log.warning("%s: %s; it was verified, and the write done anew", self._file, error)
        return True

    def _write_on_full(self, work: Work) -> None:
        """With the room that the reserve gives; and only if need be, by letting the oldest go."""
        self._give_room()
        try:
            self._transact(work)
        except sqlite3.Error as error:
            if trouble_of(error, self._file.parent) != "full":
                raise
            self._bounds = replace(self._whole_bounds, max_bytes=0)
            try:
                self._transact(work)
            finally:
                self._shrink()

    def _reopen(self) -> None:
        """Verify the file from the start, and that it can be written."""
        self.close()
        self._open()

        def prove(transaction: Transaction, _: Bounds) -> None:
            if self._promised is not None:
                transaction.return_to(self._promised)
            transaction.note()

        self._transact(prove)
        self._promised = None

    def _lose(self, trouble: Trouble, error: Exception) -> None:
        """Do without the disk, but for what can be read."""
        self.close()
        self._reserve.release()
        self.openings += 1
        self.suspect = False
        self._view = readonly.look(self._file, self._running)
        # A transaction that failed may be there to be read all the same, but it was not promised
        # and may be gone tomorrow: what it stored is told by whoever holds it in memory.
        self._promised = self._promised or self._last
        if self._view is not None and self._promised is not None:
            self._view.database.state = replace(self._promised, lost=0)
        self._enter(trouble, error)

    def _enter(self, trouble: Trouble, error: Exception) -> None:
        if trouble != self.trouble:
            _log.error(
                "the disk of %s %s (%s)",
                *(self._file, _WORDS[trouble], error),
                extra=about("disk_trouble", reason=trouble),
            )
            self.trouble = trouble

    def _give_room(self) -> None:
        """On a full disk, find the room that a transaction needs to let the oldest go."""
        assert self._database is not None  # noqa: S101  it has just been written to
        self._reserve.release()
        self._database.checkpoint()
        self._database.keep_wal_below(_TIGHT_WAL_PAGES)
        self._shrink()

    def _shrink(self) -> None:
        """Be no larger than there is room for, as it is now."""
        room = self._file.stat().st_size + self._free_bytes() - RESERVE_BYTES
        most = min(self._whole_bounds.max_bytes, max(room, _FLOOR_BYTES))
        self._bounds = replace(self._whole_bounds, max_bytes=most)

    def _take_room(self) -> None:
        """The disk is no longer full: be as large as we may, and put something by."""
        if self._database is not None:
            self._database.keep_wal_below(WAL_PAGES)
        self._reserve.make()
        self._bounds = self._whole_bounds

    def _is_roomy(self) -> bool:
        found = os.statvfs(self._file.parent)
        part = found.f_blocks * found.f_frsize // _ROOMY_SHARE
        return self._free_bytes() >= min(_ROOMY_BYTES, part) + RESERVE_BYTES

    def _free_bytes(self) -> int:
        found = os.statvfs(self._file.parent)
        return found.f_bavail * found.f_frsize
