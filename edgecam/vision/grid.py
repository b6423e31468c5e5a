"""A frame as a small grid of its colours, cheaply."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels

SIDE = 32  # cells
Grid = NDArray[np.float32]
"""`(32, 96)`: rows of 32 cells with red, green and blue, 0 to 255."""

_LEAST_ROWS = 200  # read of a frame: what is lower than 1/200 of it may hide between two of them


class Reduction:
    """Makes grids of frames; allocates only on a new frame size.

    Every column is read, and as many rows as it takes. By halves, which is the one step for which
    OpenCV has vector code; together that is 4 times faster than one step of INTER_AREA over all.
    """

    def __init__(self) -> None:
        self._seen: tuple[int, ...] = ()
        self._step = 1
        self._parts: list[tuple[slice, slice]] = []
        self._halves: list[NDArray[Any]] = []
        self._cells = np.zeros((SIDE, SIDE, 3), np.uint8)

    def begin(self, shape: tuple[int, ...]) -> bool:
        """Be ready for frames of a shape `(h, w, 3)`; whether it is another than before."""
        if shape == self._seen:
            return False
        self._seen = shape
        self._step = max(1, shape[0] // _LEAST_ROWS)
        self._parts, self._halves = [], []
        height, width = -(-shape[0] // self._step), shape[1]
        while max(height, width) >= 2 * SIDE:
            down, across = _divisor(height), _divisor(width)
            height, width = height // down, width // across
            # An odd last line is left out: 1.5 % of the side at most, at its end.
            self._parts.append((slice(height * down), slice(width * across)))
            self._halves.append(np.zeros((height, width, 3), np.uint8))
        return True

    def reduce(self, pixels: Pixels, grid: Grid) -> None:
        """Write the grid of a frame of that shape, which may be a part of a larger one."""
        smaller = pixels[:: self._step]
        for part, half in zip(self._parts, self._halves, strict=True):
            cv2.resize(smaller[part], half.shape[1::-1], dst=half, interpolation=cv2.INTER_AREA)
            smaller = half
        # Less than twice as large now, so that two neighbours for each cell are all there are.
        cv2.resize(smaller, (SIDE, SIDE), dst=self._cells, interpolation=cv2.INTER_LINEAR)
        np.copyto(grid, self._cells.reshape(grid.shape))


def _divisor(size: int) -> int:
    return 2 if size >= 2 * SIDE else 1
