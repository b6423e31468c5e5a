import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.camera.opencv import OpencvCamera, check_device

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
    given = {"source": "opencv", "fps": 1000.0, **options}
    return OpencvCamera(CameraOptions(opencv=OpencvOptions(source=str(source), loop=loop), **given))


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


def test_a_missing_file_is_the_owners_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a video file") as caught:
        camera(tmp_path / "missing.avi").open()
    assert caught.value.option == "camera.opencv.source"


def test_a_missing_device_is_a_missing_camera() -> None:
    source = camera("/dev/video99")
    assert source.live
    with pytest.raises(CameraError, match="no camera at /dev/video99") as caught:
        source.open()
    assert caught.value.reason == "missing"
    source.close()


def test_a_device_that_can_be_opened_is_not_complained_of() -> None:
    check_device("/dev/null")


@pytest.mark.parametrize(
    ("number", "reason", "words"),
    [
        (errno.EBUSY, "busy", "in use by another program"),
        (errno.EACCES, "missing", "group video"),
        (errno.ENODEV, "missing", "no camera at"),
    ],
)
def test_what_the_system_says_of_a_device_is_told(
    monkeypatch: pytest.MonkeyPatch, number: int, reason: str, words: str
) -> None:
    def refuse(_path: str, _flags: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("edgecam.vision.camera.opencv.os.open", refuse)
    with pytest.raises(CameraError, match=words) as caught:
        camera("/dev/video99").open()
    assert caught.value.reason == reason


def test_a_device_that_is_there_and_gives_no_picture_is_a_busy_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edgecam.vision.camera.opencv.check_device", lambda _path: None)
    with pytest.raises(CameraError, match="another program") as caught:
        camera("/dev/video99").open()
    assert caught.value.reason == "busy"


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.avi").write_bytes(b"no video in here\n" * 200)
    source = camera(tmp_path / "notes.avi")
    with pytest.raises(CameraError, match=r"notes\.avi cannot be opened"):
        source.open()
    source.close()


def test_close_may_come_at_any_time(tmp_path: Path) -> None:
    source = camera(record(tmp_path / "video.avi"))
    source.close()
    source.open()
    source.close()
    source.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("password", ["secret", "se@cret", "se:cret"])
def test_a_stream_that_nobody_serves_fails_quickly_and_keeps_the_password(
    closed_port: int, password: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source = camera(f"rtsp://user:{password}@127.0.0.1:{closed_port}/front")
    assert source.live
    started_s = time.monotonic()
    with pytest.raises(CameraError) as caught:
        source.open()
    assert time.monotonic() - started_s < 8
    assert caught.value.reason == "missing"
    assert f"127.0.0.1:{closed_port}/front" in str(caught.value)
    assert "cret" not in str(caught.value)
    assert "user" not in str(caught.value)
    assert "cret" not in "".join(capfd.readouterr())  # nor does OpenCV print it


def test_a_stream_whose_server_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgecam.vision.camera.opencv.OPEN_TIMEOUT_MS", 300)
    failures: list[CameraError] = []

    def attempt(port: int) -> None:
        try:
            camera(f"rtsp://127.0.0.1:{port}/front").open()
        except CameraError as error:
            failures.append(error)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        thread = threading.Thread(target=attempt, args=(silent.getsockname()[1],), daemon=True)
        thread.start()
        thread.join(10)
        assert [failure.reason for failure in failures] == ["missing"]
