"""Which part of the sensor's view a frame shows, how large, how fast, and which way up."""

from typing import Any

import cv2
import numpy as np
import pytest
from support import fake_picamera2
from support.fake_isp import Mode
from support.fake_picamera2 import Hardware
from support.paces import pace_of

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import PiOptions
from edgecam.vision.camera.pi import PiCamera
from edgecam.vision.preprocess import FrameWanted

# The whole sensor's view: each channel tells a place. Red grows to the right, green downwards.
ROWS, COLUMNS = 616, 820
SCENE: Pixels = np.zeros((ROWS, COLUMNS, 3), np.uint8)
SCENE[:, :, 0] = np.linspace(0, 255, COLUMNS).astype(np.uint8)[None]
SCENE[:, :, 1] = np.linspace(0, 255, ROWS).astype(np.uint8)[:, None]
SQUARE: Pixels = SCENE[:, (COLUMNS - ROWS) // 2 : (COLUMNS + ROWS) // 2]
NEARLY = 4


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Hardware:
    return fake_picamera2.install(monkeypatch, SCENE)


def shown(wanted: FrameWanted, **options: Any) -> Pixels:
    given = CameraOptions(**options)
    camera = PiCamera(given, wanted, pace_of(given))
    camera.open()
    frame = camera.capture(1.0)
    camera.close()
    assert frame is not None
    return frame.pixels


def assert_shows(pixels: Pixels, expected: Pixels) -> None:
    height, width = pixels.shape[:2]
    scaled = cv2.resize(expected, (width, height), interpolation=cv2.INTER_NEAREST)
    assert np.abs(pixels.astype(int) - scaled).max() <= NEARLY


def test_a_square_model_gets_the_middle_square_of_the_view(hardware: Hardware) -> None:
    pixels = shown(FrameWanted(256, square=True))
    assert pixels.shape == (256, 256, 3)
    assert_shows(pixels, SQUARE)
    assert len(hardware.opened) == 1


@pytest.mark.parametrize("short_side", [224, 480, 1000])
def test_otherwise_the_whole_view_is_shown_undistorted(hardware: Hardware, short_side: int) -> None:
    pixels = shown(FrameWanted(short_side, square=False))
    height, width = pixels.shape[:2]
    assert short_side <= height <= short_side + 2
    assert width / height == pytest.approx(COLUMNS / ROWS, rel=0.02)
    assert_shows(pixels, SCENE)
    assert hardware.camera.closed


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("short_side", [1600, 2200, 9000])
def test_no_frame_is_larger_than_a_model_can_use_and_its_shape_stays(
    hardware: Hardware, short_side: int, *, square: bool
) -> None:
    """Narrow regions ask for many pixels; both sides must give way alike."""
    hardware.advertised.discard("ScalerCrop")  # what is looked at here is the size alone
    height, width = shown(FrameWanted(short_side, square=square)).shape[:2]
    assert max(height, width) <= 2028
    assert width / height == pytest.approx(1 if square else COLUMNS / ROWS, rel=0.02)


@pytest.mark.parametrize("short_side", [224, 480, 900])
def test_a_small_frame_does_not_narrow_the_view(hardware: Hardware, short_side: int) -> None:
    """A camera v2's mode of 640x480 sees the middle sixth of what the sensor sees."""
    assert_shows(shown(FrameWanted(short_side, square=False)), SCENE)
    assert_shows(shown(FrameWanted(short_side, square=True)), SQUARE)
    assert len(hardware.opened) == 2


def test_where_no_mode_sees_everything_the_widest_is_shown(hardware: Hardware) -> None:
    hardware.modes = [Mode((1640, 1232), (820, 616, 1640, 1232), 30)]
    half = SCENE[ROWS // 4 : ROWS * 3 // 4, COLUMNS // 4 : COLUMNS * 3 // 4]
    assert_shows(shown(FrameWanted(300, square=False)), half)


@pytest.mark.parametrize("usb", [False, True])
def test_a_camera_that_cannot_crop_is_taken_as_it_comes(hardware: Hardware, *, usb: bool) -> None:
    hardware.usb = usb
    hardware.advertised = set()
    hardware.gives_size = (320, 240)
    pixels = shown(FrameWanted(224, square=False))
    assert pixels.shape == (240, 320, 3)
    assert_shows(pixels, SCENE)


def test_the_rate_is_asked_of_the_sensor(hardware: Hardware) -> None:
    shown(FrameWanted(224, square=True), fps=12.5)
    assert hardware.camera.in_force["FrameDurationLimits"] == (80_000, 80_000)


@pytest.mark.parametrize("can", [False, True])
def test_without_a_rate_or_the_control_for_it_none_is_asked(
    hardware: Hardware, *, can: bool
) -> None:
    if not can:
        hardware.advertised.discard("FrameDurationLimits")
    shown(FrameWanted(224, square=True), fps=None if can else 5.0)
    assert hardware.camera.in_force.get("FrameDurationLimits") == ((33333, 33333) if can else None)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_no_more_buffers_than_asked_for_and_none_held_back(hardware: Hardware, count: int) -> None:
    shown(FrameWanted(224, square=True), pi=PiOptions(buffer_count=count))
    assert hardware.camera.camera_config["buffer_count"] == count
    assert hardware.camera.camera_config["queue"] is False


@pytest.mark.parametrize("mirrors", [False, True])
@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("vflip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_mirrored_first_then_turned_whoever_does_it(
    hardware: Hardware, rotation: int, *, hflip: bool, vflip: bool, mirrors: bool
) -> None:
    hardware.gives_size, hardware.mirrors = (320, 240), mirrors
    pixels = shown(FrameWanted(240, square=False), rotation=rotation, hflip=hflip, vflip=vflip)
    expected = SCENE[:: -1 if vflip else 1, :: -1 if hflip else 1]
    assert pixels.shape == ((320, 240, 3) if rotation in (90, 270) else (240, 320, 3))
    assert_shows(pixels, np.rot90(expected, -rotation // 90))
