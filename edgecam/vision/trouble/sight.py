"""A frame reduced to what the kinds of trouble measure, once for all of them.

The frame becomes grey, its shorter side about 240 pixels: that is what a classifier of 224 pixels
gets to see of it, so what is lost on the way is no trouble. Every buffer is reused.
"""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels

SHORT_SIDE = 240
SMALLEST = 64  # pixels of the shorter side of a frame in which anything can be measured
BLOCK = 8
_REACH = 17  # pixels of the square around a block over which its contrast is taken
_QUIET = 0.05  # the part of the blocks that is quietest shows what noise alone does,
_NOISE_FACTOR = 1.2  # and elsewhere noise does a little more than in the quietest

Floats = NDArray[np.float32]


class Sight:
    """The reductions of the last frame that it was shown; for frames of one shape, one thread."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """`shape` is `(height, width, 3)`, both at least `SMALLEST`."""
        height, width = shape[:2]
        scale = min(1.0, SHORT_SIDE / min(height, width))
        height, width = round(height * scale), round(width * scale)
        rows, columns = height // BLOCK, width // BLOCK
        self.shape = shape
        self.grey: Pixels = np.empty((height, width), np.uint8)
        """`(height, width)`: the frame in grey."""
        self.cells: Floats = np.empty((rows, columns), np.float32)
        """`(rows, columns)`: the mean brightness of each block, 0 to 255."""
        self.brightest = 0.0
        """The brightness, 0 to 1, that 2 % of the blocks exceed: their noise is averaged out."""
        self.contrast: Floats = np.empty((rows, columns), np.float32)
        """`(rows, columns)`: darkest to brightest around each block, beyond what noise does."""
        self._colour = np.empty((height, width, 3), np.uint8) if scale < 1 else None
        self._light: Floats = np.empty((height, width), np.float32)
        self._one, self._other, self._steps = (np.zeros((height, width), np.uint8) for _ in "123")
        self._scratch, self._slopes = (np.empty((rows, columns), np.float32) for _ in "12")
        self._square = np.ones((_REACH, _REACH), np.uint8)
        self._near = np.ones((BLOCK, BLOCK), np.uint8)

    def see(self, pixels: Pixels) -> None:
        """Reduce `(height, width, 3)` RGB pixels."""
        height, width = self.grey.shape
        source: Any = pixels
        if self._colour is not None:
            size = (width, height)
            source = cv2.resize(pixels, size, dst=self._colour, interpolation=cv2.INTER_AREA)
        cv2.cvtColor(source, cv2.COLOR_RGB2GRAY, dst=self.grey)
        np.copyto(self._light, self.grey)
        rows, columns = self.cells.shape
        cv2.resize(self._light, (columns, rows), dst=self.cells, interpolation=cv2.INTER_AREA)
        np.copyto(self._scratch, self.cells)
        self.brightest = part_of(self._scratch, 0.98) / 255
        cv2.dilate(self.grey, self._square, dst=self._one)
        cv2.erode(self.grey, self._square, dst=self._other)
        self._take(cv2.subtract(self._one, self._other, dst=self._steps), self.contrast)

    def slopes(self) -> Floats:
        """`(rows, columns)`: the largest step between neighbours in each block, likewise.

        Found only when asked for; the array is used again.
        """
        grey, one, other, steps = self.grey, self._one, self._other, self._steps
        one[:, 0], other[0] = 0, 0  # no step leads there; the buffers hold something else by now
        cv2.absdiff(grey[:, 1:], grey[:, :-1], dst=one[:, 1:])
        cv2.absdiff(grey[1:], grey[:-1], dst=other[1:])
        cv2.max(one, other, dst=steps)
        self._take(cv2.dilate(steps, self._near, dst=one), self._slopes)
        return self._slopes

    def _take(self, measured: Any, blocks: Floats) -> None:  # noqa: ANN401  what OpenCV returns
        """The middle of each block, less what noise does."""
        rows, columns = blocks.shape
        middle = measured[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
        np.copyto(blocks, middle[:rows, :columns])
        np.copyto(self._scratch, blocks)
        blocks -= _NOISE_FACTOR * part_of(self._scratch, _QUIET)


def part_of(values: Floats, part: float) -> float:
    """The value that `part` of all do not exceed; leaves the values in another order."""
    place = min(int(part * values.size), values.size - 1)
    return float(in_order(values.reshape(1, -1))[0, place])


def in_order(rows: Floats) -> Floats:
    """The same array, each of its rows in ascending order."""
    # Not NumPy's sort() and partition(), which take 2.7 KB each time.
    return cast("Floats", cv2.sort(rows, cv2.SORT_EVERY_ROW | cv2.SORT_ASCENDING, dst=rows))
