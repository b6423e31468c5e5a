"""A live camera without one: exposures at a steady rate, of a scene that stands still or moves."""

import time

import numpy as np

from edgecam.arrays import Pixels
from edgecam.messages import Frame
from edgecam.vision.camera.pace import Pace

_FRAMES = 16  # that are made before, so that making them costs nothing
_NOISE = 2.0  # grey levels: what a sensor has at little gain
_STEP = 40  # pixels by which what moves has moved from frame to frame


class LiveScene:
    """Frames of `(height, width, 3)` uint8 RGB, which lie in memory; none is decoded or copied."""

    live = True
    coded = False

    def __init__(self, pixels: Pixels, fps: float, pace: Pace) -> None:
        self.unreadable = 0
        self.moving = True
        """Whether what is shown moves; may be set from another thread."""
        random = np.random.default_rng(1)
        self._still = [_grainy(pixels, random) for _ in range(_FRAMES)]
        self._moved = [np.roll(frame, _STEP * n, 1) for n, frame in enumerate(self._still)]
        self._period_s = 1 / fps
        self._pace = pace
        self._exposures = 0
        self._next_s = 0.0

    def open(self) -> None:
        """The first exposure begins now."""
        self._next_s = time.monotonic() + self._period_s

    def capture(self, timeout_s: float) -> Frame | None:
        """The next exposure that is due; those that are not are passed over."""
        deadline_s = time.monotonic() + timeout_s
        while self._next_s <= deadline_s:
            time.sleep(max(0.0, self._next_s - time.monotonic()))
            self._next_s += self._period_s
            self._exposures += 1
            if self._pace.due():
                frames = self._moved if self.moving else self._still
                return Frame(frames[self._exposures % _FRAMES], time.monotonic_ns())
        time.sleep(max(0.0, deadline_s - time.monotonic()))
        return None

    def rest(self) -> None:
        """Nothing goes on by itself."""

    def wake(self) -> None:
        """As if it were opened."""
        self.open()

    def close(self) -> None:
        """Nothing is held open."""


def _grainy(pixels: Pixels, random: np.random.Generator) -> Pixels:
    noisy = pixels + random.normal(0, _NOISE, pixels.shape)
    return np.clip(noisy.round(), 0, 255).astype(np.uint8)
