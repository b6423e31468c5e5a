"""A picture made smaller, cheaply and without the noise that leaving pixels out would keep."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels

_Step = tuple[slice, slice, tuple[int, int], NDArray[Any] | None]


class Shrink:
    """Brings pictures of one shape to another; takes all its memory at the start.

    Each side is halved as long as what comes out is no shorter than wanted, and then each pixel is
    made of the two nearest in each direction, which are all there are by then. Half the size means
    halfway between two, so bilinear gives their mean, and OpenCV has vector code for both sides at
    once: 448x448 to 224x224 takes 0.06 ms. From 420x420, where it averages less, it takes 0.13, and
    INTER_AREA 1.1 (an x86-64 core).
    """

    def __init__(self, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        """`shape` and `wanted` begin with height and width; either may be the larger."""
        height, width = shape[:2]
        size = (wanted[1], wanted[0])  # OpenCV's order
        self._steps: list[_Step] = []
        while height >= 2 * wanted[0] or width >= 2 * wanted[1]:
            down = 2 if height >= 2 * wanted[0] else 1
            across = 2 if width >= 2 * wanted[1] else 1
            height, width = height // down, width // across
            # An odd last line is left out: less than 1 / (2 * wanted) of the side, at its end.
            rows, columns = slice(height * down), slice(width * across)
            last = (width, height) == size
            half = None if last else np.zeros((height, width, 3), np.uint8)
            self._steps.append((rows, columns, (width, height), half))
        if (width, height) != size or not self._steps:
            self._steps.append((slice(None), slice(None), size, None))

    def into(self, pixels: Pixels, made: NDArray[Any]) -> None:
        """Write the smaller picture of `pixels`, which may be a part of a larger one."""
        for rows, columns, size, half in self._steps:
            into = made if half is None else half
            cv2.resize(pixels[rows, columns], size, dst=into, interpolation=cv2.INTER_LINEAR)
            pixels = into
