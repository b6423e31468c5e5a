"""How a picture is made smaller, against simple computations."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.vision.shrink import Shrink


def shrunk(pixels: Pixels, height: int, width: int) -> Pixels:
    """What an array full of rubbish holds afterwards."""
    made = np.full((height, width, 3), 99, np.uint8)
    Shrink(pixels.shape, made.shape).into(pixels, made)
    return made


def means(pixels: Pixels, down: int, across: int) -> NDArray[np.float64]:
    """Of blocks of so many pixels."""
    rows, columns = pixels.shape[0] // down, pixels.shape[1] // across
    whole = pixels[: rows * down, : columns * across]
    blocks = whole.reshape(rows, down, columns, across, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float64)


@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_whole_powers_of_two_are_means(times: int) -> None:
    pixels = noise(20 * times, 30 * times)

    made = shrunk(pixels, 20, 30)

    np.testing.assert_allclose(made, means(pixels, times, times), atol=1.5)


def test_in_between_the_last_step_is_bilinear() -> None:
    pixels = noise(96, 96)

    made = shrunk(pixels, 32, 32)

    half = np.rint(means(pixels, 2, 2)).astype(np.uint8)
    np.testing.assert_allclose(made, cv2.resize(half, (32, 32)), atol=1)


@pytest.mark.parametrize("size", [(63, 40), (40, 63), (32, 20), (10, 10), (33, 63), (64, 64)])
def test_at_most_twice_as_large_or_smaller_is_bilinear(size: tuple[int, int]) -> None:
    pixels = noise(*size)

    np.testing.assert_array_equal(shrunk(pixels, 32, 32), cv2.resize(pixels, (32, 32)))


def test_one_side_is_halved_alone_where_only_that_is_too_long() -> None:
    pixels = noise(40, 128)

    made = shrunk(pixels, 32, 32)

    narrower = np.rint(means(pixels, 1, 4)).astype(np.uint8)
    np.testing.assert_allclose(made, cv2.resize(narrower, (32, 32)), atol=2)


@pytest.mark.parametrize("size", [(65, 65), (64, 65), (65, 64), (65, 40), (40, 65)])
def test_an_odd_last_line_is_left_out(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    even = pixels[: size[0] // 2 * 2, : size[1] // 2 * 2]

    made = shrunk(pixels, 32, 32)

    np.testing.assert_allclose(made, shrunk(even, 32, 32), atol=1)  # each step rounds


def test_halved_further_than_wanted_the_rest_is_enlarged() -> None:
    pixels = noise(160, 240)
    made = np.zeros((64, 64, 3), np.uint8)

    Shrink(pixels.shape, made.shape, least=(32, 32)).into(pixels, made)

    half = np.rint(means(pixels, 4, 4)).astype(np.uint8)
    np.testing.assert_allclose(made, cv2.resize(half, (64, 64)), atol=2)


@pytest.mark.parametrize("lines", [448, 449, 600, 672, 896, 1008, 1344])
def test_noise_becomes_less_however_large_the_frame_is(lines: int) -> None:
    pixels = noise(lines, lines)

    left = shrunk(pixels, 224, 224).std() / pixels.std()

    # A mean of four leaves half; a whole multiple without halving would leave all.
    assert left < 0.51


def test_a_part_of_a_larger_frame_is_read_where_it_lies() -> None:
    frame = noise(100, 120)
    part = frame[10:74, 20:84]

    np.testing.assert_array_equal(shrunk(part, 32, 32), shrunk(part.copy(), 32, 32))


def test_it_shrinks_one_picture_like_the_other() -> None:
    shrink, made = Shrink((200, 200), (32, 32)), np.zeros((32, 32, 3), np.uint8)

    for pixels in (noise(200, 200), np.zeros((200, 200, 3), np.uint8), noise(200, 200)):
        shrink.into(pixels, made)

        np.testing.assert_array_equal(made, shrunk(pixels, 32, 32))
