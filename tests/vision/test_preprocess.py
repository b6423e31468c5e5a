"""Which pixels of a frame the model gets, and where; against simple computations."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.frames import described_model, noise

from edgecam.arrays import Pixels
from edgecam.model import Model
from edgecam.vision.preprocess import FrameWanted, Preprocessor, frame_wanted

WHOLE = (0.0, 0.0, 1.0, 1.0)


def filled(preprocessor: Preprocessor, pixels: Pixels, found: Model) -> NDArray[Any]:
    """What a tensor full of rubbish holds afterwards."""
    tensor = np.full(found.input.shape[1:], 99, found.input.dtype)
    preprocessor.fill(pixels, tensor)
    return tensor


def halved(pixels: Pixels) -> NDArray[np.float64]:
    """Each square of four pixels becomes their mean."""
    height, width, _ = pixels.shape
    squares = pixels.reshape(height // 2, 2, width // 2, 2, 3)
    return np.asarray(squares.mean(axis=(1, 3)), np.float64)


@pytest.mark.parametrize(
    ("frame", "crop", "rows", "columns"),
    [
        ((64, 64), 0.25, (24, 40), (24, 40)),
        ((64, 128), 0.25, (24, 40), (56, 72)),
        ((128, 32), 0.5, (56, 72), (8, 24)),
        ((16, 16), 1.0, (0, 16), (0, 16)),
    ],
)
def test_crop_takes_the_middle_square(
    frame: tuple[int, int], crop: float, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found, pixels = described_model(), noise(*frame)

    tensor = filled(Preprocessor(found, "crop", crop, WHOLE), pixels, found)

    np.testing.assert_array_equal(tensor, pixels[slice(*rows), slice(*columns)])


def test_crop_scales_what_it_takes() -> None:
    found, pixels = described_model(), noise(64, 100)

    tensor = filled(Preprocessor(found, "crop", 0.5, WHOLE), pixels, found)

    np.testing.assert_allclose(tensor, halved(pixels[16:48, 34:66]), atol=1)


@pytest.mark.parametrize(
    ("frame", "rows", "columns"),
    [((64, 64), (16, 48), (0, 64)), ((32, 128), (0, 32), (32, 96)), ((128, 64), (48, 80), (0, 64))],
)
def test_crop_has_the_models_proportions(
    frame: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found, pixels = described_model(height=16, width=32), noise(*frame)

    tensor = filled(Preprocessor(found, "crop", 1.0, WHOLE), pixels, found)

    np.testing.assert_allclose(tensor, halved(pixels[slice(*rows), slice(*columns)]), atol=1)


def test_squash_takes_everything() -> None:
    found, pixels = described_model(), noise(20, 31)

    tensor = filled(Preprocessor(found, "squash", 0.5, WHOLE), pixels, found)

    np.testing.assert_array_equal(tensor, cv2.resize(pixels, (16, 16)))


def test_squash_halves_what_is_large() -> None:
    found, pixels = described_model(), noise(48, 200)

    tensor = filled(Preprocessor(found, "squash", 0.5, WHOLE), pixels, found)

    narrower = np.rint(halved(pixels).reshape(24, 25, 4, 3).mean(axis=2)).astype(np.uint8)
    np.testing.assert_allclose(tensor, cv2.resize(narrower, (16, 16)), atol=2)


@pytest.mark.parametrize(
    ("frame", "rows", "columns"),
    [
        ((8, 16), (4, 12), (0, 16)),
        ((16, 4), (0, 16), (6, 10)),
        ((3, 16), (6, 9), (0, 16)),  # where the border cannot be even, it is larger below
        ((16, 16), (0, 16), (0, 16)),
    ],
)
def test_letterbox_keeps_everything_and_its_proportions(
    frame: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found = described_model(scale=1.0, mean=[10, 20, 30], std=[1])
    plain, pixels = described_model(), noise(*frame)

    boxed = filled(Preprocessor(plain, "letterbox", 0.5, WHOLE), pixels, plain)
    bordered = filled(Preprocessor(found, "letterbox", 0.5, WHOLE), pixels, found)

    expected = np.zeros((16, 16, 3), np.uint8)
    expected[slice(*rows), slice(*columns)] = pixels
    np.testing.assert_array_equal(boxed, expected)
    outside = np.ones((16, 16), bool)
    outside[slice(*rows), slice(*columns)] = False
    assert not bordered[outside].any()  # (mean - mean) / std


def test_letterbox_scales_what_it_keeps() -> None:
    found, pixels = described_model(), noise(16, 32)

    tensor = filled(Preprocessor(found, "letterbox", 1.0, WHOLE), pixels, found)

    np.testing.assert_allclose(tensor[4:12], halved(pixels), atol=1)
    assert not tensor[:4].any()
    assert not tensor[12:].any()


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((0.0, 0.0, 0.5, 0.5), (0, 16), (0, 16)),
        ((0.5, 0.0, 1.0, 0.5), (0, 16), (16, 32)),
        ((0.25, 0.5, 0.75, 1.0), (16, 32), (8, 24)),
    ],
)
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_a_region_is_its_part_of_the_frame(
    fit: Any, box: Sequence[float], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found, pixels = described_model(), noise(32, 32)

    tensor = filled(Preprocessor(found, fit, 1.0, box), pixels, found)

    np.testing.assert_array_equal(tensor, pixels[slice(*rows), slice(*columns)])


@pytest.mark.parametrize(
    ("box", "row", "column"),
    [
        ((0.0, 0.0, 0.001, 0.001), 0, 0),
        ((0.999, 0.999, 1.0, 1.0), -1, -1),
        ((0.5, 0.999, 0.501, 1.0), -1, 10),
    ],
)
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_a_region_smaller_than_a_pixel_is_that_pixel(
    fit: Any, box: Sequence[float], row: int, column: int
) -> None:
    found, pixels = described_model(), noise(20, 20)

    tensor = filled(Preprocessor(found, fit, 1.0, box), pixels, found)

    np.testing.assert_array_equal(tensor, np.broadcast_to(pixels[row, column], (16, 16, 3)))


@pytest.mark.parametrize("frame", [(1, 1), (1, 500), (500, 1)])
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_the_smallest_frames_are_taken(fit: Any, frame: tuple[int, int]) -> None:
    found = described_model()
    pixels = np.full((*frame, 3), 200, np.uint8)

    tensor = filled(Preprocessor(found, fit, 0.01, WHOLE), pixels, found)

    assert set(np.unique(tensor)) - {0} == {200}


@pytest.mark.parametrize("dtype", ["uint8", "int8", "float32"])
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_the_size_of_frames_may_change_at_any_time(fit: Any, dtype: str) -> None:
    found = described_model(dtype, mean=[3], std=[2])
    preprocessor = Preprocessor(found, fit, 0.8, WHOLE)
    frames = [noise(*size) for size in ((20, 90), (90, 20), (20, 90), (50, 50), (16, 16))]

    for pixels in frames:
        fresh = Preprocessor(found, fit, 0.8, WHOLE)
        np.testing.assert_array_equal(
            filled(preprocessor, pixels, found), filled(fresh, pixels, found)
        )


@pytest.mark.parametrize(
    ("fit", "crop", "boxes", "short_side", "square"),
    [
        ("crop", 0.875, [WHOLE], 256, True),
        ("crop", 0.9334, [WHOLE], 240, True),  # the default
        ("crop", 1.0, [[0, 0, 1, 1]], 224, True),
        ("squash", 0.875, [WHOLE], 224, False),
        ("letterbox", 0.875, [WHOLE], 224, False),
        ("crop", 0.875, [(0.0, 0.0, 0.5, 1.0)], 512, False),
        ("crop", 1.0, [WHOLE, (0.0, 0.5, 1.0, 0.75)], 896, False),
        ("crop", 0.92, [WHOLE], 244, True),  # 243.5 pixels, and no fewer
    ],
)
def test_the_frame_that_gives_the_model_all_it_can_use(
    fit: Any, crop: float, boxes: list[Sequence[float]], short_side: int, *, square: bool
) -> None:
    found = described_model(height=224, width=224)

    assert frame_wanted(found, fit, crop, boxes) == FrameWanted(short_side, square)


def test_a_model_that_is_not_square_wants_its_longer_side() -> None:
    found = described_model(height=96, width=160)

    assert frame_wanted(found, "crop", 1.0, [WHOLE]) == FrameWanted(160, square=False)
