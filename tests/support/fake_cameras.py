"""Cameras that do what real ones seldom do, and then on purpose. All satisfy `Camera`."""

import threading
import time
import weakref
from collections.abc import Sequence

import numpy as np

from edgecam.arrays import Pixels
from edgecam.errors import CameraError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames, StaleFrames
from edgecam.vision.camera.pace import Pace


class ScriptedCamera:
    """Shows the pictures it was given, once; waits for its reader as a file does."""

    def __init__(self, pictures: Sequence[Pixels], *, live: bool = False) -> None:
        self.live = live
        self.coded = False
        self.unreadable = 0
        self.closed = self.rests = self.wakes = 0
        self.captures = 0
        self._pictures = list(pictures)

    def open(self) -> None:
        pass

    def capture(self, timeout_s: float) -> Frame | None:
        del timeout_s
        if self.captures == len(self._pictures):
            raise EndOfFrames
        self.captures += 1
        return Frame(self._pictures[self.captures - 1], time.monotonic_ns())

    def rest(self) -> None:
        self.rests += 1

    def wake(self) -> None:
        self.wakes += 1

    def close(self) -> None:
        self.closed += 1


class StallingCamera(ScriptedCamera):
    """After its pictures nothing comes any more, and no error either."""

    def capture(self, timeout_s: float) -> Frame | None:
        try:
            return super().capture(timeout_s)
        except EndOfFrames:
            time.sleep(min(timeout_s, 0.02))
            return None


class BrokenCamera(ScriptedCamera):
    """Cannot be opened."""

    def __init__(self, failure: Exception) -> None:
        super().__init__([], live=True)
        self._failure = failure

    def open(self) -> None:
        raise self._failure


class HangingCamera(StallingCamera):
    """Its `close()` does not return until `unstuck` is set."""

    def __init__(self, pictures: Sequence[Pixels], *, live: bool = True) -> None:
        super().__init__(pictures, live=live)
        self.unstuck = threading.Event()

    def close(self) -> None:
        super().close()
        self.unstuck.wait()


class SilentCamera(ScriptedCamera):
    """Its `capture()` does not return until `unstuck` is set."""

    def __init__(self) -> None:
        super().__init__([], live=True)
        self.unstuck = threading.Event()

    def capture(self, timeout_s: float) -> Frame | None:
        del timeout_s
        self.unstuck.wait()
        return None


class FreezingCamera(ScriptedCamera):
    """A live camera that gives the very same frame over and over, until it `freezes` no more."""

    def __init__(self, shown: Pixels, *, freezes: bool = True) -> None:
        super().__init__([], live=True)
        self.shown = shown
        self.freezes = freezes

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(min(timeout_s, 0.02))
        self.captures += 1
        pixels = self.shown
        if not self.freezes:
            pixels = pixels.copy()
            pixels[0, 0] = self.captures % 256
        return Frame(pixels, time.monotonic_ns())


class LateCamera(ScriptedCamera):
    """A live camera that is there only after so many tries to open it, each of which failed so."""

    def __init__(self, failures: Sequence[str]) -> None:
        super().__init__([], live=True)
        self.opened_s: list[float] = []
        self._failures = list(failures)

    def open(self) -> None:
        self.opened_s.append(time.monotonic())
        if self._failures:
            reason = self._failures.pop(0)
            msg = f"the camera is {reason}"
            raise CameraError(msg, reason=reason)

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(min(timeout_s, 0.005))
        return Frame(np.zeros((4, 4, 3), np.uint8), time.monotonic_ns())


class StaleCamera(LateCamera):
    """After a frame it wants to be opened anew, and refuses that so many times."""

    def __init__(self, failures: Sequence[str]) -> None:
        super().__init__([])
        self._refusals = list(failures)

    def capture(self, timeout_s: float) -> Frame | None:
        self.captures += 1
        if self.captures == 2:
            self._failures = self._refusals
            raise StaleFrames
        return super().capture(timeout_s)


class FastCamera(ScriptedCamera):
    """A live camera, 200 frames a second, which knows how many of its frames are still held."""

    def __init__(self, fps: float = 200.0, pace: Pace | None = None) -> None:
        """`pace`: frames that are not due are passed over."""
        super().__init__([], live=True)
        self.most_held = 0
        self._pace = pace or Pace(None)
        self._period_s = 1 / fps
        self._held: list[weakref.ref[Pixels]] = []

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(min(timeout_s, self._period_s))
        self.captures += 1
        if not self._pace.due():
            return None
        pixels = np.full((240, 320, 3), self.captures % 256, np.uint8)
        self._held = [reference for reference in self._held if reference() is not None]
        self._held.append(weakref.ref(pixels))
        self.most_held = max(self.most_held, len(self._held))
        return Frame(pixels, time.monotonic_ns())
