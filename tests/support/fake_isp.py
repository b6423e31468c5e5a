"""A sensor's modes, and what the ISP makes of a scene: bytes as libcamera lays them out."""

from dataclasses import dataclass

import cv2
import numpy as np

from edgecam.arrays import Pixels

Size = tuple[int, int]
Rectangle = tuple[int, int, int, int]
"""left, top, width, height"""


@dataclass(frozen=True)
class Mode:
    """A way of reading the sensor out: how many pixels, and from which part of it."""

    size: Size
    crop: Rectangle
    fps: float


def unlike(wanted: Size, size: Size) -> float:
    """How far a mode is from what is wanted, as libcamera scores it."""

    def score(desired: float, actual: float) -> float:
        return (actual - desired) / 4 if actual > desired else (desired - actual) * 2

    shape = score(wanted[0] / wanted[1], size[0] / size[1])
    return score(wanted[0], size[0]) + score(wanted[1], size[1]) + 1500 * shape


PIXEL_BYTES = {"BGR888": 3, "RGB888": 3, "XBGR8888": 4, "XRGB8888": 4}


def scene_part(scene: Pixels, sensor_size: Size, part: Rectangle) -> Pixels:
    """What of the scene a rectangle of the sensor sees."""
    rows, columns = scene.shape[:2]
    x, y = columns / sensor_size[0], rows / sensor_size[1]
    left, top, width, height = part
    return scene[
        round(top * y) : round((top + height) * y), round(left * x) : round((left + width) * x)
    ]


def encoded(rgb: Pixels, form: str, stride: int, framesize: int) -> Pixels:
    """A picture as libcamera lays it out, `(framesize,)`; lines are padded with rubbish."""
    height, width = rgb.shape[:2]
    if form in PIXEL_BYTES:
        pixels = rgb if form in ("BGR888", "XBGR8888") else rgb[:, :, ::-1]
        if PIXEL_BYTES[form] == 4:
            pixels = np.dstack((pixels, np.full((height, width), 255, np.uint8)))
        planes = [(pixels.reshape(height, -1), stride)]
    else:
        i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1)
        y, u, v = np.split(i420, [width * height, width * height * 5 // 4])
        first, second = (u, v) if form in ("YUV420", "NV12") else (v, u)
        planes = [(y.reshape(height, width), stride)]
        if form in ("NV12", "NV21"):
            planes.append((np.stack((first, second), 1).reshape(height // 2, width), stride))
        elif form in ("YUV420", "YVU420"):
            halves = [plane.reshape(height // 2, width // 2) for plane in (first, second)]
            planes += [(half, stride // 2) for half in halves]
    buffer = np.full(framesize, 0xAB, np.uint8)
    start = 0
    for plane, line in planes:
        room = buffer[start : start + line * len(plane)].reshape(len(plane), line)
        room[:, : plane.shape[1]] = plane
        start += line * len(plane)
    return buffer
