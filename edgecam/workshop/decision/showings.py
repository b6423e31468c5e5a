"""What the decision is tried on: photographs under bad conditions, and scenes that show nothing.

A showing is a few seconds of one picture, with the truth beside it. Photographs and scenes of
nothing take turns, so that everything that appears has to go again. The same seed gives the same
frames.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.workshop import scenes
from edgecam.workshop.scenes import HEIGHT, WIDTH, Photograph, Shot

FPS = 10.0
_GREY = 128

Effect = Callable[[Iterable[Shot], int], Iterator[Shot]]
"""Makes other frames of frames; the number is the seed."""


@dataclass(frozen=True)
class Showing:
    """One picture for a while: under which condition, and what it is.

    `nothing` is the kind of a scene that is none of the labels; empty for a photograph.
    """

    condition: str
    photograph: Photograph
    nothing: str
    frames: int
    seed: int

    def shots(self) -> Iterator[Shot]:
        """Its frames."""
        still = scenes.still(self.photograph, self.frames)
        return CONDITIONS[self.condition](still, self.seed)


def showings(
    photographs: Sequence[Photograph],
    conditions: Iterable[str],
    *,
    frames: int,
    frames_between: int,
) -> Iterator[Showing]:
    """Every photograph under every condition, with a scene of nothing after each."""
    kinds = list(NOTHING)
    number = 0
    for condition in conditions:
        for photograph in photographs:
            kind = kinds[number % len(kinds)]
            made = Photograph(photograph.name, NOTHING[kind](photograph.pixels, number))
            yield Showing(condition, photograph, "", frames, number)
            yield Showing(condition, made, kind, frames_between, number)
            number += 1


def _daylight(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.noisy(shots, gain=1.0, seed=seed)


def _dim(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.noisy(_exposed(shots, -2.0), gain=6.0, seed=seed)


def _nearly_dark(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.noisy(_exposed(shots, -3.0), gain=12.0, seed=seed)


def _passers_by(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.occluded(shots, part=0.15, seed=seed)


def _crowd(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.occluded(shots, part=0.35, seed=seed)


def _smeared(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    """Each frame by as much as the camera happened to move."""
    random = np.random.default_rng(seed)
    for shot in shots:
        yield from scenes.motion_blurred([shot], length=int(random.integers(1, 40)))


def _hunting(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    """Automatic exposure that does not settle: up to two stops either way."""
    random = np.random.default_rng(seed)
    for shot in shots:
        yield from scenes.exposed([shot], [float(random.uniform(-2, 2))])


def _lamps(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return _daylight(scenes.flickering(shots, FPS, depth=0.4), seed)


def _windy(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.shaking(shots, pixels=16, seed=seed)


def _approach(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    """Cropped more and more: half of each side is left at the end."""
    return _daylight(scenes.zooming(shots, 60, part=0.5), seed)


def _unfocused(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.noisy(scenes.defocused(shots, sigma=4.0), gain=3.0, seed=seed)


def _mixed(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return _passers_by(_windy(_dim(shots, seed), seed), seed)


def _everything(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return _crowd(_smeared(_windy(_dim(shots, seed), seed), seed), seed)


def _exposed(shots: Iterable[Shot], stops: float) -> Iterator[Shot]:
    for shot in shots:
        yield from scenes.exposed([shot], [stops])


CONDITIONS: dict[str, Effect] = {
    "daylight": _daylight,
    "dim": _dim,
    "nearly dark": _nearly_dark,
    "passers-by": _passers_by,
    "crowd": _crowd,
    "motion blur": _smeared,
    "exposure hunting": _hunting,
    "lamps at 50 Hz": _lamps,
    "wind": _windy,
    "approach": _approach,
    "out of focus": _unfocused,
    "mixed": _mixed,
    "everything": _everything,
}


def _wall(_: Pixels, seed: int) -> Pixels:
    """One colour, a little lighter to one side as a window makes it."""
    random = np.random.default_rng(seed)
    colour = random.uniform(60, 220, 3)
    light = np.linspace(0.8, 1.1, WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 1))
    return _pixels(colour * light)


def _gradient(_: Pixels, seed: int) -> Pixels:
    """From one colour to another, across the frame at any angle."""
    random = np.random.default_rng(seed)
    first, second = random.uniform(0, 255, (2, 3))
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    part = (np.cos(angle) * x + np.sin(angle) * y)[..., None] / 3 + 0.5
    return _pixels(first + (second - first) * part)


def _noise(_: Pixels, seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def _texture(pixels: Pixels, seed: int) -> Pixels:
    """The photograph's spectrum with random phases: its colours and grain, and no shapes.

    Phase randomisation: Portilla and Simoncelli, IJCV 40 (2000), as the null of their textures;
    the same phases are added to all three colours, so that these keep to each other.
    """
    noise = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH))
    phases = np.exp(1j * np.angle(np.fft.rfft2(noise)))
    spectrum = np.fft.rfft2(pixels.astype(np.float64), axes=(0, 1)) * phases[..., None]
    spectrum[0, 0] = np.abs(spectrum[0, 0])  # the mean colour stays
    return _pixels(np.fft.irfft2(spectrum, (HEIGHT, WIDTH), axes=(0, 1)))


def _blur(pixels: Pixels, _: int) -> Pixels:
    """The photograph as through frosted glass."""
    soft: Any = cv2.GaussianBlur(pixels, (0, 0), 40)
    return np.asarray(soft)


def _masked(pixels: Pixels, _: int) -> Pixels:
    """A grey board before all but a tenth at each edge of what the model sees."""
    covered = pixels.copy()
    side = round(HEIGHT * 0.4)
    covered[HEIGHT // 2 - side : HEIGHT // 2 + side, WIDTH // 2 - side : WIDTH // 2 + side] = _GREY
    return covered


def _mosaic(pixels: Pixels, seed: int) -> Pixels:
    """The photograph in tiles of 20 pixels, shuffled."""
    tile = 20
    rows, columns = HEIGHT // tile, WIDTH // tile
    tiles = pixels.reshape(rows, tile, columns, tile, 3).swapaxes(1, 2).reshape(-1, tile, tile, 3)
    order = np.random.default_rng(seed).permutation(len(tiles))
    shuffled = tiles[order].reshape(rows, columns, tile, tile, 3).swapaxes(1, 2)
    return np.ascontiguousarray(shuffled.reshape(HEIGHT, WIDTH, 3))


NOTHING: dict[str, Callable[[Pixels, int], Pixels]] = {
    "wall": _wall,
    "gradient": _gradient,
    "noise": _noise,
    "texture": _texture,
    "frosted glass": _blur,
    "covered": _masked,
    "mosaic": _mosaic,
}


def _pixels(light: Any) -> Pixels:  # noqa: ANN401  float array
    return np.asarray(np.clip(np.rint(light), 0, 255), np.uint8)
