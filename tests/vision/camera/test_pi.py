"""What becomes of the camera's bytes, and of its failures.

Framing is in test_pi_framing.py, opening in test_pi_opening.py.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
import pytest
from support import fake_picamera2
from support.fake_picamera2 import Hardware
from support.fake_requests import FakeRequest
from support.paces import pace_of

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import PiOptions
from edgecam.errors import CameraError
from edgecam.vision.camera.pi import PiCamera
from edgecam.vision.preprocess import FrameWanted

RED, GREEN, BLUE, YELLOW = (250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 10)
SIDE = 68  # no line of this length ends where the next may begin
SQUARE = FrameWanted(SIDE, square=True)
RGB_FORMATS = ["BGR888", "RGB888", "XBGR8888", "XRGB8888"]
YUV_FORMATS = ["YUV420", "YVU420", "NV12", "NV21"]


def quarters(height: int, width: int) -> Pixels:
    """Red and green over blue and yellow."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = YELLOW
    return picture


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hardware]:
    made = fake_picamera2.install(monkeypatch, quarters(616, 820))
    yield made
    made.unstuck.set()


def opened(wanted: FrameWanted = SQUARE, **options: Any) -> PiCamera:
    given = CameraOptions(**options)
    camera = PiCamera(given, wanted, pace_of(given))
    camera.open()
    return camera


def picture(camera: PiCamera) -> Pixels:
    frame = camera.capture(1.0)
    assert frame is not None
    assert frame.pixels.dtype == np.uint8
    return frame.pixels


@pytest.mark.parametrize("form", RGB_FORMATS)
def test_every_order_of_bytes_becomes_rgb(hardware: Hardware, form: str) -> None:
    hardware.gives_format = form
    np.testing.assert_array_equal(picture(opened()), quarters(SIDE, SIDE))


@pytest.mark.parametrize("form", YUV_FORMATS)
def test_every_order_of_planes_becomes_rgb(hardware: Hardware, form: str) -> None:
    hardware.gives_format = form
    got = picture(opened())
    assert got.shape == (SIDE, SIDE, 3)
    assert np.abs(got.astype(int) - quarters(SIDE, SIDE)).max() <= 8


@pytest.mark.parametrize("line_bytes", [2, 4, 32, 256])
@pytest.mark.parametrize("form", RGB_FORMATS + YUV_FORMATS)
def test_padding_at_the_end_of_lines_is_never_seen(
    hardware: Hardware, form: str, line_bytes: int
) -> None:
    hardware.gives_format, hardware.line_bytes = form, line_bytes
    got = picture(opened())
    assert got.shape == (SIDE, SIDE, 3)
    assert np.abs(got.astype(int) - quarters(SIDE, SIDE)).max() <= 8


@pytest.mark.parametrize("form", ["BGR888", "XRGB8888", "YUV420"])
def test_what_libcamera_adjusted_is_what_counts(hardware: Hardware, form: str) -> None:
    hardware.gives_format, hardware.gives_size = form, (96, 72)
    got = picture(opened())
    assert got.shape == (72, 96, 3)
    assert np.abs(got.astype(int) - quarters(72, 96)).max() <= 8


def test_a_format_that_nobody_understands_is_refused(hardware: Hardware) -> None:
    hardware.gives_format = "MJPEG"
    with pytest.raises(CameraError, match="MJPEG") as caught:
        opened()
    assert caught.value.reason == "unusable"


def test_frames_say_when_they_were_taken(hardware: Hardware) -> None:
    camera = opened()
    assert hardware.camera.started
    before_ns = time.monotonic_ns()
    frame = camera.capture(1.0)
    assert frame is not None
    assert before_ns <= frame.taken_ns <= time.monotonic_ns()


def test_every_buffer_is_given_back(hardware: Hardware) -> None:
    camera = opened(pi=PiOptions(buffer_count=2))
    for _ in range(10):
        picture(camera)
    assert hardware.camera.held == 0
    assert hardware.camera.most_waiting == 1


def test_frames_that_come_faster_than_asked_are_passed_over(hardware: Hardware) -> None:
    """Not every camera heeds FrameDurationLimits: libcamera's `virtual` one advertises it alone."""
    camera = opened(fps=20.0)
    taken_ns = [frame.taken_ns for _ in range(9) if (frame := camera.capture(1.0)) is not None]
    assert len(taken_ns) == 9
    assert taken_ns[-1] - taken_ns[0] >= 0.35e9
    assert hardware.camera.exposures > 2 * len(taken_ns)
    assert hardware.camera.held == 0


def test_no_frame_is_passed_over_without_a_rate(hardware: Hardware) -> None:
    camera = opened(fps=None)
    for _ in range(9):
        picture(camera)
    assert hardware.camera.exposures == 9


