"""What a region sees: a smooth picture, and a sensor's noise on it."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Pixels

SIDE = 160
FRAME_NS = 10**8

Light = NDArray[np.float64]


def picture(seed: int, side: int = SIDE) -> Light:
    """`(side, side, 3)`: blots of light of 20 to 200 grey levels."""
    coarse = np.random.default_rng(seed).uniform(20, 200, (9, 9, 3))
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC))


def seen(light: Light, noise: float, seed: int) -> Pixels:
    """A frame of it, with so many grey levels of noise as a standard deviation."""
    made = light.astype(np.float32)
    if noise:
        made += noise * np.random.default_rng(seed).standard_normal(light.shape, np.float32)
    return np.asarray(np.clip(np.rint(made), 0, 255), np.uint8)


def film(lights: Iterable[Light], noise: float, seed: int = 0) -> Iterator[Pixels]:
    """Frames one after another, each with noise of its own."""
    for number, light in enumerate(lights):
        yield seen(light, noise, seed + number)
