"""Notices that a stream shows nothing new although frames come: then it is to be opened anew.

Where the size of a stream's pictures changes, or their colour, OpenCV 4.11 converts them no more,
and says that all is well: it gives the picture before over and over, or writes a smaller one over
its upper left (opencv issues 27116, 29699). OpenCV 5 scales them to the size of the first. No
property of the stream tells of it, but lines that stay the same do: a sensor always has noise.
"""

import cv2
import numpy as np

from edgecam.arrays import Pixels

PATIENCE_NS = 5_000_000_000  # less than `trouble.after_s`: what opening it anew cures is no trouble
LONGEST_PATIENCE_NS = 600_000_000_000  # so long at most is a stream of no use that was still before
_FIRST_PART = 0.75  # of a frame's lines is where a smaller one may lie
_EVERY = 4  # lines, of those below, are compared


class Staleness:
    """Sees each frame of a stream."""

    def __init__(self) -> None:
        self._patience_ns = PATIENCE_NS
        self._lines: Pixels | None = None
        self._changed_ns = 0
        self._still_ns = 0  # when nothing had changed for a while, the last time

    def begin(self) -> None:
        """The stream was opened: time counts from its next frame. The patience stays as it is."""
        self._lines = None

    def look(self, pixels: Pixels, at_ns: int) -> bool:
        """Whether the stream should be opened anew, since frames have been alike for so long.

        Twice as long each time, up to ten minutes: an encoder that leaves out what hardly changes
        is not to be asked over and over. It is so again from the beginning once frames have changed
        for longer than that: then the stream is well.
        """
        lines = pixels[int(_FIRST_PART * len(pixels)) :: _EVERY]
        if self._lines is None or self._lines.shape != lines.shape:
            self._lines = lines.copy()
            self._changed_ns = self._still_ns = at_ns
        elif cv2.norm(lines, self._lines, cv2.NORM_INF) > 0:
            np.copyto(self._lines, lines)
            self._changed_ns = at_ns
            if at_ns - self._still_ns > self._patience_ns:
                self._patience_ns = PATIENCE_NS
        else:
            return self._is_too_old(at_ns)
        return False

    def _is_too_old(self, at_ns: int) -> bool:
        """Whether what is the same still has been so for longer than the patience."""
        age_ns = at_ns - self._changed_ns
        if age_ns >= PATIENCE_NS:
            self._still_ns = at_ns
        if age_ns < self._patience_ns:
            return False
        self._patience_ns = min(2 * self._patience_ns, LONGEST_PATIENCE_NS)
        self._changed_ns = at_ns
        return True
