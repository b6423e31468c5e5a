"""Which frame to ask of a sensor, and which part of it: from what picamera2 tells of a camera."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgecam.vision.preprocess import FrameWanted

_MAX_SIDE = 2028  # more than any model takes, and half of a 12-megapixel sensor

Properties = Mapping[str, Any]
"""`Picamera2.camera_properties`."""


def frame_size(properties: Properties, wanted: FrameWanted) -> tuple[int, int]:
    """Width and height, in the shape of the sensor or of its middle square."""
    width, height = properties.get("PixelArraySize") or (4, 3)
    if wanted.square:
        width = height = min(width, height)
    scale = min(wanted.short_side / min(width, height), _MAX_SIDE / max(width, height))
    return _even(width * scale), _even(height * scale)


def widest_mode(every_mode: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> dict[str, Any]:
    """The smallest sensor mode that sees everything: small ones may be cut out of the middle.

    By itself picamera2 takes the mode nearest to the frame's size (picamera2 issue 558).
    """
    modes = [mode for mode in every_mode if "crop_limits" in mode]
    if not modes:
        return {}
    seen = max(mode["crop_limits"][2] * mode["crop_limits"][3] for mode in modes)
    whole = [
        mode["size"]
        for mode in modes
        if mode["crop_limits"][2] * mode["crop_limits"][3] >= 0.95 * seen
    ]
    enough = [each for each in whole if each[0] >= size[0] and each[1] >= size[1]]
    return {"output_size": min(enough or [max(whole)])}


def middle(properties: Properties, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The largest middle part of the sensor in the frame's shape; known once configured."""
    maximum = properties.get("ScalerCropMaximum")
    if not maximum or not all(maximum[2:]):
        return None
    left, top, width, height = maximum
    frame_width, frame_height = size
    scale = min(width / frame_width, height / frame_height)
    across, down = round(frame_width * scale), round(frame_height * scale)
    return left + (width - across) // 2, top + (height - down) // 2, across, down


def _even(side: float) -> int:
    return -(-round(side) // 2) * 2
