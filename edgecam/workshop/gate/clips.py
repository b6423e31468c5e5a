"""What the motion gate is tried on: clips made of photographs, each with one difficulty.

A clip is made anew for each run, frame by frame, and is the same each time.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.workshop import scenes
from edgecam.workshop.scenes import HEIGHT, WIDTH, Photograph, Shot

FPS = 10.0
WHOLE = (0.0, 0.0, 1.0, 1.0)
HALVES = {"left": (0.0, 0.0, 0.5, 1.0), "right": (0.5, 0.0, 1.0, 1.0)}

_PART = 0.25  # of a region's side that a small thing takes
_DARK_STOPS = -3.0
_FLASH_STOPS = 1.3

Photographs = Sequence[Photograph]


@dataclass(frozen=True)
class Clip:
    """`shots` makes it of photographs and a number of frames to show each; see `CLIPS`."""

    shots: Callable[[Photographs, int], Iterator[Shot]]
    regions: dict[str, tuple[float, float, float, float]]


def small(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """Some pictures in turn as small things before the first one, which is there all the time."""
    scene, *things = pictures[:12]
    for thing in things:
        yield from scenes.still(scene, frames)
        yield from scenes.still(Photograph(thing.name, pasted(scene.pixels, thing)), frames)


def pasted(scene: Pixels, thing: Photograph) -> Pixels:
    """A scene with a picture in it that takes a quarter of the height."""
    side = round(HEIGHT * 0.875 * _PART)  # of what the model sees by default
    middle = thing.pixels[:, (WIDTH - HEIGHT) // 2 : (WIDTH + HEIGHT) // 2]
    shrunk: Any = cv2.resize(middle, (side, side), interpolation=cv2.INTER_AREA)
    pixels = scene.copy()
    pixels[HEIGHT // 2 : HEIGHT // 2 + side, WIDTH // 2 : WIDTH // 2 + side] = shrunk
    return pixels


def _cuts(pictures: Photographs, frames: int) -> Iterator[Shot]:
    return scenes.cuts(pictures, frames)


def _fades(pictures: Photographs, frames: int) -> Iterator[Shot]:
    return scenes.fades(pictures, frames, 2 * frames)


def _slow_fades(pictures: Photographs, frames: int) -> Iterator[Shot]:
    return scenes.fades(pictures[::6], frames, 10 * frames)


def _pans(pictures: Photographs, frames: int) -> Iterator[Shot]:
    for left, right in itertools.pairwise(pictures[::2]):
        yield from scenes.pan(left, right, 3 * frames, frames)


def _dusk(pictures: Photographs, frames: int) -> Iterator[Shot]:
    return scenes.dusk(list(_cuts(pictures, frames)))


def _dusk_over_each(pictures: Photographs, frames: int) -> Iterator[Shot]:
    for picture in pictures[::3]:
        yield from scenes.dusk(list(scenes.still(picture, 5 * frames)))


def _dark(shots: Iterable[Shot]) -> Iterator[Shot]:
    return scenes.exposed(shots, itertools.repeat(_DARK_STOPS))


def _flickering(shots: Iterable[Shot]) -> Iterator[Shot]:
    return scenes.flickering(shots, FPS)


def _flashes(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """In the middle of every other picture one frame that is far too bright."""
    stops = [0.0] * (2 * frames)
    stops[frames // 2] = _FLASH_STOPS
    return scenes.exposed(_cuts(pictures, frames), itertools.cycle(stops))


def _one_half_moves(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """The left half of the first picture stays, and the right half shows them all."""
    for shot in _fades(pictures, frames):
        pixels = shot.pixels.copy()
        pixels[:, : WIDTH // 2] = pictures[0].pixels[:, : WIDTH // 2]
        yield replace(shot, pixels=pixels)


def _other_sizes(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """A camera that changes its resolution in the middle of every picture."""
    sizes = [(WIDTH, HEIGHT)] * frames + [(WIDTH // 2, HEIGHT // 2)] * frames
    shifted = itertools.cycle(sizes[frames // 2 :] + sizes[: frames // 2])
    for shot, size in zip(_cuts(pictures, frames), shifted, strict=False):
        resized: Any = cv2.resize(shot.pixels, size, interpolation=cv2.INTER_AREA)
        yield replace(shot, pixels=np.asarray(resized))


def _still(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """One picture for a long time, and then another."""
    return scenes.cuts(pictures[3:5], 20 * frames)


Make = Callable[[Photographs, int], Iterator[Shot]]
Effect = Callable[[Iterable[Shot]], Iterator[Shot]]


def _noisy(gain: float) -> Effect:
    return lambda shots: scenes.noisy(shots, gain=gain)


def _clip(make: Make, *effects: Effect) -> Clip:
    def shots(pictures: Photographs, frames: int) -> Iterator[Shot]:
        made = make(pictures, frames)
        for effect in effects:
            made = effect(made)
        return made

    return Clip(shots, {"scene": WHOLE})


CLIPS = {
    "cuts": _clip(_cuts),
    "cuts, noise of gain 1": _clip(_cuts, _noisy(1)),
    "cuts, noise of gain 8": _clip(_cuts, _noisy(8)),
    "cuts, dark, gain 4": _clip(_cuts, _dark, _noisy(4)),
    "cuts, flicker": _clip(_cuts, _flickering),
    "cuts, flicker, gain 2": _clip(_cuts, _flickering, _noisy(2)),
    "cuts, rain, gain 1": _clip(_cuts, scenes.rainy, _noisy(1)),
    "cuts, flashes, gain 1": _clip(_flashes, _noisy(1)),
    "cuts, other sizes": _clip(_other_sizes),
    "fades": _clip(_fades),
    "fades, gain 8": _clip(_fades, _noisy(8)),
    "fades, dark, gain 4": _clip(_fades, _dark, _noisy(4)),
    "fades, flicker, gain 1": _clip(_fades, _flickering, _noisy(1)),
    "fades, rain, gain 1": _clip(_fades, scenes.rainy, _noisy(1)),
    "slow fades, gain 4": _clip(_slow_fades, _noisy(4)),
    "slow pans": _clip(_pans),
    "slow pans, gain 4": _clip(_pans, _noisy(4)),
    "day to dusk": _clip(_dusk),
    "day to dusk, gain 4": _clip(_dusk, _noisy(4)),
    "day to dusk over each, gain 2": _clip(_dusk_over_each, _noisy(2)),
    "small things, gain 4": _clip(small, _noisy(4)),
    "small things, flicker, gain 1": _clip(small, _flickering, _noisy(1)),
    "small things, rain, gain 1": _clip(small, scenes.rainy, _noisy(1)),
    "one half moves, gain 2": replace(_clip(_one_half_moves, _noisy(2)), regions=HALVES),
    "still, gain 1": _clip(_still, _noisy(1)),
    "still, gain 4": _clip(_still, _noisy(4)),
    "still, gain 8": _clip(_still, _noisy(8)),
    "still, dark, gain 8": _clip(_still, _dark, _noisy(8)),
    "still, flicker, gain 1": _clip(_still, _flickering, _noisy(1)),
    "still, rain, gain 1": _clip(_still, scenes.rainy, _noisy(1)),
}
