"""Parts of the appliance that a test breaks while they run; see rigged_edgecam.py."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.errors import CameraError
from edgecam.messages import Frame
from edgecam.publisher.broker.delivery import Delivery
from edgecam.publisher.wall.receiver import Receiver
from edgecam.vision import camera, capture
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier
from edgecam.worker import Worker
from support.places import SAMPLES

SHOWN_S = 0.6
LEAK_BYTES = 8 * 1024 * 1024
SPOILED: dict[str, Callable[[Any], Any]] = {
    "covered": lambda pixels: np.full_like(pixels, 90),
    "dark": lambda pixels: pixels // 64,
    "blurred": lambda pixels: cv2.blur(pixels, (25, 25)),
}


class Switches:
    """What each part is told to do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: dict[str, str] = {}
        self._leaked: list[Pixels] = []

    def says(self, part: str) -> str:
        try:
            self._said[part] = (self._folder / part).read_text(encoding="ascii")
        except OSError:
            pass  # nothing was said of it, or there are no descriptors left to look
        return self._said.get(part, "")

    def note(self, part: str) -> None:
        """Leave a trace of something that a part did."""
        with (self._folder / f"{part}.log").open("a", encoding="ascii") as log:
            log.write(f"{self.says(part)}\n")

    def note_first(self, says: str, taken_ns: int) -> None:
        """Leave a trace of the first frame that the camera took under each order."""
        with (self._folder / "shown.log").open("a", encoding="ascii") as log:
            log.write(f"{says} {taken_ns}\n")

    def obey(self, part: str) -> None:
        """Hang, or take ever more memory, for as long as that is wanted."""
        while self.says(part) == "hang":
            time.sleep(0.05)
        if self.says(part) == "leak":
            self._leaked.append(np.ones(LEAK_BYTES, np.uint8))


class RiggedCamera:
    """A live camera of 20 frames a second that shows two photographs in turn, with some noise.

    `still` shows the first one alone, `moved` the other.
    """

    live = True
    coded = False
    unreadable = 0

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._pictures = [read_picture(SAMPLES / name) for name in ("panda.jpg", "castle.jpg")]
        self._noise = 0
        self._same: Pixels | None = None
        self._shows = ""

    def open(self) -> None:
        self._switches.note("camera")
        says = self._switches.says("camera")
        if says in ("missing", "busy"):
            msg = f"the camera is {says}"
            raise CameraError(msg, reason=says)

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(0.05)
        self._switches.obey("camera")
        says = self._switches.says("camera")
        if says == "nothing":
            time.sleep(timeout_s)
            return None
        if says != "same" or self._same is None:
            self._same = self._picture()
        frame = Frame(self._same, time.monotonic_ns())
        if says != self._shows:
            self._shows = says
            self._switches.note_first(says, frame.taken_ns)
        return frame

    def rest(self) -> None:
        self._switches.obey("rest")

    def wake(self) -> None:
        self.open()

    def close(self) -> None:
        self._switches.obey("close")

    def _picture(self) -> Pixels:
        says = self._switches.says("camera")
        turn = 0 if says == "still" else 1 if says == "moved" else int(time.monotonic() / SHOWN_S)
        pixels = self._pictures[turn % len(self._pictures)]
        assert pixels is not None
        self._noise += 1
        pixels = SPOILED[says](pixels) if says in SPOILED else pixels.copy()
        pixels[0, 0] = self._noise % 256
        return pixels


def rig(switches: Switches) -> None:
    """Put the switches in."""
    if switches.says("camera"):
        camera.build = lambda *_: RiggedCamera(switches)
    Classifier.look = obeying("model", Classifier.look, switches)  # type: ignore[method-assign]
    Receiver.step = obeying("receiver", Receiver.step, switches)  # type: ignore[method-assign]
    Delivery.step = obeying("delivery", Delivery.step, switches)  # type: ignore[method-assign]
    socket.getaddrinfo = obeying("resolver", socket.getaddrinfo, switches)
    capture.FIRST_RETRY_S, capture.LONGEST_RETRY_S = 0.2, 0.4
    capture.HANG_MARGIN_S = 2.0
    if switches.says("limit_s"):
        Worker.limit_s = float(switches.says("limit_s"))


def obeying(part: str, method: Callable[..., Any], switches: Switches) -> Callable[..., Any]:
    """A method that does first what its switch says."""

    def obedient(*given: Any, **named: Any) -> Any:
        switches.obey(part)
        return method(*given, **named)

    return obedient
