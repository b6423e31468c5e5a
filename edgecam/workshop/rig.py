"""The vision half in this process, on frames that lie in memory: for what measures it.

Its publisher is as real as elsewhere: `edgecam.workshop.halves` starts one as a process of its own,
behind a wall in the file system.
"""

import socket
import time
from collections.abc import Callable, Sequence

from edgecam import runtimes
from edgecam.appliance.board import Board
from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.link import Tables
from edgecam.messages import Frame
from edgecam.model import Model
from edgecam.subjects import choose
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.governor import Governor
from edgecam.vision.inference import Region
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.service import VisionService


class FramesInMemory:
    """A camera that always has the next frame: each picture `hold` times, for ever."""

    live = False

    def __init__(self, pictures: Sequence[Pixels], hold: int) -> None:
        """`pictures` are `(height, width, 3)` uint8 RGB."""
        self.unreadable = 0
        self._pictures = pictures
        self._hold = hold
        self._taken = 0

    def open(self) -> None:
        """Nothing has to be opened."""

    def capture(self, timeout_s: float) -> Frame:  # noqa: ARG002  nothing is waited for
        """The next frame, at once."""
        pixels = self._pictures[self._taken // self._hold % len(self._pictures)]
        self._taken += 1
        return Frame(pixels, time.monotonic_ns())

    def close(self) -> None:
        """Nothing is held open."""


def vision(
    config: Config,
    found: Model,
    camera: Camera,
    connect: Callable[[], socket.socket],
    decision: Callable[[Rules, int], Decision] = Decision,
) -> VisionService:
    """The vision half that a configuration asks for, at the full rate of another camera.

    `connect` gives a wall to a publisher of the same configuration (`link.connect`); `decision` is
    for one that tells what it was given.
    """
    how, names = config.model, tuple(region.name for region in config.regions)
    rules = Rules.build(config.decision, choose(config.decision, found.labels))
    return VisionService(
        camera=camera,
        classifier=Classifier(found, runtimes.chosen(how.runtime), how.threads),
        regions=[
            Region(
                region.name,
                Preprocessor(found, how.fit, how.crop, region.box),
                decision(rules, index),
            )
            for index, region in enumerate(config.regions)
        ],
        tables=Tables.build(found, names, config.decision),
        connect=connect,
        governor=Governor(Board(), None),
        stall_s=config.camera.stall_s,
        health_interval_s=config.health.interval_s,
        live=config.live,
    )
