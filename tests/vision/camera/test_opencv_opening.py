"""Files, devices and streams that cannot be opened; what is said of them."""

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paces import pace_of

from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.vision.camera.opencv import OpencvCamera, check_device


def camera(source: Path | str) -> OpencvCamera:
    given = CameraOptions(source="opencv", opencv=OpencvOptions(source=str(source)))
    return OpencvCamera(given, pace_of(given))


def test_a_missing_file_is_the_owners_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a video file") as caught:
        camera(tmp_path / "missing.avi").open()
    assert caught.value.option == "camera.opencv.source"


@pytest.mark.parametrize("device", ["/dev/video99", "/dev/v4l/by-id/usb-late-video-index0"])
def test_a_missing_device_is_a_missing_camera(device: str) -> None:
    """Also by a name that udev gives it once it is there, which may be after the start."""
    source = camera(device)
    assert source.live
    with pytest.raises(CameraError, match=f"no camera at {device}") as caught:
        source.open()
    assert caught.value.reason == "missing"
    source.close()


def test_a_device_that_is_no_camera_is_the_owners_to_mend() -> None:
    source = camera("/dev/null")
    with pytest.raises(ConfigError, match="is not a video file or a /dev/video device"):
        source.open()


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


def test_a_file_that_is_no_video_is_the_owners_to_mend(tmp_path: Path) -> None:
    """Nothing is gained by waiting for it."""
    (tmp_path / "notes.avi").write_bytes(b"no video in here\n" * 200)
    source = camera(tmp_path / "notes.avi")
    with pytest.raises(ConfigError, match=r"notes\.avi is no video that OpenCV can read") as caught:
        source.open()
    assert caught.value.option == "camera.opencv.source"
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
