import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.mjpeg import network_camera
from support.paces import pace_of
from support.waiting import wait_until

from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions
from edgecam.errors import CameraError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.camera.opencv import OpencvCamera

# RGB; what is written is compressed, so colours come back nearly the same.
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 250, 0), (20, 20, 20), (250, 250, 250)]
NEARLY = 12
RECORDED_FPS = 25


def record(file: Path, *, count: int = len(COLOURS)) -> Path:
    """A video that shows each colour for one frame."""
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(file), codec, RECORDED_FPS, (64, 48))
    assert writer.isOpened()
    for number in range(count):
        colour = COLOURS[number % len(COLOURS)]
        writer.write(np.full((48, 64, 3), colour[::-1], np.uint8))
    writer.release()
    return file


def camera(source: Path | str, *, loop: bool = False, **options: Any) -> OpencvCamera:
    opencv = OpencvOptions(source=str(source), loop=loop)
    given = CameraOptions(**{"source": "opencv", "fps": 1000.0, "opencv": opencv, **options})
    return OpencvCamera(given, pace_of(given))


def frames(source: OpencvCamera, limit: int = 100) -> Iterator[Frame]:
    source.open()
    try:
        for _ in range(limit):
            try:
                frame = source.capture(1.0)
            except EndOfFrames:
                return
            assert frame is not None
            yield frame
    finally:
        source.close()


def colour_numbers(source: OpencvCamera, limit: int = 100) -> list[int]:
    """Which of COLOURS each frame shows."""
    numbers = []
    for frame in frames(source, limit):
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.shape == (48, 64, 3)
        distances = [np.abs(frame.pixels.astype(int) - colour).max() for colour in COLOURS]
        assert min(distances) <= NEARLY
        numbers.append(int(np.argmin(distances)))
    return numbers


def test_a_video_file_gives_every_frame_once_in_rgb_and_ends(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"))
    assert not source.live
    assert colour_numbers(source) == [0, 1, 2, 3, 4, 5]


def test_after_its_end_it_stays_ended(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi", count=1))
    source.open()
    assert source.capture(1.0) is not None
    for _ in range(3):
        with pytest.raises(EndOfFrames):
            source.capture(1.0)
    source.close()


def test_with_loop_it_starts_again(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi", count=3), loop=True)
    assert colour_numbers(source, 10) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]


def test_it_can_be_opened_again_after_close(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"))
    assert colour_numbers(source, 2) == [0, 1]
    assert colour_numbers(source, 2) == [0, 1]


def test_frames_say_when_they_were_taken(tmp_path: Path) -> None:
    before_ns = time.monotonic_ns()
    taken_ns = [frame.taken_ns for frame in frames(camera(record(tmp_path / "video.avi")))]
    assert taken_ns == sorted(taken_ns)
    assert before_ns <= taken_ns[0]
    assert taken_ns[-1] <= time.monotonic_ns()


def seconds(source: OpencvCamera) -> float:
    """How long it takes from the first frame to the last."""
    taken_ns = [frame.taken_ns for frame in frames(source)]
    assert len(taken_ns) == 11
    return (taken_ns[-1] - taken_ns[0]) / 1e9


def test_without_a_rate_it_runs_as_recorded(tmp_path: Path) -> None:
    took_s = seconds(camera(record(tmp_path / "video.avi", count=11), fps=None))
    assert 10 / RECORDED_FPS - 0.02 <= took_s < 3


def test_with_a_rate_it_runs_at_that(tmp_path: Path) -> None:
    took_s = seconds(camera(record(tmp_path / "video.avi", count=11), fps=12.5))
    assert 10 / 12.5 - 0.02 <= took_s < 4


def test_a_frame_that_is_not_due_in_time_is_none(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"), fps=0.1)
    source.open()
    assert source.capture(0.05) is not None
    started_s = time.monotonic()
    assert source.capture(0.05) is None
    assert 0.04 <= time.monotonic() - started_s < 3
    source.close()


@pytest.mark.parametrize(
    ("turn", "corner"),
    [
        ({}, 0),
        ({"hflip": True}, 1),
        ({"vflip": True}, 2),
        ({"rotation": 90}, 2),
        ({"rotation": 180}, 3),
        ({"rotation": 270}, 1),
        ({"rotation": 90, "hflip": True}, 3),
    ],
)
def test_mirrored_first_then_turned(tmp_path: Path, turn: dict[str, Any], corner: int) -> None:
    quarters = np.zeros((2, 2, 3), np.uint8)
    quarters[:] = np.array(COLOURS[:4], np.uint8).reshape(2, 2, 3)
    picture = quarters.repeat(32, axis=0).repeat(48, axis=1)
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(tmp_path / "video.avi"), codec, 25, (96, 64))
    writer.write(np.ascontiguousarray(picture[:, :, ::-1]))
    writer.release()
    (frame,) = frames(camera(tmp_path / "video.avi", **turn))
    assert frame.pixels.shape == (
        (96, 64, 3) if "rotation" in turn and turn["rotation"] != 180 else (64, 96, 3)
    )
    assert np.abs(frame.pixels[8, 8].astype(int) - COLOURS[corner]).max() <= NEARLY


def test_close_may_come_at_any_time(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"))
    source.close()
    source.open()
    source.close()
    source.close()


def test_a_file_goes_on_after_a_rest(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"))
    source.open()
    first = source.capture(1.0)
    assert first is not None
    assert np.abs(first.pixels.astype(int) - COLOURS[0]).max() <= NEARLY
    source.rest()
    source.wake()
    second = source.capture(1.0)
    assert second is not None
    assert np.abs(second.pixels.astype(int) - COLOURS[1]).max() <= NEARLY


def test_a_limit_slows_a_file_that_runs_as_recorded(tmp_path: Path) -> None:
    options = CameraOptions(
        source="opencv",
        fps=None,
        opencv=OpencvOptions(source=str(record(tmp_path / "video.avi", count=11))),
    )
    pace = pace_of(options)
    source = OpencvCamera(options, pace)
    source.open()
    assert pace.usual_fps == pytest.approx(RECORDED_FPS)
    pace.limit_fps = RECORDED_FPS / 4
    taken_ns = [frame.taken_ns for _ in range(4) if (frame := source.capture(2.0)) is not None]
    assert (taken_ns[-1] - taken_ns[0]) / 1e9 >= 3 * 4 / RECORDED_FPS - 0.1


def test_a_stream_is_let_go_of_while_it_rests_and_opened_again() -> None:
    with network_camera() as network:
        source = camera(network.url, fps=None)
        source.open()
        assert source.capture(2.0) is not None
        wait_until(lambda: network.watching == 1)
        source.rest()
        wait_until(lambda: network.watching == 0)
        source.wake()
        assert source.capture(2.0) is not None
        assert (network.watched, network.watching) == (2, 1)
        source.close()


def test_a_stream_that_is_gone_after_its_rest_is_a_missing_one() -> None:
    with network_camera() as network:
        source = camera(network.url, fps=None)
        source.open()
        source.rest()
    with pytest.raises(CameraError) as caught:
        source.wake()
    assert caught.value.reason == "missing"
    source.close()