def test_waiting_for_a_frame_that_is_due_takes_no_longer_than_its_timeout(
    hardware: Hardware,
) -> None:
    camera = opened(fps=0.2, stall_s=60.0)
    picture(camera)
    assert camera.capture(0.05) is None
    assert hardware.camera.held == 0


def test_a_buffer_is_given_back_even_where_it_cannot_be_read(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = opened()

    def broken(_request: object, _name: str) -> Pixels:
        msg = "failed to find buffer"
        raise RuntimeError(msg)

    monkeypatch.setattr(FakeRequest, "make_buffer", broken)
    with pytest.raises(Exception, match="failed to find buffer"):
        camera.capture(1.0)
    assert hardware.camera.held == 0


def test_a_frame_that_does_not_come_is_waited_for_in_slices_by_one_job(hardware: Hardware) -> None:
    camera = opened()
    hardware.delivering = False
    for _ in range(3):
        started_s = time.monotonic()
        assert camera.capture(0.05) is None
        assert 0.04 <= time.monotonic() - started_s < 3
    assert hardware.camera.most_waiting == 1
    hardware.deliver()
    picture(camera)
    picture(camera)
    assert hardware.camera.held == 0
    assert hardware.camera.most_waiting == 1


@pytest.mark.parametrize("failure", [RuntimeError("device gone"), CancelledError()])
def test_a_failing_camera_is_a_stalled_one(hardware: Hardware, failure: Exception) -> None:
    camera = opened()
    hardware.delivering = False
    assert camera.capture(0.01) is None
    if isinstance(failure, CancelledError):
        hardware.camera.cancel_all_and_flush()
    else:
        hardware.failure = failure
        hardware.deliver(again=False)
    with pytest.raises(CameraError, match=str(failure) or "CancelledError") as caught:
        camera.capture(1.0)
    assert caught.value.reason == "stalled"


def test_close_stops_the_sensor_once(hardware: Hardware) -> None:
    camera = opened()
    picture(camera)
    camera.close()
    camera.close()
    assert hardware.camera.closed


def test_close_of_a_stalled_camera_does_not_wait_for_the_frame_that_never_comes(
    hardware: Hardware,
) -> None:
    camera = opened()
    hardware.delivering = False
    assert camera.capture(0.01) is None
    closer = threading.Thread(target=camera.close, daemon=True)
    closer.start()
    closer.join(1.0)
    assert not closer.is_alive()
    assert hardware.camera.closed


def test_it_rests_and_wakes_on_the_same_object_with_the_same_view(hardware: Hardware) -> None:
    camera = opened(fps=12.5)
    before, controls = picture(camera), dict(hardware.camera.in_force)
    assert {"ScalerCrop", "FrameDurationLimits"} <= set(controls)
    for _ in range(3):
        camera.rest()
        assert not hardware.camera.started
        camera.wake()
        assert hardware.camera.started
    assert hardware.camera.in_force == controls
    np.testing.assert_array_equal(picture(camera), before)
    assert (len(hardware.opened), hardware.camera.starts, hardware.camera.held) == (1, 4, 0)


def test_a_stalled_camera_rests_without_the_frame_that_never_comes(hardware: Hardware) -> None:
    camera = opened()
    hardware.delivering = False
    assert camera.capture(0.01) is None
    resting = threading.Thread(target=camera.rest, daemon=True)
    resting.start()
    resting.join(1.0)
    assert not resting.is_alive()
    camera.wake()
    hardware.deliver()
    picture(camera)
    assert hardware.camera.held == 0


def test_a_camera_that_does_not_wake_is_unusable(hardware: Hardware) -> None:
    camera = opened()
    camera.rest()
    hardware.stuck_asleep = True
    with pytest.raises(CameraError, match="cannot be started: Failed to start") as caught:
        camera.wake()
    assert caught.value.reason == "unusable"


def test_a_limit_passes_frames_over_before_they_are_copied(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make_buffer = FakeRequest.make_buffer

    def counted(request: FakeRequest, name: str) -> Pixels:
        made.append(name)
        return make_buffer(request, name)

    monkeypatch.setattr(FakeRequest, "make_buffer", counted)
    options = CameraOptions(fps=None)
    pace = pace_of(options)
    camera = PiCamera(options, SQUARE, pace)
    camera.open()
    pace.limit_fps = 4.0
    for _ in range(3):
        picture(camera)
    assert len(made) == 3
    assert hardware.camera.exposures > 10 * len(made)
    pace.limit_fps = None
    picture(camera)
    picture(camera)
    assert len(made) == 5
