"""What happens to a camera, made from photographs: covers, fog, knocks; and what is none of it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.workshop.scenes import HEIGHT, WIDTH, Photograph, Shot, defocused, still

_TINT = (1.0, 0.55, 0.45)  # light that comes through a hand


def covered(photograph: Photograph, frames: int, *, level: float, lean: float) -> Iterator[Shot]:
    """A hand or a cap before the lens: `level` grey levels in the middle, `lean` more at a side."""
    across = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :, None]
    down = np.linspace(-0.5, 1, HEIGHT, dtype=np.float32)[:, None, None]
    shade = level + lean * (0.7 * across + 0.3 * down * down)
    tint = np.asarray(_TINT if lean else (1, 1, 1), np.float32)
    return still(_changed(photograph, shade * tint), frames)


def taped(photograph: Photograph, frames: int, *, sigma: float = 60.0) -> Iterator[Shot]:
    """Something before the lens that lets light through: large smudges of what is there."""
    soft: Any = cv2.GaussianBlur(photograph.pixels, (0, 0), sigma)
    return still(_changed(photograph, soft * 0.7 + 40), frames)


def fogged(shots: Iterable[Shot], *, sigma: float, veil: float) -> Iterator[Shot]:
    """A lens that water has settled on: blurred, and `veil` of the light is from everywhere."""
    for shot in defocused(shots, sigma=sigma):
        yield replace(shot, pixels=_whole(shot.pixels * np.float32(1 - veil) + 200 * veil))


def wet(shots: Iterable[Shot], *, dry: float, sigma: float = 10.0) -> Iterator[Shot]:
    """A lens that is blurred but for a strip at the left, which is `dry` of the width."""
    for shot in shots:
        soft: Any = cv2.GaussianBlur(shot.pixels, (0, 0), sigma)
        sharp = round(WIDTH * dry)
        soft[:, :sharp] = shot.pixels[:, :sharp]
        yield replace(shot, pixels=soft)


def shifted(photograph: Photograph, frames: int, *, part: float) -> Iterator[Shot]:
    """Half the frames one view, then one that lies `part` of its width beside it."""
    width, height = round(WIDTH / (1 + part)), round(HEIGHT / (1 + part))
    for number in range(frames):
        x = 0 if number < frames // 2 else WIDTH - width
        yield Shot(_enlarged(photograph.pixels[:height, x : x + width]), photograph.name)


def tilted(photograph: Photograph, frames: int, *, degrees: float) -> Iterator[Shot]:
    """Half the frames upright, then turned around the line of sight."""
    for number in range(frames):
        angle = 0.0 if number < frames // 2 else degrees
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), angle, 1.5)  # no border is seen
        pixels: Any = cv2.warpAffine(photograph.pixels, turn, (WIDTH, HEIGHT))
        yield Shot(pixels, photograph.name)


def parked(photograph: Photograph, other: Photograph, frames: int, part: float) -> Iterator[Shot]:
    """Half the frames a view, then with an object in it for good that hides `part` of the area."""
    width, height = round(WIDTH * math.sqrt(part)), round(HEIGHT * math.sqrt(part))
    size = (width, height)
    thing: Any = cv2.resize(other.pixels, size, interpolation=cv2.INTER_AREA)
    pixels = photograph.pixels.copy()
    pixels[HEIGHT - height :, WIDTH // 8 : WIDTH // 8 + width] = thing[:, : WIDTH * 7 // 8]
    changed = Photograph(photograph.name, pixels)
    return chain(still(photograph, frames // 2), still(changed, frames - frames // 2))


def passing(photograph: Photograph, other: Photograph, frames: int, part: float) -> Iterator[Shot]:
    """Somebody walks through from left to right, all the time; as large as `part` of the width."""
    width = round(WIDTH * part)
    someone: Any = cv2.resize(other.pixels, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    for number in range(frames):
        x = number * 97 % (WIDTH - width)
        pixels = photograph.pixels.copy()
        pixels[:, x : x + width] = someone
        yield Shot(pixels, photograph.name)


def alternating(shots: Iterable[Shot], *, depth: float) -> Iterator[Shot]:
    """Lamps before a shutter that takes all lines at once: lighter and darker by turns."""
    for number, shot in enumerate(shots):
        light = np.float32(1 + depth * math.sin(number * 2.4))
        yield replace(shot, pixels=_whole(shot.pixels * light))


def _changed(photograph: Photograph, light: Any) -> Photograph:  # noqa: ANN401  float array
    return Photograph(photograph.name, _whole(light))


def _enlarged(pixels: Pixels) -> Pixels:
    enlarged: Any = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged)


def _whole(light: Any) -> Pixels:  # noqa: ANN401  float array
    return np.asarray(np.clip(np.rint(light), 0, 255), np.uint8)
