"""A glance must never find that a camera sees which is measured to be blind."""

import itertools
import tracemalloc
from collections.abc import Iterator

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
CAT, OWL = (next(one for one in PICTURES if one.name == name) for name in ("cat", "owl"))


def remembering(pixels: Pixels) -> Glance:
    sight, glance = Sight(pixels.shape), Glance()
    sight.see(pixels)
    glance.remember(pixels, sight)
    return glance


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
    for picture in PICTURES[::4]:
        shots = itertools.chain(scenes.still(picture, 1), what_may_follow(picture))
        darkened = scenes.exposed(shots, itertools.repeat(-darker))
        first, *others = (shot.pixels for shot in scenes.grainy(darkened, gain=gain))
        if is_blind(first):
            continue
        glance = remembering(first)
        for pixels in others:
            if is_blind(pixels):
                blind += 1
                assert not glance.still_sees(pixels), picture.name
    assert blind >= 40


def test_what_moves_in_a_small_part_of_the_scene_needs_no_measuring() -> None:
    glance = remembering(OWL.pixels)
    shots = list(scenes.noisy(effects.passing(OWL, CAT, 9, part=0.1), gain=1))
    assert all(glance.still_sees(shot.pixels) for shot in shots)


def test_another_scene_or_another_size_is_measured() -> None:
    glance = remembering(CAT.pixels)
    assert glance.still_sees(CAT.pixels)
    assert not glance.still_sees(OWL.pixels)
    assert not glance.still_sees(CAT.pixels[:-1])


def test_nothing_is_believed_of_a_camera_that_was_never_measured() -> None:
    assert not Glance().still_sees(CAT.pixels)


def test_little_is_allocated_for_it() -> None:
    frame = noise(1080, 1920)
    glance = remembering(frame)
    tracemalloc.start()
    try:
        glance.still_sees(frame)
        assert tracemalloc.get_traced_memory()[1] <= 4096
    finally:
        tracemalloc.stop()
