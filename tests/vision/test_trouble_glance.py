"""A glance must never find that a camera sees which is measured to be blind."""

import itertools
import tracemalloc
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from support.frames import noise
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.vision.trouble.covered import Cover
from edgecam.vision.trouble.dark import Darkness
from edgecam.vision.trouble.glance import Glance
from edgecam.vision.trouble.sight import Sight
from edgecam.workshop import scenes
from edgecam.workshop.scenes import Photograph, Shot
from edgecam.workshop.trouble import effects

PICTURES = scenes.photographs(SAMPLES)
CAT = next(one for one in PICTURES if one.name == "cat")


def is_blind(pixels: Pixels) -> bool:
    sight = Sight(pixels.shape)
    sight.see(pixels)
    return Darkness().look(sight, 0).bad or Cover().look(sight, 0).bad


def what_may_follow(picture: Photograph) -> Iterator[Shot]:
    for level, lean in ((2, 0), (30, 0), (90, 40), (200, 0), (60, 25), (255, 0)):
        yield from effects.covered(picture, 1, level=level, lean=lean)
    taped = list(effects.taped(picture, 1))
    for stops in range(9):
        yield from scenes.exposed(scenes.still(picture, 1), [-stops])
        yield from scenes.exposed(taped, [-stops])


@pytest.mark.parametrize(("darker", "gain"), [(0, 0), (0, 8), (2, 1), (4, 1)])
def test_whatever_covers_or_darkens_a_photograph_is_seen_at_a_glance(
    darker: float, gain: float
) -> None:
    blind = 0
    for picture in PICTURES[::6]:
        shots = itertools.chain(scenes.still(picture, 1), what_may_follow(picture))
        darkened = scenes.exposed(shots, itertools.repeat(-darker))
        for shot in scenes.grainy(darkened, gain=gain):
            if is_blind(shot.pixels):
                blind += 1
                assert not Glance().sees(shot.pixels), picture.name
    assert blind >= 20


@pytest.mark.parametrize("gain", [0, 1, 4])
def test_of_photographs_in_daylight_nearly_all_need_no_measuring(gain: float) -> None:
    shots = (Shot(picture.pixels, picture.name) for picture in PICTURES)
    seen = [Glance().sees(shot.pixels) for shot in scenes.grainy(shots, gain=gain)]
    assert sum(seen) >= 28


@pytest.mark.parametrize("size", [(64, 64), (240, 320), (1080, 1920), (97, 1001)])
def test_frames_may_be_of_any_size(size: tuple[int, int]) -> None:
    frame = np.zeros((*size, 3), np.uint8)
    assert not Glance().sees(frame)
    assert Glance().sees(np.asarray(cv2.resize(CAT.pixels, size[::-1]), np.uint8))


def test_little_is_allocated_for_it() -> None:
    frame = noise(1080, 1920)
    glance = Glance()
    tracemalloc.start()
    try:
        glance.sees(frame)
        assert tracemalloc.get_traced_memory()[1] <= 4096
    finally:
        tracemalloc.stop()
