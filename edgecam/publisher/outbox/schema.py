"""The tables of the queue file, and which version of them a file has."""

import sqlite3
from pathlib import Path

VERSION = 2
"""1: a row's number was its place, and nothing was said of age. Such a file is copied over."""

PAGE_BYTES = 1024  # an event takes 300: with larger pages each commit writes more that is old

_TABLES = """
-- `epoch` is NULL where it is the own one of the file. `crc` is of epoch, seq and body.
CREATE TABLE events (
    place INTEGER PRIMARY KEY, epoch TEXT, seq INTEGER NOT NULL,
    born_s INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
-- How far each run is, and how the queue stood then: every commit writes one row of these.
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, counter INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, clock_s INTEGER NOT NULL
) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE boots (id INTEGER PRIMARY KEY, boot_id TEXT UNIQUE, offset_ns INTEGER NOT NULL) STRICT
"""
_MAGIC = b"SQLite format 3\0"
_LAST_CREDIBLE = 1000  # a header that names a later version is damaged
_VERSION_AT = 60  # https://www.sqlite.org/fileformat.html#user_version_number


def create(connection: sqlite3.Connection, epoch: str) -> None:
    """Make the tables of a new file. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO facts VALUES ('epoch', ?)", (epoch,))
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """The version of an open file; 0 for one that is new. Raises sqlite3.Error."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def version_in(file: Path) -> int:
    """The version that the header of a file names, found without opening it as a database.

    Opening would write: a -wal that is left over is taken in, and removed.
    """
    try:
        with file.open("rb") as stream:
            header = stream.read(_VERSION_AT + 4)
    except OSError:
        return 0
    found = int.from_bytes(header[_VERSION_AT:]) if header.startswith(_MAGIC) else 0
    return found if found <= _LAST_CREDIBLE else 0
