import numpy as np
import pytest

from edgecam.arrays import Pixels
from edgecam.vision.camera.orientation import Orientation

# Each pixel is its own colour, so that any turn leaves another picture.
PICTURE: Pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def reference(rotation: int, *, hflip: bool, vflip: bool) -> Pixels:
    pixels = PICTURE[:, ::-1] if hflip else PICTURE
    pixels = pixels[::-1] if vflip else pixels
    return np.asarray(np.rot90(pixels, -rotation // 90), np.uint8)  # rot90 turns to the left


@pytest.mark.parametrize("vflip", [False, True])
@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_mirrored_first_then_turned_clockwise(rotation: int, *, hflip: bool, vflip: bool) -> None:
    turned = Orientation(rotation, hflip=hflip, vflip=vflip).upright(PICTURE)
    assert turned.dtype == np.uint8
    np.testing.assert_array_equal(turned, reference(rotation, hflip=hflip, vflip=vflip))


def test_a_quarter_turn_moves_the_top_left_corner_to_the_top_right() -> None:
    turned = Orientation(90, hflip=False, vflip=False).upright(PICTURE)
    assert turned.shape == (3, 2, 3)
    np.testing.assert_array_equal(turned[0, -1], PICTURE[0, 0])


def test_nothing_to_do_copies_nothing() -> None:
    assert Orientation(0, hflip=False, vflip=False).upright(PICTURE) is PICTURE


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_the_picture_given_is_left_alone(rotation: int) -> None:
    before = PICTURE.copy()
    Orientation(rotation, hflip=True, vflip=True).upright(PICTURE)
    np.testing.assert_array_equal(PICTURE, before)
