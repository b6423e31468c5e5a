"""What a queue file holds, where its disk cannot be written."""

import contextlib
import logging
import shutil
import sqlite3
import tempfile
from pathlib import Path

from edgecam.publisher.outbox import database
from edgecam.publisher.outbox.database import Database
from edgecam.publisher.outbox.running_time import RunningTime

_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it

_log = logging.getLogger(__name__)


class View:
    """An open queue that is only looked at; nothing of it is written."""

    def __init__(self, file: Path, running: RunningTime) -> None:
        """Raises sqlite3.Error, OSError or ValueError where it cannot be read."""
        self._stack = contextlib.ExitStack()
        try:
            connection = self._connect(file)
            self._stack.callback(connection.close)
            self.database = Database(connection, file, running)
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._stack.close()

    def _connect(self, file: Path) -> sqlite3.Connection:
        wal = Path(f"{file}-wal")
        if wal.exists() and wal.stat().st_size:
            # A disk that cannot be written is opened with immutable=1, which passes over the
            # -wal; to be taken in, it must lie where it can be written.
            return database.connect(self._copied(file, wal))
        return sqlite3.connect(
            f"{file.absolute().as_uri()}?immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )

    def _copied(self, file: Path, wal: Path) -> Path:
        place = _MEMORY if _MEMORY.is_dir() else None
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(dir=place))
        shutil.copyfile(wal, Path(folder) / "queue.db-wal")
        return Path(shutil.copyfile(file, Path(folder) / "queue.db"))


def look(file: Path, running: RunningTime) -> View | None:
    """The rows of a queue file, where they can be read."""
    try:
        return View(file, running)
    except (sqlite3.Error, OSError, ValueError) as error:
        _log.debug("%s cannot even be read: %s", file, error)
        return None
