"""Turns pictures the right way up."""

import cv2

from edgecam.arrays import Pixels

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def oriented(pixels: Pixels, rotation: int, *, hflip: bool, vflip: bool) -> Pixels:
    """The picture mirrored (left-right, top-bottom), then turned clockwise by 0 to 270 degrees."""
    if hflip or vflip:
        pixels = cv2.flip(pixels, -1 if hflip and vflip else int(hflip))
    return cv2.rotate(pixels, _ROTATIONS[rotation]) if rotation else pixels
