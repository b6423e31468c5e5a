"""Turns pictures the right way up."""

from typing import Any, cast

import cv2

from edgecam.arrays import Pixels

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def oriented(pixels: Pixels, rotation: int, *, hflip: bool, vflip: bool) -> Pixels:
    """The picture mirrored (left-right, top-bottom), then turned clockwise by 0 to 270 degrees."""
    turned: Any = pixels  # OpenCV's types allow for any type of pixel
    if hflip or vflip:
        turned = cv2.flip(turned, -1 if hflip and vflip else int(hflip))
    if rotation:
        turned = cv2.rotate(turned, _ROTATIONS[rotation])
    return cast("Pixels", turned)
