"""The publisher's end of the wall at work, and a vision half that does as it likes."""

import contextlib
import time
from pathlib import Path
from typing import Any

from edgecam import link
from edgecam.config import DecisionOptions
from edgecam.config.options import ScheduleOptions
from edgecam.link import PROTOCOL, FromPublisher, FromVision, Hello, Tables
from edgecam.messages import Sighting
from edgecam.model import Model, Tensor
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import StoredEvent
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.publisher.wall.limits import Limits
from edgecam.publisher.wall.receiver import Receiver

RUN = 42
LABELS = ("cat", "dog", "elk", "secret")
CAT, DOG, SECRET, ANIMALS = 0, 1, 3, 4
_TENSOR = Tensor((1, 32, 32, 3), "uint8", 0.0, 0)
MODEL = Model(Path("m"), "model", "f" * 64, LABELS, _TENSOR, _TENSOR, True, None, None)  # noqa: FBT003


def vocabulary(**options: Any) -> Vocabulary:
    """Two regions, four labels of which one may not be reported, and a group."""
    decision = DecisionOptions(**{"ignore": ["secret"], "groups": {"animals": ["elk"]}, **options})
    return Vocabulary.build(
        decision,
        MODEL,
        regions=("door", "yard"),
        fps=None,
        power="eco",
        schedule=ScheduleOptions(),
        runtime="r",
        os_name="o",
    )


class Receiving:
    """A receiver on a socket in a folder, with its outbox and monitor."""

    def __init__(
        self,
        folder: Path,
        *,
        events_per_hour: float = 36_000,
        looks_per_s: float = 0.0,
        top_k: int = 3,
    ) -> None:
        self.path = str(folder / "wall")
        self.outbox = Outbox(folder / "q.db", max_events=10_000, max_mb=16, max_age_days=30)
        self.monitor = VisionMonitor(2, 30.0)
        self.control = Control(paused=False)
        self.words = vocabulary()
        self.receiver = Receiver(
            listener=link.listen(self.path),
            wall=None,
            outbox=self.outbox,
            monitor=self.monitor,
            control=self.control,
            limits=Limits(events_per_hour, 30.0, looks_per_s, top_k=top_k),
            vocabulary=self.words,
            on_news=lambda: None,
        )
        self.receiver.start(lambda: None)

    def close(self) -> None:
        self.receiver.stop()
        assert self.receiver.join(5.0)
        assert self.receiver.failure is None
        self.outbox.close()

    @property
    def tables(self) -> Tables:
        return self.words.tables

    @property
    def refused(self) -> int:
        return self.monitor.refused

    @property
    def events(self) -> list[StoredEvent]:
        return [row.event for row in self.outbox.after(0, 10_000)]

    @property
    def stored(self) -> list[tuple[str, str | None]]:
        return [(event.event_type, event.label) for event in self.events]

    @property
    def shows(self) -> list[str | None]:
        """What each region shows; None is nothing."""
        return [shown.label if shown else None for shown in self.monitor.shown]


class VisionEnd:
    """A vision half's end of the wall, blocking, with a deadline."""

    def __init__(self, receiving: Receiving) -> None:
        self._tables = receiving.tables.fingerprint
        self.socket = link.connect(receiving.path)
        self.socket.settimeout(5.0)

    def send(self, *records: FromVision) -> None:
        for record in records:
            self.socket.send(link.encode(record))

    def answer(self) -> FromPublisher:
        return link.decode_from_publisher(self.socket.recv(512))

    def hello(self, run: int = RUN, committed: int = 0, tables: str = "") -> FromPublisher:
        self.send(Hello(PROTOCOL, run, tables or self._tables, committed))
        return self.answer()

    @property
    def cut_off(self) -> bool:
        """Whether the publisher has hung up; waits for that."""
        with contextlib.suppress(ConnectionError):
            return self.socket.recv(512) == b""
        return True

    def close(self) -> None:
        self.socket.close()


def sighting(
    label: int = CAT, region: int = 0, *, appeared: bool = True, at_ns: int | None = None
) -> Sighting:
    """Something that happened now."""
    at_ns = time.monotonic_ns() if at_ns is None else at_ns
    return Sighting(appeared=appeared, region=region, label=label, confidence=900, at_ns=at_ns)
