"""How much of a photograph the model still knows in the dark, and whether that is called dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from edgecam.vision.preprocess import WHOLE
from edgecam.vision.trouble.dark import BAD
from edgecam.vision.trouble.sight import Sight
from edgecam.workshop import scenes
from edgecam.workshop.camera import Model
from edgecam.workshop.scenes import Photograph

STOPS = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
GAINS = (0.0, 1.0, 4.0, 8.0)
_SURE = 0.3  # what the model names with so much in full light it knows


@dataclass(frozen=True)
class Darkened:
    """The photographs that the model knows, so many stops darker, with a sensor's noise or none."""

    stops: float
    gain: float
    known_percent: float
    """Of those that it knows in full light: named the same."""
    dark_percent: float
    """Of these: called dark."""
    known_and_dark: int
    """How many are called dark though named the same."""


def darkened(pictures: Sequence[Photograph], model: Model) -> Iterator[Darkened]:
    """Each strength of darkness at each gain; none where the model is sure of no picture."""
    preprocessor = model.preprocessor(WHOLE)
    bright = [(picture, model.look(picture.pixels, preprocessor).copy()) for picture in pictures]
    known = [(picture, int(np.argmax(s))) for picture, s in bright if s.max() >= _SURE]
    if not known:
        return
    for stops in STOPS:
        for gain in GAINS:
            same, dark = [], []
            for seed, (picture, label) in enumerate(known):
                shots = scenes.exposed(scenes.still(picture, 1), [-stops])
                pixels = next(scenes.grainy(shots, gain=gain, seed=seed) if gain else shots).pixels
                sight = Sight(pixels.shape)
                sight.see(pixels)
                same.append(int(np.argmax(model.look(pixels, preprocessor))) == label)
                dark.append(sight.brightest < BAD)
            yield Darkened(
                stops=stops,
                gain=gain,
                known_percent=round(100 * fmean(same), 1),
                dark_percent=round(100 * fmean(dark), 1),
                known_and_dark=sum(map(all, zip(same, dark, strict=True))),
            )
