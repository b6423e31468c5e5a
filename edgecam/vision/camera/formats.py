"""How libcamera lays a frame out in memory, and what it takes to make RGB pixels of it."""

import cv2
import numpy as np

from edgecam.arrays import Pixels

# libcamera names formats by their order in a little-endian word: "BGR888" is R, G, B in memory
# (picamera2 issue 848). What each needs to become RGB; None: nothing.
_TO_RGB: dict[str, int | None] = {
    "BGR888": None,
    "RGB888": cv2.COLOR_BGR2RGB,
    "XBGR8888": cv2.COLOR_RGBA2RGB,
    "XRGB8888": cv2.COLOR_BGRA2RGB,
    "YUV420": cv2.COLOR_YUV2RGB_I420,
    "YVU420": cv2.COLOR_YUV2RGB_YV12,
    "NV12": cv2.COLOR_YUV2RGB_NV12,
    "NV21": cv2.COLOR_YUV2RGB_NV21,
}
_BYTES_PER_PIXEL = {"BGR888": 3, "RGB888": 3, "XBGR8888": 4, "XRGB8888": 4}

UNDERSTOOD = frozenset(_TO_RGB)
"""The formats that `to_rgb` takes."""


def to_rgb(buffer: Pixels, form: str, size: tuple[int, int], stride: int) -> Pixels:
    """A frame's bytes as `(height, width, 3)` RGB.

    `size`: width and height. `stride`: bytes from one line to the next, padding at its end counted;
    of the first plane, where there are planes.
    """
    width, height = size
    pixel_bytes = _BYTES_PER_PIXEL.get(form)
    if pixel_bytes is None:  # planes of Y, then of U and V at half the size
        rows = buffer[: stride * height * 3 // 2].reshape(height * 3 // 2, stride)
    else:
        rows = buffer[: stride * height].reshape(height, stride)[:, : width * pixel_bytes]
        rows = rows.reshape(height, width, pixel_bytes)
    conversion = _TO_RGB[form]
    rgb: Pixels = np.ascontiguousarray(rows)
    if conversion is not None:
        rgb = cv2.cvtColor(rgb, conversion)[:, :width]  # type: ignore[assignment]
    return rgb
