"""A frame as a small grid of its colours, cheaply."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels
from edgecam.vision.shrink import Shrink

SIDE = 32  # cells
Grid = NDArray[np.float32]
"""`(32, 96)`: rows of 32 cells with red, green and blue, 0 to 255."""

_LEAST_ROWS = 200  # read of a frame: what is lower than 1/200 of it may hide between two of them


class Reduction:
    """Makes grids of frames; allocates only on a new frame size.

    Every column is read, and as many rows as it takes. Halved to the length of 32 to 64, longer sides
    are enlarged to 64, and that is halved: bilinear from 56 to 32 would give some columns a third of
    the weight of others, from 63 a thirtieth, and this gives all about the same. INTER_AREA would, too,
    but has no vector code.
    """

    def __init__(self) -> None:
        self._seen: tuple[int, ...] = ()
        self._step = 1
        self._doubled = np.zeros((2 * SIDE, 2 * SIDE, 3), np.uint8)
        self._cells = np.zeros((SIDE, SIDE, 3), np.uint8)
        self._shrink = Shrink(self._doubled.shape, self._doubled.shape)

    def begin(self, shape: tuple[int, ...]) -> bool:
        """Be ready for frames of a shape `(h, w, 3)`; whether it is another than before."""
        if shape == self._seen:
            return False
        self._seen = shape
        self._step = max(1, shape[0] // _LEAST_ROWS)
        sides = (-(-shape[0] // self._step), shape[1])
        tall, wide = (2 * SIDE if side > SIDE else SIDE for side in sides)
        self._doubled = np.zeros((tall, wide, 3), np.uint8)
        self._shrink = Shrink(sides, self._doubled.shape, least=self._cells.shape)
        return True

    def reduce(self, pixels: Pixels, grid: Grid) -> None:
        """Write the grid of a frame of that shape, which may be a part of a larger one."""
        self._shrink.into(pixels[:: self._step], self._doubled)
        cv2.resize(self._doubled, (SIDE, SIDE), dst=self._cells, interpolation=cv2.INTER_AREA)
        np.copyto(grid, self._cells.reshape(grid.shape))
