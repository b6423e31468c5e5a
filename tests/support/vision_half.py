"""The vision half with the real model, a camera of the test's, and a publisher behind the wall."""

import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from edgecam import link, model
from edgecam.appliance.board import Board
from edgecam.appliance.schedule import Schedule
from edgecam.arrays import Pixels
from edgecam.config import DecisionOptions, ModelOptions
from edgecam.config.options import LiveOptions, Power, ScheduleOptions, TroubleOptions
from edgecam.errors import LinkError
from edgecam.link import Numbered, Tables
from edgecam.messages import CameraState, Sighting
from edgecam.model import Model
from edgecam.subjects import choose
from edgecam.vision.camera import Camera
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision
from edgecam.vision.governor import Governor
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.region import Region
from edgecam.vision.rules import Rules
from edgecam.vision.service import VisionService
from support.peer import Collector
from support.places import MODEL, RUNTIMES, SAMPLES

WHOLE = (0.0, 0.0, 1.0, 1.0)
COOL = Board(Path("/nowhere"))  # this machine may be hot, and a test must not be slower for that
NOT_LIVE = LiveOptions()
MAX_IDLE_S = 60.0  # longer than any test
ALWAYS = Schedule(ScheduleOptions())
ONLY_FROZEN = TroubleOptions(watch=["frozen"])  # tests show plain grey for want of anything better
AT_ONCE = DecisionOptions(appear=0.5, disappear=0.3, clear=0, votes=1, window=1, cooldown_s=0)


def load_model() -> Model:
    """The model that comes with edgecam."""
    return model.load(ModelOptions(file=str(MODEL)))


def load_classifier(found: Model) -> Classifier:
    """The model at work, on one core."""
    return Classifier(found, RUNTIMES[0], 1)


def photograph(name: str) -> Pixels:
    """One of the samples."""
    pixels = read_picture(SAMPLES / name)
    assert pixels is not None
    return pixels


def regions(
    found: Model,
    boxes: Sequence[Sequence[float]],
    *,
    gated: bool = False,
    options: DecisionOptions = AT_ONCE,
) -> list[Region]:
    """A region for each box, which by default decides at its first look."""
    rules = Rules.build(options, choose(options, found.labels))
    return [
        Region(
            f"region{index}",
            Preprocessor(found, "crop", ModelOptions().crop, box),
            MotionGate(MAX_IDLE_S, rules.window) if gated else None,
            Decision(rules, index),
        )
        for index, box in enumerate(boxes)
    ]


Start = Callable[..., "VisionHalf"]


class VisionHalf:
    """A service that is started, and what it has said."""

    def __init__(
        self,
        camera: Camera,
        *,
        found: Model,
        classifier: Classifier,
        boxes: Sequence[Sequence[float]] = (WHOLE,),
        governor: Governor | None = None,
        power: Power = "performance",
        schedule: Schedule = ALWAYS,
        stall_s: float = 30.0,
        health_interval_s: float = 0.05,
        live: LiveOptions = NOT_LIVE,
        gated: bool = False,
        decision: DecisionOptions = AT_ONCE,
        trouble: TroubleOptions = ONLY_FROZEN,
        started: bool = True,
    ) -> None:
        self._walls: list[socket.socket] = []
        ours, theirs = link.pair()
        self._walls.append(ours)
        self.publisher = Collector(theirs)
        names = [f"region{index}" for index in range(len(boxes))]
        self.tables = Tables.build(found, names, AT_ONCE)
        self.woken = threading.Event()
        self.service = VisionService(
            camera=camera,
            classifier=classifier,
            regions=regions(found, boxes, gated=gated, options=decision),
            tables=self.tables,
            connect=self._connect,
            governor=governor or Governor(COOL, None, stall_s),
            power=power,
            schedule=schedule,
            stall_s=stall_s,
            health_interval_s=health_interval_s,
            live=live,
            trouble=trouble,
        )
        if started:
            self.service.start(self.woken.set)

    @property
    def sightings(self) -> list[tuple[int, str, bool]]:
        """Region, label, and whether it appeared."""
        events = [numbered.event for numbered in self.publisher.events]
        return [
            (event.region, self.tables.labels[event.label], event.appeared)
            for event in events
            if isinstance(event, Sighting)
        ]

    @property
    def camera_troubles(self) -> list[int]:
        """What was said of the camera; 0: it works."""
        events = [numbered.event for numbered in self.publisher.events]
        return [event.trouble for event in events if isinstance(event, CameraState)]

    def failed(self) -> Exception | None:
        """What `check` raises."""
        try:
            self.service.check()
        except Exception as error:  # noqa: BLE001  whatever it is
            return error
        return None

    def wait_for_event(self, condition: Callable[[Numbered], object]) -> None:
        """Wait until the publisher has an event of which `condition` is true."""
        self.publisher.wait_for(lambda each: isinstance(each, Numbered) and condition(each))

    def end(self) -> bool:
        """Stop everything; what the service said to that."""
        stopped = self.service.stop()
        self.publisher.end()
        for wall in self._walls:
            wall.close()
        return stopped

    def _connect(self) -> socket.socket:
        if not self._walls:
            msg = "there is no other wall"
            raise LinkError(msg)
        return self._walls.pop()
