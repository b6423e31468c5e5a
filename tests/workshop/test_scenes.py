"""Made sequences: as long as asked for, reproducible, and what their names say."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import pytest
from support.places import SAMPLES

from edgecam.workshop import scenes
from edgecam.workshop.scenes import Photograph, Shot

FPS = 10.0
PICTURES = scenes.photographs(SAMPLES)
CAT = next(picture for picture in PICTURES if picture.name == "cat")
OWL = next(picture for picture in PICTURES if picture.name == "owl")

Effect = Callable[[Iterable[Shot]], Iterator[Shot]]

EFFECTS: dict[str, Effect] = {
    "noisy": lambda shots: scenes.noisy(shots, gain=2.0),
    "grainy": lambda shots: scenes.grainy(shots, gain=2.0),
    "rainy": scenes.rainy,
    "dusk": lambda shots: scenes.dusk(list(shots)),
    "flickering": lambda shots: scenes.flickering(shots, FPS),
    "occluded": lambda shots: scenes.occluded(shots, part=0.1),
    "motion_blurred": lambda shots: scenes.motion_blurred(shots, length=9),
    "defocused": lambda shots: scenes.defocused(shots, sigma=2.0),
    "shaking": lambda shots: scenes.shaking(shots, pixels=6),
    "zooming": lambda shots: scenes.zooming(shots, 20),
}


def levels(shots: Iterable[Shot]) -> list[float]:
    return [float(shot.pixels.mean()) for shot in shots]


def test_every_photograph_is_a_frame() -> None:
    assert len(PICTURES) == 30
    for picture in PICTURES:
        assert picture.pixels.shape == (scenes.HEIGHT, scenes.WIDTH, 3)
        assert picture.pixels.dtype == np.uint8


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_changes_pixels_alone_and_always_alike(name: str) -> None:
    first, again = (list(EFFECTS[name](scenes.still(CAT, 4))) for _ in range(2))
    assert [shot.shown for shot in first] == ["cat"] * 4
    for shot, same in zip(first, again, strict=True):
        assert shot.pixels.shape == CAT.pixels.shape
        assert shot.pixels.dtype == np.uint8
        assert np.array_equal(shot.pixels, same.pixels)
    assert not np.array_equal(first[3].pixels, CAT.pixels)
    assert np.array_equal(CAT.pixels, next(scenes.still(CAT, 1)).pixels)  # and left alone


@pytest.mark.parametrize("name", ["noisy", "grainy", "rainy", "flickering", "occluded", "shaking"])
def test_what_moves_differs_from_frame_to_frame(name: str) -> None:
    first, second = islice(EFFECTS[name](scenes.still(CAT, 2)), 2)
    assert not np.array_equal(first.pixels, second.pixels)


def test_cuts_fades_and_pans_say_what_they_show() -> None:
    assert shown(scenes.cuts([CAT, OWL], 2)) == ["cat", "cat", "owl", "owl"]
    assert shown(scenes.fades([CAT, OWL], 1, 2)) == ["cat", None, None, "owl"]
    assert shown(scenes.pan(CAT, OWL, 2, 1)) == ["cat", None, None, "owl"]


def shown(shots: Iterable[Shot]) -> list[str | None]:
    return [shot.shown for shot in shots]


def test_a_fade_and_a_pan_lead_from_one_to_the_other() -> None:
    for made in (scenes.fades([CAT, OWL], 1, 5), scenes.pan(CAT, OWL, 5, 1)):
        shots = list(made)
        towards = [float(np.abs(shot.pixels.astype(int) - OWL.pixels).mean()) for shot in shots]
        assert towards[0] > 10 > towards[-1] == 0
    half = list(scenes.fades([black(), white()], 1, 1))[1]
    assert np.all(np.abs(half.pixels.astype(int) - 127) <= 1)


def black() -> Photograph:
    return Photograph("black", np.zeros((scenes.HEIGHT, scenes.WIDTH, 3), np.uint8))


def white() -> Photograph:
    return Photograph("white", np.full((scenes.HEIGHT, scenes.WIDTH, 3), 255, np.uint8))


def grey() -> Photograph:
    return Photograph("grey", np.full((scenes.HEIGHT, scenes.WIDTH, 3), 100, np.uint8))


def test_noise_has_the_deviation_of_its_formula() -> None:
    for gain in (1.0, 8.0):
        shot = next(scenes.noisy(scenes.still(grey(), 1), gain=gain))
        assert float(shot.pixels.std()) == pytest.approx(
            (0.02 * gain * 100 + 0.25 * gain**2) ** 0.5, rel=0.05
        )


def test_dusk_falls_by_its_stops() -> None:
    day, *_, night = levels(scenes.dusk(list(scenes.still(grey(), 9)), stops=3.0))
    assert day == 100
    assert night == pytest.approx(12.5, abs=0.6)


def test_flicker_leaves_the_mean_and_makes_bands() -> None:
    for shot in scenes.flickering(scenes.still(grey(), 5), FPS):
        rows = shot.pixels[:, 0, 0].astype(float)
        assert rows.max() - rows.min() > 20
        assert rows.mean() == pytest.approx(100, abs=5)


def test_an_occlusion_covers_its_part() -> None:
    shot = next(scenes.occluded(scenes.still(black(), 1), part=0.25))
    assert float((shot.pixels == 128).mean()) == pytest.approx(0.25, abs=0.01)
