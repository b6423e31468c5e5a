"""A Raspberry Pi's sensor runs no faster than frames are wanted, and is soon fast again."""

from typing import Any

import numpy as np
import pytest
from support import fake_picamera2
from support.fake_picamera2 import Hardware
from support.paces import pace_of

from edgecam.config import CameraOptions
from edgecam.config.options import PiOptions
from edgecam.vision.camera.pace import Pace
from edgecam.vision.camera.pi import PiCamera
from edgecam.vision.preprocess import FrameWanted

BUFFERS = 3


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Hardware:
    return fake_picamera2.install(monkeypatch, np.zeros((616, 820, 3), np.uint8))


class Governed:
    """An open camera whose pace the test limits."""

    def __init__(self, hardware: Hardware, **options: Any) -> None:
        given = CameraOptions(**options, pi=PiOptions(buffer_count=BUFFERS))
        self.pace: Pace = pace_of(given)
        self.camera = PiCamera(given, FrameWanted(64, square=True), self.pace)
        self.camera.open()
        self._hardware = hardware

    def frames_us(self, count: int) -> list[int]:
        """How long each of the next frames takes."""
        taken = self._hardware.camera.frames_us
        before = len(taken)
        while len(taken) < before + count:
            self.camera.capture(0.001)
        return taken[before : before + count]


@pytest.mark.parametrize(
    ("fps", "limit_fps", "usual_us", "slow_us"),
    [
        (10.0, 5.0, 100_000, 200_000),
        (10.0, 7.5, 100_000, 133_333),
        (30.0, 15.0, 33_333, 66_667),
        (10.0, 2.0, 100_000, 200_000),  # no slower, or it would be long until it is fast again
        (3.0, 2.0, 333_333, 333_333),
        (None, 5.0, 33_333, 200_000),  # what picamera2 makes of a video configuration
    ],
)
def test_the_sensor_slows_down_with_the_pace_and_rises_with_it(
    hardware: Hardware, fps: float | None, limit_fps: float, usual_us: int, slow_us: int
) -> None:
    governed = Governed(hardware, fps=fps)
    assert governed.frames_us(5) == [usual_us] * 5
    for _ in range(2):
        governed.pace.limit_fps = limit_fps
        # Requests that were queued before are as they were.
        assert governed.frames_us(9) == [usual_us] * BUFFERS + [slow_us] * (9 - BUFFERS)
        governed.pace.limit_fps = None
        assert governed.frames_us(9) == [slow_us] * BUFFERS + [usual_us] * (9 - BUFFERS)
    assert hardware.camera.held == 0


def test_its_view_stays_and_it_wakes_at_the_rate_that_is_wanted_then(hardware: Hardware) -> None:
    governed = Governed(hardware, fps=10.0)
    crop = hardware.camera.in_force["ScalerCrop"]
    governed.pace.limit_fps = 5.0
    governed.frames_us(BUFFERS + 1)
    assert hardware.camera.in_force["ScalerCrop"] == crop
    governed.camera.rest()
    governed.camera.wake()
    assert hardware.camera.in_force == {
        **hardware.camera.in_force,
        "ScalerCrop": crop,
        "FrameDurationLimits": (200_000, 200_000),
    }
    governed.camera.rest()
    governed.pace.limit_fps = None
    governed.camera.wake()
    assert governed.frames_us(BUFFERS + 1)[-1] == 100_000


def test_a_camera_that_cannot_be_told_its_rate_is_left_alone(hardware: Hardware) -> None:
    hardware.advertised = {"ScalerCrop"}
    governed = Governed(hardware, fps=10.0)
    governed.pace.limit_fps = 5.0
    assert governed.camera.capture(1.0) is not None
    assert "FrameDurationLimits" not in hardware.camera.in_force


def test_the_sensor_is_told_once(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    governed = Governed(hardware, fps=10.0)
    monkeypatch.setattr(hardware.camera, "set_controls", told.append)
    for limit_fps in (None, 5.0, 5.0, 4.0, 2.0, None, None):
        governed.pace.limit_fps = limit_fps
        governed.camera.capture(0.001)
    limits = [each["FrameDurationLimits"] for each in told]
    assert limits == [(200_000, 200_000), (100_000, 100_000)]
