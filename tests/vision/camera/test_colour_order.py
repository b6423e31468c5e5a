"""Red stays red from every kind of camera to the tensor: nothing swaps RGB and BGR on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support import fake_picamera2
from support.paces import pace_of
from support.places import MODEL, RUNTIMES, SAMPLES

from edgecam import model
from edgecam.arrays import Pixels
from edgecam.config import CameraOptions, ModelOptions
from edgecam.config.options import OpencvOptions, StillsOptions
from edgecam.model import Model
from edgecam.vision import camera
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier
from edgecam.vision.preprocess import Preprocessor, frame_wanted

WHOLE = (0.0, 0.0, 1.0, 1.0)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
NEARLY = 6  # a video is compressed
DOG = "German Shepherd Dog"  # of which the model is no longer sure with red and blue swapped

Options = Callable[[Pixels], CameraOptions]
"""Puts an RGB picture in front of a camera."""


def show_still(picture: Pixels, folder: Path) -> CameraOptions:
    assert cv2.imwrite(str(folder / "picture.png"), picture[:, :, ::-1])
    stills = StillsOptions(folder=str(folder), hold_s=60)
    return CameraOptions(source="stills", fps=None, stills=stills)


def show_video(picture: Pixels, folder: Path) -> CameraOptions:
    file = str(folder / "video.avi")
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(file, cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    writer.write(np.ascontiguousarray(picture[:, :, ::-1]))
    writer.release()
    return CameraOptions(source="opencv", fps=None, opencv=OpencvOptions(source=file))


@pytest.fixture(params=["stills", "opencv", "BGR888", "RGB888", "XBGR8888", "XRGB8888", "YUV420"])
def show(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Options]:
    """Every kind of camera, and for the Pi's every order of bytes that it may come up with."""
    if request.param == "stills":
        yield lambda picture: show_still(picture, tmp_path)
        return
    if request.param == "opencv":
        yield lambda picture: show_video(picture, tmp_path)
        return

    def show_sensor(picture: Pixels) -> CameraOptions:
        hardware = fake_picamera2.install(monkeypatch, picture)
        hardware.gives_format = request.param
        return CameraOptions(source="pi", fps=None)

    yield show_sensor


@pytest.fixture(scope="module")
def found() -> Model:
    return model.load(ModelOptions(file=str(MODEL)))


def captured(options: CameraOptions, found: Model) -> Pixels:
    wanted = frame_wanted(found, "crop", 1.0, [WHOLE])
    source = camera.build(options, wanted, pace_of(options))
    source.open()
    frame = source.capture(2.0)
    source.close()
    assert frame is not None
    return frame.pixels


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_colour_fills_its_own_channel_of_the_tensor(
    show: Options, found: Model, channel: int
) -> None:
    picture = np.full((616, 820, 3), COLOURS[channel], np.uint8)
    tensor = np.zeros((224, 224, 3), np.uint8)
    Preprocessor(found, "crop", 1.0, WHOLE).fill(captured(show(picture), found), tensor)
    assert np.abs(tensor.astype(int) - COLOURS[channel]).max() <= NEARLY


def test_a_float_tensor_has_its_channels_in_the_same_order(show: Options, found: Model) -> None:
    float_input = model.Tensor(found.input.shape, "float32", 0.0, 0)
    changes: dict[str, Any] = {"input": float_input, "mean": (0.0,), "std": (255.0,)}
    floating = Model(**{**vars(found), **changes})
    tensor = np.zeros((224, 224, 3), np.float32)
    picture = np.full((616, 820, 3), (255, 128, 0), np.uint8)
    Preprocessor(floating, "crop", 1.0, WHOLE).fill(captured(show(picture), found), tensor)
    assert np.abs(tensor - np.array([1.0, 0.5, 0.0])).max() <= 0.03


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_model_knows_a_photograph_only_in_the_right_order(
    show: Options, found: Model, runtime: str
) -> None:
    photograph = read_picture(SAMPLES / "german_shepherd.jpg")
    assert photograph is not None
    dog = found.labels.index(DOG)
    classifier = Classifier(found, runtime, 1)
    preprocessor = Preprocessor(found, "crop", ModelOptions().crop, WHOLE)
    pixels = captured(show(photograph), found)
    prepared = classifier.blank()
    preprocessor.fill(pixels, prepared)
    scores = classifier.look(prepared)
    assert scores.argmax() == dog
    assert scores[dog] > 0.9
    preprocessor.fill(np.ascontiguousarray(pixels[:, :, ::-1]), prepared)
    swapped = classifier.look(prepared)
    assert swapped[dog] < 0.6
