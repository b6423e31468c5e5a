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
from edgecam.config import ModelOptions
from edgecam.vision.preprocess import WHOLE
from edgecam.workshop import scenes
from edgecam.workshop.scenes import HEIGHT, WIDTH, Photograph, Shot

FPS = 10.0
HALVES = {"left": (0.0, 0.0, 0.5, 1.0), "right": (0.5, 0.0, 1.0, 1.0)}

SMALL = 0.25  # of what the model sees, by its height: too small for it to name, not for the gate
NAMED = 0.4  # and here it names those of `THINGS`, before a plain wall
THINGS = (
    *("baseball", "bison", "cat_chelsea", "german_shepherd", "komodo_dragon"),
    *("panda", "sheep", "solar_dish", "taj_mahal"),
)
_WALL = 128  # grey level
_DARK_STOPS = -3.0
_FLASH_STOPS = 1.3

Photographs = Sequence[Photograph]


@dataclass(frozen=True)
class Clip:
    """`shots` makes it of photographs, a number of frames to show each, and a seed; see `CLIPS`.

    Another seed gives other noise and rain before the same scene.
    """

    shots: Callable[[Photographs, int, int], Iterator[Shot]]
    regions: dict[str, tuple[float, float, float, float]]


def _small(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """Some pictures in turn as small things before the first one, which is there all the time."""
    scene, *things = pictures[:12]
    return _entering(scene, things, SMALL, frames)


def _named(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """What the model names, in turn before a wall: here a thing that is not noticed is a miss."""
    wall = Photograph("wall", np.full((HEIGHT, WIDTH, 3), _WALL, np.uint8))
    return _entering(wall, [one for one in pictures if one.name in THINGS], NAMED, frames)


def _entering(scene: Photograph, things: Photographs, part: float, frames: int) -> Iterator[Shot]:
    for thing in things:
        yield from scenes.still(scene, frames)
        yield from scenes.still(Photograph(thing.name, pasted(scene.pixels, thing, part)), frames)


def pasted(scene: Pixels, thing: Photograph, part: float) -> Pixels:
    """A scene with a picture in it that takes a part of the height of what the model sees by default."""
    side = round(HEIGHT * ModelOptions().crop * part)
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
    return scenes.fades(pictures[::5], frames, 10 * frames)


def _pans(pictures: Photographs, frames: int) -> Iterator[Shot]:
    for left, right in itertools.pairwise(pictures[::2]):
        yield from scenes.pan(left, right, 3 * frames, frames)


def _dusk(pictures: Photographs, frames: int) -> Iterator[Shot]:
    return scenes.dusk(list(_cuts(pictures, frames)))


def _dusk_over_each(pictures: Photographs, frames: int) -> Iterator[Shot]:
    for picture in pictures[::3]:
        yield from scenes.dusk(list(scenes.still(picture, 5 * frames)))


def _dark(shots: Iterable[Shot], _seed: int) -> Iterator[Shot]:
    return scenes.exposed(shots, itertools.repeat(_DARK_STOPS))


def _flickering(shots: Iterable[Shot], _seed: int) -> Iterator[Shot]:
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


def _stills(pictures: Photographs, frames: int) -> Iterator[Shot]:
    """Every picture for so long that a label which hovers may appear."""
    return scenes.cuts(pictures, 5 * frames)


Make = Callable[[Photographs, int], Iterator[Shot]]
Effect = Callable[[Iterable[Shot], int], Iterator[Shot]]


def _rainy(shots: Iterable[Shot], seed: int) -> Iterator[Shot]:
    return scenes.rainy(shots, seed=seed)


def _noisy(gain: float) -> Effect:
    return lambda shots, seed: scenes.grainy(shots, gain=gain, seed=seed)


def _clip(make: Make, *effects: Effect) -> Clip:
    def shots(pictures: Photographs, frames: int, seed: int) -> Iterator[Shot]:
        made = make(pictures, frames)
        for effect in effects:
            made = effect(made, seed)
        return made

    return Clip(shots, {"scene": WHOLE})


CLIPS = {
    "cuts": _clip(_cuts),
    "cuts, noise of gain 1": _clip(_cuts, _noisy(1)),
    "cuts, noise of gain 8": _clip(_cuts, _noisy(8)),
    "cuts, dark, gain 4": _clip(_cuts, _dark, _noisy(4)),
    "cuts, flicker": _clip(_cuts, _flickering),
    "cuts, flicker, gain 2": _clip(_cuts, _flickering, _noisy(2)),
    "cuts, rain, gain 1": _clip(_cuts, _rainy, _noisy(1)),
    "cuts, flashes, gain 1": _clip(_flashes, _noisy(1)),
    "cuts, other sizes": _clip(_other_sizes),
    "fades": _clip(_fades),
    "fades, gain 8": _clip(_fades, _noisy(8)),
    "fades, dark, gain 4": _clip(_fades, _dark, _noisy(4)),
    "fades, flicker, gain 1": _clip(_fades, _flickering, _noisy(1)),
    "fades, rain, gain 1": _clip(_fades, _rainy, _noisy(1)),
    "slow fades, gain 4": _clip(_slow_fades, _noisy(4)),
    "slow pans": _clip(_pans),
    "slow pans, gain 4": _clip(_pans, _noisy(4)),
    "day to dusk": _clip(_dusk),
    "day to dusk, gain 4": _clip(_dusk, _noisy(4)),
    "day to dusk over each, gain 2": _clip(_dusk_over_each, _noisy(2)),
    "small things, gain 4": _clip(_small, _noisy(4)),
    "small things, flicker, gain 1": _clip(_small, _flickering, _noisy(1)),
    "small things, rain, gain 1": _clip(_small, _rainy, _noisy(1)),
    "named things, gain 4": _clip(_named, _noisy(4)),
    "named things, dark, gain 4": _clip(_named, _dark, _noisy(4)),
    "named things, flicker, gain 1": _clip(_named, _flickering, _noisy(1)),
    "named things, rain, gain 1": _clip(_named, _rainy, _noisy(1)),
    "one half moves, gain 2": replace(_clip(_one_half_moves, _noisy(2)), regions=HALVES),
    "still, gain 1": _clip(_still, _noisy(1)),
    "still, gain 4": _clip(_still, _noisy(4)),
    "still, gain 8": _clip(_still, _noisy(8)),
    "still, dark, gain 8": _clip(_still, _dark, _noisy(8)),
    "still, flicker, gain 1": _clip(_still, _flickering, _noisy(1)),
    "still, rain, gain 1": _clip(_still, _rainy, _noisy(1)),
    "stills, gain 4": _clip(_stills, _noisy(4)),
    "stills, dark, gain 8": _clip(_stills, _dark, _noisy(8)),
}

STANDING = {
    "gain 1": _clip(_cuts, _noisy(1)),
    "gain 4": _clip(_cuts, _noisy(4)),
    "gain 8": _clip(_cuts, _noisy(8)),
    "dark, gain 8": _clip(_cuts, _dark, _noisy(8)),
}
"""Of one photograph: a scene that stays as it is, in noise in which its labels may hover."""
