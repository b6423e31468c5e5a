"""When a network stream counts as frozen: its codec repeats frames by design, and a sensor does not.

Real codecs: what they make of noise, of a still scene and of a sensor that has stopped is theirs.
"""

import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.frames import noise
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions, TroubleOptions
from edgecam.messages import Frame
from edgecam.vision.camera.opencv import OpencvCamera
from edgecam.vision.camera.pace import Pace
from edgecam.vision.trouble import TroubleWatch
from edgecam.vision.trouble.frozen import LEARN_S, OVERDUE_S, Repetition
from edgecam.workshop import scenes
from edgecam.workshop.scenes import Shot

SECOND_NS = 10**9
PERIOD_S = 2  # between frames: with a key frame in twelve a group of pictures lasts 24 s
LEARNED = round(LEARN_S / PERIOD_S) + 24  # frames
CAT, OWL = (picture for picture in scenes.photographs(SAMPLES) if picture.name in ("cat", "owl"))
ONLY_FROZEN = TroubleOptions(watch=["frozen"])


def small(shots: Iterable[Shot]) -> Iterator[Pixels]:
    for shot in shots:
        resized: Any = cv2.resize(shot.pixels, (160, 120), interpolation=cv2.INTER_AREA)
        yield resized


def sensed(frames: int, strength: float, seed: int = 0) -> Iterator[Pixels]:
    """The cat, as a sensor with some noise gives it: of so many grey levels."""
    (cat,) = small(scenes.still(CAT, 1))
    random = np.random.default_rng(seed)
    for _ in range(frames):
        light = cat + strength * random.standard_normal(cat.shape)
        yield np.asarray(np.clip(np.rint(light), 0, 255), np.uint8)


def passing(frames: int) -> Iterator[Pixels]:
    """The cat without any noise, and now and then somebody who hides half of it."""
    (cat,) = small(scenes.still(CAT, 1))
    (owl,) = small(scenes.still(OWL, 1))
    for number in range(frames):
        pixels = cat.copy()
        if number % 40 < 8:
            x = number % 40 * 10
            pixels[:, x : x + 80] = owl[:, : len(pixels[0, x : x + 80])]
        yield pixels


def coded(file: Path, codec: str, frames: Iterable[Pixels]) -> Iterator[Pixels]:
    """What comes out of a codec; it is written and read again."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), 10, (160, 120))
    assert writer.isOpened()
    for pixels in frames:
        writer.write(pixels)
    writer.release()
    reader = cv2.VideoCapture(str(file))
    while (read := reader.read())[0]:
        yield np.asarray(read[1])
    reader.release()


def told(frames: Iterable[Pixels], *, is_coded: bool = True) -> list[tuple[int, str]]:
    """The number of the frame at which something was told, and what."""
    watch = TroubleWatch(ONLY_FROZEN, live=True, coded=is_coded)
    changes = (
        (number, watch.look(Frame(pixels, number * PERIOD_S * SECOND_NS)))
        for number, pixels in enumerate(frames)
    )
    return [(number, change.reason) for number, change in changes if change]


@pytest.fixture(params=[("mp4v", "mp4"), ("MJPG", "avi")], ids=["groups", "pictures"])
def codec(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """One with groups of twelve pictures, and one in which each stands by itself."""
    name, ending = request.param
    return tmp_path / f"stream.{ending}", name


@pytest.mark.parametrize("strength", [0.3, 2.0], ids=["the codec takes noise away", "noise"])
def test_a_sensor_that_stops_behind_a_codec_is_told_and_its_return_too(
    codec: tuple[Path, str], strength: float
) -> None:
    stopped = next(sensed(1, strength))
    frames = chain(sensed(LEARNED, strength, seed=1), [stopped] * 120, sensed(30, strength, seed=2))
    (begins, reason), (ends, ok) = told(coded(*codec, frames))
    assert (reason, ok) == ("frozen", "")
    assert OVERDUE_S <= (begins - LEARNED) * PERIOD_S <= OVERDUE_S + 70
    assert 0 <= (ends - LEARNED - 120) * PERIOD_S <= 50


@pytest.mark.parametrize("frames", [sensed(700, 0.3), sensed(700, 2.0)], ids=["little", "noise"])
def test_a_sensor_that_goes_on_is_never_frozen(
    codec: tuple[Path, str], frames: Iterator[Pixels]
) -> None:
    assert told(coded(*codec, frames)) == []


def test_a_scene_without_noise_is_still_by_design(codec: tuple[Path, str]) -> None:
    frames = list(coded(*codec, passing(3 * LEARNED)))
    assert told(frames) == []
    still = chain(frames, [frames[20]] * 200)
    assert told(still) == []  # however long
    assert told([frames[20]] * 20, is_coded=False) == [(6, "frozen")]  # a sensor would not


def test_a_still_picture_that_never_was_another_is_not_told() -> None:
    assert told([noise(120, 160)] * 1000) == []


def test_what_stops_before_it_is_known_is_not_told(codec: tuple[Path, str]) -> None:
    half = LEARNED // 2
    frames = chain(sensed(half, 2.0), [next(sensed(1, 2.0, seed=1))] * 200)
    assert told(coded(*codec, frames)) == []


def test_black_and_white_have_no_noise() -> None:
    noisy = [noise(120, 160, seed=seed) for seed in range(LEARNED)]
    dark = [np.zeros((120, 160, 3), np.uint8)] * 200
    assert told([*noisy, *dark]) == []
    assert [what for _, what in told([*noisy, *noisy[-1:] * 200])] == ["frozen"]


@pytest.mark.parametrize(
    ("source", "is_coded"),
    [("rtsp://camera/1", True), ("http://camera/", True), ("/dev/video0", False)],
)
def test_a_camera_says_whether_a_codec_is_between(
    source: str,
    is_coded: bool,  # noqa: FBT001  a parameter
) -> None:
    options = CameraOptions(source="opencv", opencv=OpencvOptions(source=source))
    camera = OpencvCamera(options, Pace(10.0))
    assert (camera.live, camera.coded) == (True, is_coded)


@pytest.mark.parametrize(("count", "frozen"), [(1020, True), (1030, False)])
def test_a_thousand_pictures_are_remembered(
    count: int,
    frozen: bool,  # noqa: FBT001  a parameter
) -> None:
    """What goes round in a ring of so many is known from its second round on."""
    repetition = Repetition()
    frames = [noise(48, 64, seed=seed) for seed in range(count)]
    said = [repetition.look(frames[at % count], at * SECOND_NS).bad for at in range(3 * count)]
    told_at = said.index(True) if frozen else 3 * count
    assert not any(said[:told_at])
    if frozen:
        assert told_at == count + OVERDUE_S
        assert all(said[told_at:])


def test_little_is_allocated_for_it_however_many_pictures_have_come() -> None:
    repetition, light = Repetition(), noise(64, 1920).copy()
    tracemalloc.start()
    try:
        peaks = []
        for number in range(4000):
            light[:, :] += np.uint8(1)
            light[:, number % 1920] += np.uint8(1)
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            repetition.look(light, number * SECOND_NS)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
        assert 0 < max(peaks) <= 2048  # another thread prepares or decides at the same time
    finally:
        tracemalloc.stop()
