"""What waits in a station's queue while its broker is away, none of which may be lost."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.waiting import wait_until

from ladder.station import PUBLISHER, START_S, Name, Station

_STATE = "/var/lib/edgecam"
_QUEUE = "outbox.db"


class Backlog:
    """The events that are known to be committed."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.names: set[Name] = set()

    def grow(self, more: int = 2, timeout_s: float = START_S) -> None:
        """Wait until so many more events are committed. Raises AssertionError where any is gone."""
        wanted = len(self.names) + more
        wait_until(lambda: len(self.look()) >= wanted, timeout_s, poll_s=0.5)

    def look(self) -> set[Name]:
        """All that was ever committed; what is gone unheard raises AssertionError."""
        present = _waiting(self._station)
        # What the broker had just before it went is deleted a little later.
        gone = self.names - present - self._station.heard()
        assert not gone, f"the queue has lost {len(gone)} events: {sorted(gone)[:3]}"
        self.names |= present
        return self.names


@contextlib.contextmanager
def backlog(station: Station) -> Iterator[Backlog]:
    """Within, there is no broker; then there is, and all that was committed must come to it."""
    kept = Backlog(station)
    station.far.broker.stop()
    try:
        yield kept
    finally:
        station.far.start()
    station.wait_heard(kept.names)
    gaps = station.gaps()
    assert not gaps, gaps


def _waiting(station: Station) -> set[Name]:
    """What the queue's file holds.

    The publisher holds a lock on it, so it is copied, as a power cut at this moment would leave it:
    the publisher stands still meanwhile.
    """
    pid = station.pid(PUBLISHER)
    status = station.machine.path(f"/proc/{pid}/status")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "state")
        station.machine.run(["kill", "-STOP", str(pid)])
        try:
            wait_until(lambda: "State:\tT" in status.read_text(encoding="utf-8"))
            shutil.copytree(station.machine.path(_STATE), copy)
        finally:
            station.machine.run(["kill", "-CONT", str(pid)])
        with contextlib.closing(sqlite3.connect(copy / _QUEUE)) as queue:
            (own,) = queue.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
            return set(queue.execute("SELECT coalesce(epoch, ?), seq FROM events", (own,)))
