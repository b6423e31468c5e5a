"""Makes a new queue file of what can be read in one that is damaged, or of an older version."""

import contextlib
import logging
import os
import secrets
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from edgecam.publisher.outbox import trouble
from edgecam.publisher.outbox.database import Database
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.outbox.source import Source
from edgecam.publisher.outbox.transaction import Row, Transaction
from edgecam.publisher.stored_event import StoredEvent, happened

_log = logging.getLogger(__name__)


def migrate(file: Path, running: RunningTime) -> None:
    """Copy a file of an older version into one of this version. Raises sqlite3.Error, OSError."""
    with contextlib.closing(Source(file)) as source:
        _rebuild(file, source, running)
    _replace(file)
    _log.info("%s was brought to the present version of the queue", file)


def salvage(file: Path, running: RunningTime, why: Exception) -> tuple[Path, int]:
    """Set a damaged file aside, and put one in its place with what could still be read.

    What could not is told in a `loss` event. Gives the damaged file's new place, and how many are
    lost. Raises sqlite3.Error, OSError.
    """
    try:
        source = Source(file)
    except (sqlite3.Error, ValueError) as error:
        if not trouble.is_damage(error):
            raise
        saved, lost = _start_anew(file, running), 0
    else:
        with contextlib.closing(source):
            saved, lost = _rebuild(file, source, running)
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal"):
        part = Path(f"{file}{suffix}")
        if part.exists():
            os.link(part, f"{aside}{suffix}")
    _log.error(
        "%s is damaged (%s): kept as %s; %d events saved, %d lost",
        file, why, aside.name, saved, lost,
    )  # fmt: skip
    _replace(file)
    return aside, lost


def _start_anew(file: Path, running: RunningTime) -> int:
    with contextlib.closing(_new(file, running)) as target, target.transaction() as transaction:
        transaction.add(happened("loss", reason="queue_damaged"))
        transaction.note()
    return 0


def _rebuild(file: Path, source: Source, running: RunningTime) -> tuple[int, int]:
    """Fill the new file; how many events are in it, and how many are lost."""
    running.resume(source.clock_s)
    with contextlib.closing(_new(file, running, source.epoch)) as target:
        with target.transaction() as transaction:
            account = _Account(source, transaction.state.epoch)
            for row in source.rows():
                account.take(row, transaction)
            account.finish()
            for epoch, seq, body in source.put_aside():
                transaction.put_aside(Row(0, epoch or transaction.state.epoch, seq, 0, body))
            transaction.learn(source.facts)
            for boot_id, offset_ns in source.boots.items():
                transaction.remember_boot(boot_id, offset_ns)
            transaction.state.last_seq = account.last_seq
            if not account.trusted:
                transaction.begin_epoch(secrets.token_hex(4))
            if source.damaged:
                transaction.add(account.loss())
            for run, counter in source.runs.items():
                transaction.remember(run, counter)
            transaction.note()
        return target.state.count, account.lost


class _Account:
    """Finds out which numbers are missing among the rows that could be read."""

    def __init__(self, source: Source, epoch: str) -> None:
        """`epoch`: what to call events of the file's own, where it does not say."""
        self._source = source
        self._epoch = epoch
        self._reached = source.first_seq - 1 if source.knows_numbers else 0
        self._began = source.knows_numbers and source.version > 1
        self._gap = (0, 0)
        self.lost = 0
        self.last_seq = source.last_seq
        if source.marked_epoch == source.epoch:
            self.last_seq = max(self.last_seq, source.marked_seq)

    def take(self, row: Row, transaction: Transaction) -> None:
        """Keep a row, or put it aside."""
        row = replace(row, epoch=row.epoch or self._epoch)
        if not row.sound:
            transaction.put_aside(row)
            return
        transaction.put(row)
        if row.epoch == self._epoch:
            if not self._began and not self._source.damaged:
                self._reached = row.seq - 1  # those before were delivered
            self._began = True
            self._miss_until(row.seq - 1)
            self._reached = row.seq

    def finish(self) -> None:
        """No more rows come."""
        if self._source.damaged:
            self._miss_until(self.last_seq)
        self.last_seq = max(self.last_seq, self._reached)

    @property
    def trusted(self) -> bool:
        """Whether `last_seq` is surely the last number: none may ever name a second event."""
        known = self._source.knows_numbers and self._source.epoch == self._epoch
        return not self._source.damaged or (known and self.last_seq == self._source.last_seq)

    def loss(self) -> StoredEvent:
        """The event that tells what is missing."""
        if not self.lost:
            return happened("loss", reason="queue_damaged")
        first, last = self._gap
        return happened(
            "loss", reason="queue_damaged", count=self.lost, first_seq=first, last_seq=last
        )

    def _miss_until(self, seq: int) -> None:
        if seq > self._reached:
            self._gap = (self._gap[0] or self._reached + 1, seq)
            self.lost += seq - self._reached


def _new(file: Path, running: RunningTime, epoch: str = "") -> Database:
    for suffix in ("", "-wal"):
        Path(f"{file}.new{suffix}").unlink(missing_ok=True)
    return Database.open(Path(f"{file}.new"), running, epoch)


def _replace(file: Path) -> None:
    """Put the new file in place of the old one; a power cut leaves one or the other."""
    Path(f"{file}-wal").unlink(missing_ok=True)  # SQLite would take it for the new file's
    Path(f"{file}.new").replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
