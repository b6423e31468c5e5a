"""Frames that lie in memory: for what measures the vision half."""

import time
from collections.abc import Sequence

from edgecam.arrays import Pixels
from edgecam.messages import Frame


class FramesInMemory:
    """A camera that always has the next frame: each picture `hold` times, for ever."""

    live = False
    coded = False

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

    def rest(self) -> None:
        """Nothing goes on by itself."""

    def wake(self) -> None:
        """Nothing has stopped."""

    def close(self) -> None:
        """Nothing is held open."""
