"""What a pixel becomes in the model's tensor, and that getting there costs no memory."""

import tracemalloc
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.frames import described_model, noise
from support.places import MODEL

from edgecam import model
from edgecam.arrays import Pixels
from edgecam.config import ModelOptions
from edgecam.model import Model
from edgecam.vision.preprocess import Preprocessor

WHOLE = (0.0, 0.0, 1.0, 1.0)
# Every value of a pixel once in each channel, in three different orders.
EVERY_VALUE = (
    np.stack([np.arange(256), np.arange(256)[::-1], np.roll(np.arange(256), 77)], axis=1)
    .reshape(16, 16, 3)
    .astype(np.uint8)
)
LIMITS = {"uint8": (0, 255), "int8": (-128, 127)}


def tensor_of(found: Model, pixels: Pixels = EVERY_VALUE) -> NDArray[Any]:
    """What a tensor full of rubbish holds afterwards; nothing is scaled."""
    tensor = np.full(found.input.shape[1:], 99, found.input.dtype)
    Preprocessor(found, "squash", 1.0, WHOLE).fill(pixels, tensor)
    return tensor


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ([127.5], [127.5]),
        ([0], [255]),
        ([123.7, 116.3, 103.5], [58.4, 57.1, 57.4]),
        ([1, 2, 3], [2]),
    ],
)
def test_float_tensors_hold_pixel_less_mean_by_std(mean: list[float], std: list[float]) -> None:
    found = described_model("float32", mean=mean, std=std)

    tensor = tensor_of(found)

    assert tensor.dtype == np.float32
    for channel in range(3):
        for pixel, stored in zip(
            EVERY_VALUE[..., channel].flat, tensor[..., channel].flat, strict=True
        ):
            real = (int(pixel) - mean[channel % len(mean)]) / std[channel % len(std)]
            assert stored == pytest.approx(real, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize(
    ("mean", "std", "scale", "zero_point"),
    [
        ([127.5], [127.5], 1 / 64, 10),
        ([0], [255], 1 / 255, -3),
        ([123.7, 116.3, 103.5], [58.4, 57.1, 57.4], 0.02, 100),  # beyond what is stored: clipped
    ],
)
def test_integer_tensors_hold_it_by_scale_and_zero_point(
    dtype: str, mean: list[float], std: list[float], scale: float, zero_point: int
) -> None:
    found = described_model(dtype, mean=mean, std=std, scale=scale, zero_point=zero_point)
    low, high = LIMITS[dtype]

    tensor = tensor_of(found)

    assert tensor.dtype == dtype
    for channel in range(3):
        for pixel, stored in zip(
            EVERY_VALUE[..., channel].flat, tensor[..., channel].flat, strict=True
        ):
            real = (int(pixel) - mean[channel % len(mean)]) / std[channel % len(std)]
            assert stored == min(max(round(real / scale + zero_point), low), high)


def test_uint8_without_a_normalisation_is_the_pixel() -> None:
    np.testing.assert_array_equal(tensor_of(described_model("uint8")), EVERY_VALUE)


def test_int8_without_a_normalisation_is_the_pixel_less_128() -> None:
    tensor = tensor_of(described_model("int8", scale=0.5))

    np.testing.assert_array_equal(tensor, EVERY_VALUE.astype(int) - 128)


def test_int8_without_a_scale_is_the_pixel_less_128() -> None:
    tensor = tensor_of(described_model("int8", mean=[1], std=[2]))

    np.testing.assert_array_equal(tensor, EVERY_VALUE.astype(int) - 128)


def test_the_real_model_takes_pixels_as_they_are() -> None:
    found = model.load(ModelOptions(file=str(MODEL)))
    pixels = noise(224, 224)

    np.testing.assert_array_equal(tensor_of(found, pixels), pixels)


@pytest.mark.parametrize(("mean", "border"), [([127.0], [127] * 3), ([1.2, 2.6, 300], [1, 3, 255])])
def test_the_border_of_a_letterbox_is_the_nearest_pixel_to_nothing(
    mean: list[float], border: list[int]
) -> None:
    found = described_model("float32", mean=mean, std=[1])
    tensor = np.full((16, 16, 3), 99, np.float32)

    Preprocessor(found, "letterbox", 1.0, WHOLE).fill(noise(4, 16), tensor)

    np.testing.assert_allclose(tensor[0, 0], np.array(border) - mean, atol=1e-4)


KINDS = [
    pytest.param(described_model(height=96, width=96), id="raw"),
    pytest.param(
        described_model("uint8", height=96, width=96, mean=[9], std=[2], scale=1.0), id="uint8"
    ),
    pytest.param(described_model("int8", height=96, width=96), id="int8"),
    pytest.param(described_model("float32", height=96, width=96, mean=[9], std=[2]), id="float32"),
]


@pytest.mark.parametrize("found", KINDS)
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_what_others_leave_in_the_tensor_is_overwritten(found: Model, fit: Any) -> None:
    preprocessor, pixels = Preprocessor(found, fit, 0.8, WHOLE), noise(60, 200)
    tensor = np.zeros(found.input.shape[1:], found.input.dtype)
    preprocessor.fill(pixels, tensor)
    before = tensor.copy()

    tensor[...] = 77
    preprocessor.fill(pixels, tensor)

    np.testing.assert_array_equal(tensor, before)
    assert len(np.unique(before)) > 1


@pytest.mark.parametrize("found", KINDS)
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_the_frame_is_left_as_it_is(found: Model, fit: Any) -> None:
    pixels = noise(96, 96)
    pixels.flags.writeable = False
    tensor = np.zeros(found.input.shape[1:], found.input.dtype)

    Preprocessor(found, fit, 1.0, WHOLE).fill(pixels, tensor)

    np.testing.assert_array_equal(pixels, noise(96, 96))
    assert not np.shares_memory(tensor, pixels)


@pytest.mark.parametrize("fit", ["crop", "squash"])
def test_raw_pixels_are_resized_straight_into_the_tensor(
    monkeypatch: pytest.MonkeyPatch, fit: Any
) -> None:
    found, written = described_model(), []
    resize: Any = cv2.resize

    def recording(*arguments: Any, dst: NDArray[np.uint8], **how: Any) -> None:
        written.append(dst)
        resize(*arguments, dst=dst, **how)

    monkeypatch.setattr(cv2, "resize", recording)
    tensor = np.zeros((16, 16, 3), np.uint8)

    Preprocessor(found, fit, 1.0, WHOLE).fill(noise(32, 32), tensor)

    assert [np.shares_memory(array, tensor) for array in written] == [True]
    np.testing.assert_array_equal(tensor, resize(noise(32, 32), (16, 16)))


@pytest.mark.parametrize("found", KINDS)
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_a_fill_allocates_nothing_of_the_size_of_a_picture(found: Model, fit: Any) -> None:
    preprocessor = Preprocessor(found, fit, 0.8, (0.1, 0.1, 0.9, 0.9))
    pixels = noise(240, 320)
    tensor = np.zeros(found.input.shape[1:], found.input.dtype)
    preprocessor.fill(pixels, tensor)

    tracemalloc.start()
    try:
        np.zeros((96, 96, 3), np.uint8)
        seen = tracemalloc.get_traced_memory()[1]  # NumPy reports what it allocates
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        preprocessor.fill(pixels, tensor)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert seen > 96 * 96 * 3
    assert peak - before < 4096
