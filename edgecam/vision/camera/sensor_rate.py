"""How fast a Raspberry Pi's sensor runs: as fast as frames are wanted, so that the ISP rests as well.

A frame that is passed over costs this program nothing, but sensor and ISP have made it. So their
rate follows the pace, by `FrameDurationLimits`, which picamera2 takes while the camera runs and
hands over with the next request that is queued (`Picamera2.set_controls` in 0.3.36).
"""

from collections.abc import Mapping
from typing import Any

from edgecam.vision.camera.pace import Pace

CONTROL = "FrameDurationLimits"

# A new rate waits behind the requests that are queued already, at most 4 (`camera.pi.buffer_count`),
# and for the sensor itself, up to 3 frames (vblankDelay in libcamera's cam_helper_imx708). So when
# something moves, 7 slow frames go by at most: 1.4 s at this rate, in which every one of them is
# looked at, and three votes take 0.6 s. At eco's 2 a second it would be 3.5 s, and 1.5 s.
LOWEST_FPS = 5.0


class SensorRate:
    """Follows a pace; for one thread."""

    def __init__(self, pace: Pace, controls: Mapping[str, Any]) -> None:
        """`controls` are those of the camera's configuration; without limits its rate is its own."""
        self._pace = pace
        limits_us = controls.get(CONTROL)
        self._usual_us: int | None = limits_us[0] if limits_us else None
        self._frame_us = self._usual_us

    def change(self) -> dict[str, tuple[int, int]]:
        """The controls that make it follow; empty where it does."""
        wanted_us = self._wanted_us()
        if wanted_us is None or wanted_us == self._frame_us:
            return {}
        self._frame_us = wanted_us
        return {CONTROL: (wanted_us, wanted_us)}

    def _wanted_us(self) -> int | None:
        limit_fps = self._pace.limit_fps
        if self._usual_us is None or limit_fps is None:
            return self._usual_us
        return max(self._usual_us, round(1e6 / max(limit_fps, LOWEST_FPS)))
