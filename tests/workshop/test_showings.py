"""What deciders are tried on shows what it says."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.workshop import scenes
from edgecam.workshop.decision.showings import CONDITIONS, NOTHING, Showing, showings
from edgecam.workshop.scenes import Photograph

CAT = next(picture for picture in scenes.photographs(SAMPLES) if picture.name == "cat")


def test_photographs_and_scenes_of_nothing_take_turns() -> None:
    shown = list(showings([CAT, CAT], ["daylight", "dim"], frames=3, frames_between=2))
    assert [showing.condition for showing in shown] == ["daylight"] * 4 + ["dim"] * 4
    assert [bool(showing.nothing) for showing in shown] == [False, True] * 4
    assert [len(list(showing.shots())) for showing in shown] == [3, 2] * 4
    assert len({showing.nothing for showing in shown[1::2]}) == 4


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_changes_frames_and_always_alike(condition: str) -> None:
    def pixels(seed: int) -> list[bytes]:
        return [shot.pixels.tobytes() for shot in Showing(condition, CAT, "", 3, seed).shots()]

    assert pixels(1) == pixels(1)
    assert pixels(1) != [CAT.pixels.tobytes()] * 3
    assert len(set(pixels(1))) == 3
    assert pixels(1) != pixels(2)


@pytest.mark.parametrize("kind", NOTHING)
def test_a_scene_of_nothing_keeps_little_of_the_photograph(kind: str) -> None:
    made = NOTHING[kind](CAT.pixels, 3)
    assert made.shape == CAT.pixels.shape
    assert made.dtype == CAT.pixels.dtype
    assert np.array_equal(made, NOTHING[kind](CAT.pixels, 3))
    assert abs(likeness(made)) < 0.75 < likeness(CAT.pixels)


def likeness(pixels: Pixels) -> float:
    """The correlation of the fine structure in the middle with the photograph's."""
    return float(np.corrcoef(fine(pixels), fine(CAT.pixels))[0, 1])


def fine(pixels: Pixels) -> NDArray[Any]:
    middle = pixels[100:380, 180:460].astype(float).mean(axis=2)
    rough = np.diff(middle, axis=0)[:, 1:] + np.diff(middle, axis=1)[1:]
    noise = np.random.default_rng(0).normal(0, 1e-3, rough.shape)  # a flat board has no structure
    return np.ravel(rough + noise)


def test_a_texture_keeps_colours_and_grain_and_no_shapes() -> None:
    made = NOTHING["texture"](CAT.pixels, 3).astype(float)
    kept = CAT.pixels.astype(float)
    assert np.allclose(made.mean(axis=(0, 1)), kept.mean(axis=(0, 1)), atol=6)  # some is clipped
    assert abs(np.diff(made, axis=1).std() / np.diff(kept, axis=1).std() - 1) < 0.2


def test_a_mosaic_has_all_pixels_of_the_photograph() -> None:
    made = NOTHING["mosaic"](CAT.pixels, 3)
    assert np.array_equal(np.sort(made, axis=None), np.sort(CAT.pixels, axis=None))
    assert not np.array_equal(made, Photograph("cat", CAT.pixels).pixels)
