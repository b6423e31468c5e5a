"""Models that exist only as their description, and pictures made of noise."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgecam.arrays import Pixels
from edgecam.model import Model, Tensor


def described_model(
    dtype: str = "uint8",
    *,
    height: int = 16,
    width: int = 16,
    scale: float = 0.0,
    zero_point: int = 0,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> Model:
    """A model with this input; by default one that takes pixels as they are."""
    return Model(
        file=Path("none.tflite"),
        name="none",
        sha256="0" * 64,
        labels=("a", "b"),
        input=Tensor((1, height, width, 3), dtype, scale, zero_point),
        output=Tensor((1, 2), "float32", 0.0, 0),
        gives_probabilities=True,
        mean=None if mean is None else tuple(mean),
        std=None if std is None else tuple(std),
    )


def noise(height: int, width: int, seed: int = 1) -> Pixels:
    """A frame in which no pixel is like its neighbours."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
