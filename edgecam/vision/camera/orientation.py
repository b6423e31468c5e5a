"""Turns pictures the right way up."""

from typing import Any, cast

import cv2

from edgecam.arrays import Pixels

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


class Orientation:
    """How the pictures of one camera are turned; allocates only for a new size of them."""

    def __init__(self, rotation: int, *, hflip: bool, vflip: bool) -> None:
        """Mirrored first (left-right, top-bottom), then turned clockwise by 0 to 270 degrees."""
        self._mirror = -1 if hflip and vflip else int(hflip)
        self._mirrored = hflip or vflip
        self._rotation = _ROTATIONS.get(rotation)
        # OpenCV writes into what it is given where the size is right, and else gives another.
        self._buffers: list[Any] = [None, None]

    def upright(self, pixels: Pixels) -> Pixels:
        """The picture as the owner wants it, `(height, width, 3)`.

        It is written over at the next call; where there is nothing to do, it is `pixels` itself.
        """
        turned: Any = pixels  # OpenCV's types allow for any type of pixel
        if self._mirrored:
            turned = self._buffers[0] = cv2.flip(turned, self._mirror, dst=self._buffers[0])
        if self._rotation is not None:
            turned = self._buffers[1] = cv2.rotate(turned, self._rotation, dst=self._buffers[1])
        return cast("Pixels", turned)
