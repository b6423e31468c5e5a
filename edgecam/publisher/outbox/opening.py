"""From a path to a verified queue file of this version."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edgecam.errors import ConfigError
from edgecam.publisher.outbox import database, mark, salvage, schema, trouble
from edgecam.publisher.outbox.database import Database
from edgecam.publisher.outbox.running_time import RunningTime
from edgecam.publisher.stored_event import happened


@dataclass(frozen=True)
class Opened:
    """An open queue, and where the damaged file is now that it replaces, if there was one."""

    database: Database
    set_aside: Path | None = None


def open_queue(file: Path, running: RunningTime) -> Opened:
    """Open the file, or make it; older versions are brought up, damage is salvaged.

    Raises ConfigError, the file untouched, where a newer version wrote it; sqlite3.Error or OSError
    where the disk does not let us, or another process has it.
    """
    _refuse_newer(file, schema.version_in(file))
    try:
        with closing(database.connect(file)) as connection:
            version = schema.version(connection)
        _refuse_newer(file, version)
        if version == 1:
            salvage.migrate(file, running)
        found = Database.open(file, running)
    except (sqlite3.Error, ValueError) as error:
        if not trouble.is_damage(error):
            raise
        aside, lost = salvage.salvage(file, running, error)
        found = Database.open(file, running)
        found.state.lost = lost
        return Opened(found, aside)
    _miss_lost_end(found)
    return Opened(found)


def _refuse_newer(file: Path, version: int) -> None:
    if version > schema.VERSION:
        msg = (
            f"{file} was written by a newer edgecam (queue version {version}, this one knows "
            f"{schema.VERSION}); install that again, or name another file"
        )
        raise ConfigError(msg, option="outbox.file")


def _miss_lost_end(found: Database) -> None:
    """Tell of numbers that were committed and are gone: the -wal was cut off, or deleted."""
    epoch, seq = mark.read(found.file)
    last_seq = found.state.last_seq
    if epoch != found.state.epoch or seq <= last_seq:
        return
    with found.transaction() as transaction:
        transaction.state.last_seq = seq
        transaction.state.lost += seq - last_seq
        transaction.add(
            happened(
                "loss",
                reason="queue_damaged",
                count=seq - last_seq,
                first_seq=last_seq + 1,
                last_seq=seq,
            )
        )
        transaction.note()
