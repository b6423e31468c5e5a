"""Frozen: a live camera that shows the very same picture over and over.

What that means differs by what delivers the frames.

A sensor always has noise, so two of its frames are never alike. Where they are for `trouble.after_s`,
the driver, or what is behind it, gives the last picture again and again (`Sameness`).

A stream went through a video codec, which leaves out what has hardly changed: frames that are alike
are its purpose, and a still scene without noise, or one whose noise the codec takes away, may stay the
same by design for hours. But a codec begins a new group of pictures every few seconds (menus of
cameras end at some 1000 frames), and what a sensor sees is then another picture, all over the frame.
If the sensor has stopped the codec goes on, and its groups repeat: pictures change, and return. So
a stream is frozen where it showed pictures that were new everywhere at least once a minute, for ten
minutes on end, and then none for two (`Repetition`). One that never did so is never called frozen.

Some rows of each frame are compared, by digests; nothing is copied.
"""

import zlib
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels
from edgecam.vision.trouble.hold import Reading

RENEWED_S = 60.0  # a stream of a sensor shows a picture that is new everywhere at least as often
LEARN_S = 600.0  # for so long, before that is known of it
OVERDUE_S = 120.0  # then it is frozen
_ROWS = 16
_ROWS_OF_STREAM, _PARTS = 8, 4  # a part of a row is compared by itself
_EVERYWHERE = 0.75  # of the parts: less may be something large that moves
_REMEMBERED = 1024  # pictures: two minutes of 8 a second, each of them another


class Standstill(Protocol):
    """Sees each frame, in order; for one thread."""

    def look(self, pixels: Pixels, at_ns: int) -> Reading | None:
        """Whether `(height, width, 3)` pixels, taken at a monotonic time, look frozen.

        None: it was not looked at.
        """


class Sameness:
    """For a sensor's frames: remembers the digest of the last that it looked at.

    It need not look at each: what stands still is the same at any two moments.
    """

    def __init__(self, every_ns: int) -> None:
        self._every_ns = every_ns
        self._looked_ns: int | None = None
        self._digest: int | None = None

    def look(self, pixels: Pixels, at_ns: int) -> Reading | None:
        """Whether the pixels are those of the last look; the value is 0."""
        if self._looked_ns is not None and at_ns - self._looked_ns < self._every_ns:
            return None
        self._looked_ns = at_ns
        before, self._digest = self._digest, _digest(pixels)
        return _reading(alike=self._digest == before and not _is_flat(pixels))


class Repetition:
    """For a stream's frames: remembers digests of the pictures that were new everywhere."""

    def __init__(self) -> None:
        # Room for all from the start, so that no frame makes more: the oldest is written over.
        self._before, self._parts = np.zeros((2, _ROWS_OF_STREAM * _PARTS), np.uint32)
        self._pictures = np.zeros(_REMEMBERED, np.int64)
        self._alike = np.zeros(_REMEMBERED, np.bool_)
        self._remembered = 0
        self._renewing_since_ns = 0
        self._renewed_ns: int | None = None

    def look(self, pixels: Pixels, at_ns: int) -> Reading:
        """Whether nothing new has come for too long; the value is 0."""
        if self._is_new(pixels):
            if self._renewed_ns is None or at_ns - self._renewed_ns > RENEWED_S * 1e9:
                self._renewing_since_ns = at_ns
            self._renewed_ns = at_ns
        if self._renewed_ns is None:
            return _reading(alike=False)
        known = self._renewed_ns - self._renewing_since_ns >= LEARN_S * 1e9
        age_ns = at_ns - self._renewed_ns
        if known and age_ns > OVERDUE_S * 1e9 and not _is_flat(pixels):
            return Reading(0.0, bad=True, good=False, lasted_ns=age_ns)
        return _reading(alike=False)

    def _is_new(self, pixels: Pixels) -> bool:
        """Whether a picture differs everywhere from the one before, and was not there lately."""
        self._before, self._parts = self._parts, self._before
        _write_digests(pixels, self._parts)
        changed = np.count_nonzero(self._before != self._parts)
        if changed < _EVERYWHERE * len(self._parts):
            return False
        picture = hash(self._parts.tobytes())
        known = min(self._remembered, _REMEMBERED)
        if np.equal(self._pictures[:known], picture, out=self._alike[:known]).any():
            return False
        self._pictures[self._remembered % _REMEMBERED] = picture
        self._remembered += 1
        return True


def _reading(*, alike: bool) -> Reading:
    return Reading(0.0, bad=alike, good=not alike)


def _digest(pixels: Pixels) -> int:
    """The CRC-32 of rows that are spread evenly over `(height, width, 3)` pixels."""
    height, digest = len(pixels), 0
    for row in range(0, height, max(1, height // _ROWS)):
        # Lines are contiguous, if not the frame: only then is there nothing to copy.
        digest = zlib.crc32(np.ascontiguousarray(pixels[row]).data, digest)
    return digest


def _write_digests(pixels: Pixels, into: NDArray[np.uint32]) -> None:
    """The CRC-32 of each part of such rows, from left to right."""
    height, width = pixels.shape[:2]
    for row in range(_ROWS_OF_STREAM):
        line = np.ascontiguousarray(pixels[row * height // _ROWS_OF_STREAM]).data
        for part in range(_PARTS):
            here = line[part * width // _PARTS : (part + 1) * width // _PARTS]
            into[row * _PARTS + part] = zlib.crc32(here)


def _is_flat(pixels: Pixels) -> bool:
    """Whether those rows are of one value each: too dark or too bright for any noise."""
    rows = pixels[:: max(1, len(pixels) // _ROWS)]
    for row in rows:
        # Not NumPy's minimum, which takes 7 KiB for a line of 1920 pixels.
        least, most, _, _ = cv2.minMaxLoc(np.ascontiguousarray(row).reshape(1, -1))
        if least != most:
            return False
    return True
