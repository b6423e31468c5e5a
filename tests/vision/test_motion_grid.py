"""What the motion gate makes of a frame: mean colours of its cells."""

import numpy as np
import pytest
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.vision.grid import SIDE, Grid, Reduction


def reduced(pixels: Pixels) -> Grid:
    reduction, grid = Reduction(), np.full((SIDE, 3 * SIDE), -1, np.float32)
    reduction.begin(pixels.shape)
    reduction.reduce(pixels, grid)
    return grid.reshape(SIDE, SIDE, 3)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_cell_is_the_mean_of_its_pixels(scale: int) -> None:
    pixels = noise(scale * SIDE, scale * SIDE)
    means = pixels.reshape(SIDE, scale, SIDE, scale, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(reduced(pixels), means, atol=1.5)  # rounded at each halving


@pytest.mark.parametrize(
    "shape", [(480, 640), (420, 420), (448, 448), (100, 333), (1080, 1920), (7, 5)]
)
def test_what_is_where_stays_there(shape: tuple[int, int]) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    pixels[shape[0] // 2 :] = (250, 0, 0)
    pixels[:, shape[1] // 2 :, 2] = 250
    grid = reduced(pixels)
    lower, right = grid[3 * SIDE // 4, SIDE // 4], grid[SIDE // 4, 3 * SIDE // 4]
    np.testing.assert_allclose(grid[2, 2], (0, 0, 0), atol=1)
    np.testing.assert_allclose(lower, (250, 0, 0), atol=1)
    np.testing.assert_allclose(right, (0, 0, 250), atol=1)


def test_every_column_counts() -> None:
    for column in range(416):  # the rest of an odd width is left out
        pixels = np.zeros((420, 420, 3), np.uint8)
        pixels[:, column] = 255
        assert reduced(pixels).max() > 5


@pytest.mark.parametrize("side", [420, 448, 504, 720, 1008, 1054])
def test_every_column_counts_about_as_much(side: int) -> None:
    heard = []
    for column in range(side * 97 // 100):  # some at the end of an odd width are left out
        pixels = np.zeros((side, side, 3), np.uint8)
        pixels[:, column - column % 8 : column - column % 8 + 8] = 255
        heard.append(reduced(pixels)[SIDE // 2].sum())
    assert min(heard) > 0.7 * max(heard)


def test_it_begins_anew_only_where_the_shape_changes() -> None:
    reduction = Reduction()
    shapes = [(480, 640, 3), (480, 640, 3), (240, 320, 3), (240, 320, 3), (480, 640, 3)]
    assert [reduction.begin(shape) for shape in shapes] == [True, False, True, False, True]
