"""The publisher's end of the wall: checks every record, commits events, and only then says so.

The vision half is treated as hostile: what is not of the schema, names what does not exist or
comes out of turn is refused and counted, and never reaches a payload.
"""

import logging
import select
import socket
import time
from collections.abc import Callable

from edgecam.errors import LinkError
from edgecam.link import (
    MAX_RECORD_BYTES,
    PROTOCOL,
    Committed,
    FromPublisher,
    Hello,
    Numbered,
    Refused,
    Tables,
    Welcome,
    decode_from_vision,
    encode,
)
from edgecam.messages import CameraState, Event, RegionState, Sighting, VisionHealth
from edgecam.publisher import payloads
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import StoredEvent
from edgecam.worker import Worker

RECORDS_PER_S = 20.0  # from the vision half, on the average: a busy scene makes a few
RECORDS_AT_ONCE = 200
MAX_BATCH = 64  # records taken in before the events among them are committed together
_SLICE_S = 0.5
_CAMERA = "camera"  # the fact that remembers what the camera's last state was

_log = logging.getLogger(__name__)


class Rate:
    """A token bucket: `per_s` on the average, `at_once` after a rest."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._tokens = float(at_once)
        self._counted_s = time.monotonic()

    def take(self, most: int) -> int:
        """How many may pass now, at most `most`; they count as passed."""
        self._count()
        taken = min(most, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, count: int) -> None:
        """Some of what was taken did not pass."""
        self._tokens = min(self._tokens + count, self._at_once)

    def wait_s(self) -> float:
        """How long until the next may pass, at most half a second."""
        self._count()
        return max(0.0, min((1.0 - self._tokens) / self._per_s, _SLICE_S))

    def _count(self) -> None:
        now_s = time.monotonic()
        self._tokens = min(self._tokens + (now_s - self._counted_s) * self._per_s, self._at_once)
        self._counted_s = now_s


class Receiver(Worker):
    """Serves one vision half at a time, over a listening socket or one that is connected."""

    def __init__(
        self,
        *,
        listener: socket.socket | None,
        wall: socket.socket | None,
        outbox: Outbox,
        monitor: VisionMonitor,
        tables: Tables,
        model_name: str,
        on_news: Callable[[], None],
    ) -> None:
        """`on_news` is called after a commit or a change, from this worker's thread."""
        super().__init__("receiver")
        self._listener = listener
        self._wall = wall
        self._vision_run: int | None = None
        self._outbox = outbox
        self._monitor = monitor
        self._tables = tables
        self._model_name = model_name
        self._on_news = on_news
        self._rate = Rate(RECORDS_PER_S, RECORDS_AT_ONCE)

    def step(self) -> None:
        """Take in what has come, commit the events among it, answer."""
        sockets = [end for end in (self._wall, self._listener) if end is not None]
        # What comes faster than it may is left on the wall, where it holds up its sender: slower,
        # and nothing of an honest vision half is lost.
        time.sleep(self._rate.wait_s())
        ready, _, _ = select.select(sockets, [], [], _SLICE_S)
        # The wall comes first: where a vision half was restarted, its old end must be gone
        # before its new one is let in.
        if self._wall is not None and self._wall in ready:
            self._serve(self._wall)
        if self._listener in ready:
            self._accept()
        self._outbox.tidy()

    def close(self) -> None:
        """Close both sockets."""
        for end in (self._wall, self._listener):
            if end is not None:
                end.close()

    def _accept(self) -> None:
        if self._listener is None:
            return
        wall, _ = self._listener.accept()
        wall.settimeout(0)
        if self._wall is None:
            self._wall = wall
            return
        try:
            wall.send(encode(Refused("another vision half is connected to this publisher")))
            _log.warning("a second vision half was turned away")
        except OSError:
            pass  # gone already: a publisher that looked whether we are there
        finally:
            wall.close()

    def _serve(self, wall: socket.socket) -> None:
        batch: list[Numbered] = []
        left = self._rate.take(MAX_BATCH)
        try:
            while left > 0 and self._wall is wall:
                packet = wall.recv(MAX_RECORD_BYTES + 1)
                if not packet:
                    raise ConnectionResetError
                left -= 1
                self._take(packet, batch)
        except BlockingIOError:
            self._rate.give_back(left)  # everything that had come is taken in
        except OSError:
            self._commit(batch)
            _log.info("the vision half went away")
            self._hang_up()
            return
        self._commit(batch)

    def _take(self, packet: bytes, batch: list[Numbered]) -> None:
        try:
            record = decode_from_vision(packet)
        except LinkError as error:
            self._refuse(str(error))
            return
        if isinstance(record, Hello) and self._vision_run is None:
            self._greet(record)
        elif isinstance(record, Hello):
            self._refuse("a second hello")
        elif self._vision_run is None:
            self._refuse("a record before hello")
        elif isinstance(record, VisionHealth):
            self._monitor.report(record)
            self._on_news()
        elif not self._tables.hold(record.event if isinstance(record, Numbered) else record):
            self._refuse("an index that stands for nothing")
        elif not _sane(record.event if isinstance(record, Numbered) else record):
            self._refuse("a time that cannot be")
        elif isinstance(record, RegionState):
            self._monitor.show(record)
            self._on_news()
        else:
            batch.append(record)

    def _greet(self, hello: Hello) -> None:
        if hello.protocol != PROTOCOL or hello.tables != self._tables.fingerprint:
            self._answer(
                Refused(
                    "the publisher runs with another version, model or configuration; "
                    "restart both halves"
                )
            )
            _log.warning("a vision half with other tables was turned away; restart both halves")
            self._hang_up()
            return
        self._vision_run = hello.run
        self._monitor.connected(hello.run)
        self._answer(Welcome(self._outbox.committed(hello.run)))
        _log.info("the vision half is there")

    def _commit(self, batch: list[Numbered]) -> None:
        if not batch or self._vision_run is None:
            return
        camera = before = self._outbox.fact(_CAMERA)
        rows: list[tuple[int, StoredEvent | None]] = []
        for record in batch:
            event = payloads.stored(
                record.event,
                self._vision_run,
                regions=self._tables.regions,
                labels=self._tables.labels,
                model=self._model_name,
            )
            if isinstance(record.event, CameraState):
                # Each run says how its camera is; only a change is an event.
                news = event.reason or ""
                rows.append((record.counter, event if news != camera else None))
                camera = news
            else:
                rows.append((record.counter, event))
        facts = {_CAMERA: camera} if camera != before else {}
        counter = self._outbox.commit(self._vision_run, rows, facts)
        if counter:  # 0: nothing is safe yet, and the next commit will say more
            self._answer(Committed(counter))
        self._on_news()

    def _answer(self, record: FromPublisher) -> None:
        if self._wall is None:
            return
        try:
            self._wall.send(encode(record))
        except OSError:
            # Gone, or not reading: it will ask again after a reconnect, so nothing is lost.
            _log.warning("the vision half does not take answers")
            self._hang_up()

    def _refuse(self, why: str) -> None:
        self._monitor.refused += 1
        if self._monitor.refused & (self._monitor.refused - 1) == 0:  # 1st, 2nd, 4th, 8th, …
            _log.warning("record refused: %s (%d so far)", why, self._monitor.refused)

    def _hang_up(self) -> None:
        if self._wall is not None:
            self._wall.close()
        self._wall = None
        self._vision_run = None
        self._monitor.disconnected()
        self._on_news()


def _sane(value: Event | RegionState) -> bool:
    """Whether the times in a value are of the past, and in order."""
    now_ns = time.monotonic_ns()
    if isinstance(value, RegionState):
        return value.since_ns <= now_ns
    began_ns = value.start_ns if isinstance(value, Sighting) else 0
    return began_ns <= value.at_ns <= now_ns
