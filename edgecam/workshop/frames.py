"""Frames that lie in memory, and a classifier that counts: for what measures the vision half."""

import time
from collections.abc import Sequence
from threading import Event
from typing import Any

from edgecam.arrays import Pixels, Scores
from edgecam.messages import Frame
from edgecam.vision.camera.pace import Pace
from edgecam.vision.classifier import Classifier


class FramesInMemory:
    """A camera that always has the next frame, or at its pace: each picture `hold` times, for ever.

    None comes while `on` is cleared.
    """

    def __init__(
        self,
        pictures: Sequence[Pixels],
        *,
        hold: int = 1,
        live: bool = False,
        coded: bool = False,
        pace: Pace | None = None,
    ) -> None:
        """`pace`: when they come; a governor may limit it. None: always ready.

        `coded`: they are to be taken for those of a compressed stream, which may repeat one.
        """
        self.live = live
        self.coded = coded
        self.unreadable = 0
        self.on = Event()
        self.on.set()
        self.taken = 0
        """How many frames were taken."""
        self.pictures = pictures
        """`(height, width, 3)` uint8 RGB, which are handed out, not copied; others may be set from
        another thread."""
        self._hold = hold
        self._pace = pace or Pace(None)

    def open(self) -> None:
        """Nothing has to be opened."""

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame, where it is due; None while none comes."""
        if not self.on.wait(timeout_s) or not self._pace.wait(timeout_s):
            return None
        pictures = self.pictures
        pixels = pictures[self.taken // self._hold % len(pictures)]
        self.taken += 1
        return Frame(pixels, time.monotonic_ns())

    def rest(self) -> None:
        """Nothing goes on by itself."""

    def wake(self) -> None:
        """Nothing has stopped."""

    def close(self) -> None:
        """Nothing is held open."""


class Witness(Classifier):
    """A classifier that counts its looks, and, where it is asked to, notes what it saw."""

    last: tuple[int, float] = (0, 0.0)
    """How many looks are done, and `time.perf_counter` after the last: one value, so that another
    thread reads both of the same look."""
    noted: list[int] | None = None
    """The label that scored best at each look; None: not noted."""

    def look(self, *given: Any) -> Scores:  # noqa: ANN401  whatever it takes
        """As without a witness."""
        result = super().look(*given)
        if self.noted is not None:
            self.noted.append(int(result.argmax()))
        self.last = (self.last[0] + 1, time.perf_counter())
        return result
