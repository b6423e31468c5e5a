"""What is wrong with the disk, judged by an error and by what else the disk says."""

import errno
import sqlite3
import tempfile
from pathlib import Path
from typing import Literal

from edgecam.errors import OutboxError

Trouble = Literal["", "full", "read_only", "failing"]

_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_TROUBLES: dict[int | None, Trouble] = {
    errno.EROFS: "read_only",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EIO: "failing",
}


def is_damage(error: Exception) -> bool:
    """Whether an error speaks of the file's content, not of the disk or of another owner."""
    code = _code(error)
    others = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
    return isinstance(error, sqlite3.Error | ValueError) and code not in _OF_THE_DISK | others


def is_use(error: Exception) -> bool:
    """Whether another process owns the file."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def trouble_of(error: Exception, folder: Path) -> Trouble:
    """What an error says of the disk; empty where a person must do something about it."""
    if isinstance(error, OSError):
        return _TROUBLES.get(error.errno, "")
    if _code(error) == sqlite3.SQLITE_FULL:
        return "full"
    if _code(error) not in _OF_THE_DISK:
        return ""
    # SQLite keeps to itself what the system said, so ask again.
    try:
        with tempfile.TemporaryFile(dir=folder):
            return "" if _code(error) == sqlite3.SQLITE_CANTOPEN else "failing"
    except OSError as found:
        return _TROUBLES.get(found.errno, "")


def unusable(file: Path, error: Exception) -> OutboxError:
    """The error for people."""
    reason = getattr(error, "strerror", None) or str(error)
    if is_use(error):
        reason = "another edgecam is using it; stop that one, or name another file"
    return OutboxError(f"{file} cannot be used as the queue (outbox.file): {reason}")


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF
