"""Makes a new queue file of what can be read in one that is damaged, or of an older version."""

import contextlib
import itertools
import logging
import os
import secrets
import sqlite3
import time
from pathlib import Path

from edgecam.appliance.log import about
from edgecam.publisher.outbox.database import Database
from edgecam.publisher.outbox.delivered import Range
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.outbox.source import Source
from edgecam.publisher.outbox.transaction import Transaction
from edgecam.publisher.stored_event import happened

_ASIDE_KEPT = 2

_log = logging.getLogger(__name__)


def migrate(file: Path, running: RunningTime) -> None:
    """Copy a file of an older version into one of this version. Raises sqlite3.Error, OSError."""
    source = Source(file)
    _rebuild(file, source, running)
    if source.damaged:
        raise sqlite3.DatabaseError("not all of the older version can be read")
    _replace(file)
    _log.info("%s was brought to the present version of the queue", file)


def salvage(file: Path, running: RunningTime, why: Exception) -> tuple[Path, int]:
    """Set a damaged file aside, and put one in its place with what could still be read.

    What could not is told in a `loss` event. Gives the damaged file's new place, and how many are
    lost. Raises sqlite3.Error, OSError.
    """
    saved, lost = _rebuild(file, Source(file), running)
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal"):
        part = Path(f"{file}{suffix}")
        if part.exists():
            os.link(part, f"{aside}{suffix}")
    _log.error(
        "%s is damaged (%s): kept as %s; %d events were saved, %d lost",
        *(file, why, aside.name, saved, lost),
        extra=about("loss", reason="queue_damaged"),
    )
    _replace(file)
    _forget_old(file)
    return aside, lost


def _forget_old(file: Path) -> None:
    """Keep the newest files that were set aside: the card that damages them is not endless."""
    aside = sorted(file.parent.glob(f"{file.name}.damaged-*[0-9]"))
    for old in aside[:-_ASIDE_KEPT]:
        for suffix in ("", "-wal"):
            Path(f"{old}{suffix}").unlink(missing_ok=True)


def _rebuild(file: Path, source: Source, running: RunningTime) -> tuple[int, int]:
    """Fill the new file; how many events were saved, and how many are lost."""
    running.resume(source.clock_s)
    with contextlib.closing(_new(file, running, source.epoch)) as target:
        with target.transaction() as transaction:
            epoch = transaction.state.epoch
            for row in source.rows(epoch):
                # A free page may still hold what was delivered long ago.
                if row.epoch != epoch or row.seq >= source.first_seq:
                    transaction.put(row)
            saved = transaction.state.count
            transaction.learn(source.facts)
            for boot_id, offset_ns in source.boots.items():
                transaction.remember_boot(boot_id, offset_ns)
            lost = _account(source, transaction)
            for run, counter in source.runs.items():
                transaction.remember(run, counter)
            transaction.note()
        return saved, lost


def _account(source: Source, transaction: Transaction) -> int:
    """Go on with the numbers, and tell of those that are missing; how many these are."""
    state = transaction.state
    seqs = list(transaction.own_seqs())
    state.last_seq = max([source.last_seq, *seqs[-1:]])
    if source.marked_epoch == state.epoch:
        state.last_seq = max(state.last_seq, source.marked_seq)
    if not source.damaged:
        return 0
    first_seq = source.first_seq or (seqs[0] if seqs else 1)
    missing = _missing(first_seq, seqs, state.last_seq)
    if not source.knows_numbers or state.last_seq > source.last_seq:
        # Which number was the last is not sure, and none may ever name a second event.
        transaction.begin_epoch(secrets.token_hex(4))
    lost = sum(last - first + 1 for first, last in missing)
    if lost:
        first, last = missing[0][0], missing[-1][1]
        loss = happened("loss", reason="queue_damaged", count=lost, first_seq=first, last_seq=last)
    else:
        loss = happened("loss", reason="queue_damaged")
    transaction.add(loss)
    return lost


def _missing(first_seq: int, seqs: list[int], last_seq: int) -> list[Range]:
    """The gaps between numbers in order, from the first that is awaited to the last."""
    ends = [first_seq - 1, *(seq for seq in seqs if seq >= first_seq), last_seq + 1]
    return [
        (before + 1, after - 1) for before, after in itertools.pairwise(ends) if after - before > 1
    ]


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
