"""What can be known of a camera without taking it: the same as opening it would say."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support import fake_picamera2
from support.descriptors import descriptors
from support.frames import noise
from support.paces import pace_of
from support.places import SAMPLES

from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions, PiOptions, StillsOptions
from edgecam.errors import EdgecamError
from edgecam.vision.camera import build, probe
from edgecam.vision.preprocess import FrameWanted

WANTED = FrameWanted(224, square=True)


def stills(folder: Path | str) -> CameraOptions:
    return CameraOptions(source="stills", stills=StillsOptions(folder=str(folder)))


def opencv(source: Path | str, *, loop: bool = False) -> CameraOptions:
    return CameraOptions(source="opencv", opencv=OpencvOptions(source=str(source), loop=loop))


def video(file: Path) -> Path:
    """A recording of one frame."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    writer.write(noise(320, 240, 0))
    writer.release()
    return file


def refused(options: CameraOptions) -> tuple[type[EdgecamError], str]:
    with pytest.raises(EdgecamError) as probed:
        probe(options)
    with pytest.raises(EdgecamError) as opened:
        build(options, WANTED, pace_of(options)).open()
    assert str(probed.value) == str(opened.value)
    assert vars(probed.value) == vars(opened.value)  # its option, or its reason
    return type(opened.value), str(opened.value)


def test_nothing_is_said_of_what_can_be_opened(tmp_path: Path) -> None:
    probe(stills(SAMPLES))
    probe(opencv(video(tmp_path / "video.avi")))


def test_it_says_what_opening_says(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("no video in here\n" * 200, encoding="utf-8")
    for options, words in (
        (stills(tmp_path / "none"), "is not a folder"),
        (stills(tmp_path), "holds no picture that can be read"),
        (opencv(tmp_path / "none.avi"), "is not a video file or a /dev/video device"),
        (opencv(tmp_path / "notes.md"), "is no video that OpenCV can read"),
        (opencv("/dev/null"), "is not a video file or a /dev/video device"),
        (opencv("/dev/video99"), "no camera at /dev/video99"),
    ):
        _, said = refused(options)
        assert words in said


def test_a_video_is_let_go_of(tmp_path: Path) -> None:
    options = opencv(video(tmp_path / "video.avi"))
    probe(options)
    held = descriptors()
    probe(options)
    assert descriptors() == held


def test_a_device_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The appliance may be looking through it."""
    taken: list[object] = []
    monkeypatch.setattr("edgecam.vision.camera.opencv.check_device", lambda _path: None)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *how: taken.append(how))
    probe(opencv("/dev/video99"))
    assert taken == []
    with pytest.raises(AttributeError):  # what opening it would do
        build(opencv("/dev/video99"), WANTED, pace_of(opencv("x"))).open()
    assert len(taken) == 1


def test_a_ribbon_camera_is_looked_for_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = fake_picamera2.install(monkeypatch, np.zeros((616, 820, 3), np.uint8))
    probe(CameraOptions())
    _, said = refused(CameraOptions(pi=PiOptions(camera=1)))
    assert said.startswith("no camera at camera.pi.camera 1")
    assert hardware.opened == []
