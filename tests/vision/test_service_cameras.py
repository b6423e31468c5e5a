"""Real cameras before the whole half, whose pictures change in the middle of it."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.mjpeg import network_camera
from support.paces import pace_of
from support.vision_half import Start, photograph
from support.waiting import wait_until

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions, StillsOptions
from edgecam.errors import CameraError
from edgecam.messages import TROUBLES
from edgecam.vision import capture
from edgecam.vision.camera import stale
from edgecam.vision.camera.opencv import OpencvCamera
from edgecam.vision.camera.stills import StillsCamera

UNUSABLE = TROUBLES.index("unusable") + 1
MISSING = TROUBLES.index("missing") + 1

pytestmark = pytest.mark.usefixtures("hurry")


def smaller(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def test_stills_of_several_sizes(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edgecam.vision.preparation")
    castle = photograph("castle.jpg")
    for name, pixels in (
        ("a", photograph("panda.jpg")),
        ("b", smaller(castle, 400, 300)),
        ("c", smaller(photograph("bison.jpg"), 500, 500)),
    ):
        assert cv2.imwrite(str(tmp_path / f"{name}.png"), pixels[:, :, ::-1])
    options = CameraOptions(
        source="stills", fps=None, stills=StillsOptions(str(tmp_path), hold_s=1e-9, loop=False)
    )
    half = start(StillsCamera(options, pace_of(options)))
    wait_until(lambda: half.service.finished)
    wait_until(lambda: len(half.sightings) == 5)
    appeared = [label for _, label, appears in half.sightings if appears]
    assert appeared == ["giant panda", "castle", "bison"]
    assert half.failed() is None
    said = [one.getMessage() for one in caplog.records if one.name == "edgecam.vision.preparation"]
    assert said == [
        "the camera gives frames of 400x300 now",
        "the camera gives frames of 500x500 now",
    ]


def test_a_stream_that_changes_its_size(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale, "PATIENCE_NS", 300_000_000)
    with network_camera() as network:
        network.shown = photograph("panda.jpg")
        options = CameraOptions(source="opencv", fps=None, opencv=OpencvOptions(network.url))
        half = start(OpencvCamera(options, pace_of(options)))
        wait_until(lambda: half.sightings == [(0, "giant panda", True)])
        castle = photograph("castle.jpg")
        network.shown = smaller(castle, castle.shape[1] // 2, castle.shape[0] // 2)
        wait_until(lambda: (0, "castle", True) in half.sightings)
        assert half.failed() is None
        assert half.camera_troubles == [0]


def test_a_still_stream_that_refuses_to_be_opened_anew_is_waited_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale, "PATIENCE_NS", 300_000_000)
    monkeypatch.setattr(capture, "FIRST_RETRY_S", 0.05)
    with network_camera() as network:
        network.shown = photograph("panda.jpg")
        options = CameraOptions(source="opencv", fps=None, opencv=OpencvOptions(network.url))
        half = start(OpencvCamera(options, pace_of(options)))
        wait_until(lambda: half.sightings == [(0, "giant panda", True)])
        network.refuses = network.still = True
        wait_until(lambda: network.refused >= 2)
        assert half.failed() is None
        wait_until(lambda: MISSING in half.camera_troubles)
        network.shown = photograph("castle.jpg")
        network.refuses = network.still = False
        wait_until(lambda: (0, "castle", True) in half.sightings)
        assert half.failed() is None
        assert half.camera_troubles == [0, MISSING, 0]


def test_a_file_that_grows_is_trouble_and_ends_the_half(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "video.avi"
    panda = photograph("panda.jpg")
    size = (panda.shape[1], panda.shape[0])
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    for _ in range(20):
        writer.write(np.ascontiguousarray(panda[:, :, ::-1]))
    writer.release()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    options = CameraOptions(source="opencv", fps=None, opencv=OpencvOptions(str(file)))
    half = start(OpencvCamera(options, pace_of(options)))
    wait_until(lambda: half.service.frames)  # there are ten of them, and time enough
    with file.open("ab") as end:
        end.write(content[len(content) // 2 :])
    wait_until(lambda: half.failed() is not None)
    failure = half.failed()
    assert isinstance(failure, CameraError)
    assert f"{file} has grown since it was opened" in str(failure)
    wait_until(lambda: UNUSABLE in half.camera_troubles)
