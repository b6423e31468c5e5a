"""Room on the disk that is ours already, to be given free when the disk is full.

In WAL mode even DELETE and a checkpoint need room, so that a full queue on a full disk could not
even give way. This file is that room.
"""

import os
from pathlib import Path

RESERVE_BYTES = 256 * 1024  # a -wal of 128 pages, a checkpoint, and as much again


class Reserve:
    """The file beside the database."""

    def __init__(self, database: Path) -> None:
        self._file = Path(f"{database}.reserve")

    def make(self) -> None:
        """Take the room, where there is any; nothing is written into it."""
        try:
            with self._file.open("ab") as file:
                self._file.chmod(0o600)
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self.release()

    def release(self) -> None:
        """Give the room free."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError:
            pass  # a disk that takes nothing, not even this
