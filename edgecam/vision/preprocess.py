"""From a frame to the model's input: region, fit, resize, numbers, in one pass.

The whole way from a pixel to what the tensor stores, (pixel - mean) / std, then / scale +
zero point, has only 256 possible inputs a channel, so it is one look-up table. Where the table
changes nothing (uint8 models fed raw pixels), the resize itself writes what the tensor gets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels
from edgecam.model import Model, Tensor
from edgecam.vision.shrink import Shrink

Fit = Literal["crop", "squash", "letterbox"]
Box = Sequence[float]
"""left, top, right, bottom, as fractions of the frame."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class FrameWanted:
    """The smallest frame that gives the model every pixel it can use.

    `square`: only the middle square of the view is ever looked at.
    """

    short_side: int
    square: bool


def frame_wanted(model: Model, fit: Fit, crop: float, boxes: Sequence[Box]) -> FrameWanted:
    """What to ask of a camera that can crop and scale by itself."""
    _, height, width, _ = model.input.shape
    used = crop if fit == "crop" else 1.0
    narrowest = min(min(box[2] - box[0], box[3] - box[1]) for box in boxes)
    whole = all(tuple(box) == WHOLE for box in boxes)
    return FrameWanted(
        short_side=math.ceil(max(width, height) / (used * narrowest)),
        square=whole and fit == "crop" and width == height,
    )


class Preprocessor:
    """Makes the model's input of one region of each frame; allocates only on a new frame size."""

    def __init__(self, model: Model, fit: Fit, crop: float, box: Box) -> None:
        self._fit: Fit = fit
        self._crop = crop
        self._box = box
        _, self._height, self._width, _ = model.input.shape
        self._table = _table(model)
        # Border of a letterboxed picture: the pixel that the model reads as nothing.
        self._border = np.clip(np.rint(model.mean or (0,)), 0, 255).astype(np.uint8)
        self._canvas = np.full((self._height, self._width, 3), self._border, np.uint8)
        self._inner = self._canvas
        self._seen: tuple[int, ...] = ()
        self._rows = self._columns = slice(0)
        self._shrink = Shrink(self._canvas.shape, self._canvas.shape)
        self._direct = self._table is None and fit != "letterbox"

    def view(self, pixels: Pixels) -> Pixels:
        """The part of a frame, `(height, width, 3)` uint8 of any size, that the model will see."""
        if pixels.shape != self._seen:
            self._plan(*pixels.shape[:2])
            self._seen = pixels.shape
        return pixels[self._rows, self._columns]

    def fill(self, pixels: Pixels, tensor: NDArray[Any]) -> None:
        """Write `(height, width, 3)` of the model's own type from a frame of any size."""
        source = self.view(pixels)
        if self._direct:
            self._shrink.into(source, tensor)
            return
        self._shrink.into(source, self._inner)
        if self._table is None:
            np.copyto(tensor, self._canvas)
        else:
            cv2.LUT(self._canvas, self._table, dst=tensor)

    def _plan(self, frame_height: int, frame_width: int) -> None:
        """Which part of the frame goes to which part of the canvas."""
        left, top, right, bottom = self._box
        y0, y1 = _pixels(top, bottom, frame_height)
        x0, x1 = _pixels(left, right, frame_width)
        if self._fit == "crop":
            scale = self._crop * min((y1 - y0) / self._height, (x1 - x0) / self._width)
            y0, y1 = _middle(y0, y1, self._height * scale)
            x0, x1 = _middle(x0, x1, self._width * scale)
        elif self._fit == "letterbox":
            scale = min(self._height / (y1 - y0), self._width / (x1 - x0))
            into_y = _middle(0, self._height, (y1 - y0) * scale)
            into_x = _middle(0, self._width, (x1 - x0) * scale)
            self._canvas[:] = self._border
            self._inner = self._canvas[slice(*into_y), slice(*into_x)]
        self._rows, self._columns = slice(y0, y1), slice(x0, x1)
        self._shrink = Shrink((y1 - y0, x1 - x0), self._inner.shape)


def _pixels(start: float, end: float, size: int) -> tuple[int, int]:
    """The pixels of a fraction of a side, at least one."""
    first = min(round(start * size), size - 1)
    return first, max(round(end * size), first + 1)


def _middle(start: int, end: int, length: float) -> tuple[int, int]:
    """The middle `length` pixels of a range, at least one."""
    size = min(max(round(length), 1), end - start)
    first = start + (end - start - size) // 2
    return first, first + size


def _table(model: Model) -> NDArray[Any] | None:
    """`(1, 256, 3)`: what the tensor stores for each pixel value; None where that is the pixel."""
    spec: Tensor = model.input
    pixels = np.arange(256, dtype=np.float64)[None, :, None].repeat(3, axis=2)
    if spec.dtype == "float32":
        mean, std = np.array(model.mean), np.array(model.std)
        return np.asarray((pixels - mean) / std, np.float32)
    if model.mean is None or not spec.scale:
        stored = pixels if spec.dtype == "uint8" else pixels - 128
    else:
        real = (pixels - np.array(model.mean)) / np.array(model.std)
        stored = np.rint(real / spec.scale + spec.zero_point)
    limits = np.iinfo(spec.dtype)
    table: NDArray[Any] = np.clip(stored, limits.min, limits.max).astype(spec.dtype)
    return None if spec.dtype == "uint8" and np.array_equal(table, pixels) else table
