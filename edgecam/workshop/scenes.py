"""Sequences of frames made from photographs: what a camera would have seen, with the truth beside.

A sequence is an iterator of `Shot`s. Sources make one out of photographs (`cuts`, `fades`, `pan`);
effects make another out of one (`noisy`, `dusk`, `flickering`, `rainy`, …), one frame at a time, so
that any length can be had. The same seed gives the same frames.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.vision.camera.stills import read_picture

WIDTH, HEIGHT = 640, 480
_LEVELS = np.arange(256, dtype=np.float32)  # grey levels
MAINS_HZ = 50  # lamps brighten twice in each period
_GRAIN = 200  # pixels by which noise that is drawn once may lie elsewhere
_ROW_TIME_S = 30e-6  # between two lines of a rolling shutter: 480 lines in 14 ms


@dataclass(frozen=True)
class Photograph:
    """A photograph as a camera's frame: `(480, 640, 3)` uint8 RGB."""

    name: str
    pixels: Pixels


@dataclass(frozen=True)
class Shot:
    """One frame, `(480, 640, 3)` uint8 RGB, and which photograph it shows; None: none clearly."""

    pixels: Pixels
    shown: str | None


def photographs(folder: Path) -> list[Photograph]:
    """Every picture of a folder in the order of their names; the middle, where its shape differs."""
    found = []
    for file in sorted(folder.iterdir()):
        pixels = read_picture(file) if file.is_file() else None
        if pixels is not None:
            found.append(Photograph(file.stem, _framed(pixels)))
    return found


def still(photograph: Photograph, frames: int) -> Iterator[Shot]:
    """The same picture over and over."""
    for _ in range(frames):
        yield Shot(photograph.pixels, photograph.name)


def cuts(pictures: Iterable[Photograph], frames_each: int) -> Iterator[Shot]:
    """One picture after another, from one frame to the next."""
    for photograph in pictures:
        yield from still(photograph, frames_each)


def fades(pictures: Sequence[Photograph], frames_each: int, frames_between: int) -> Iterator[Shot]:
    """One picture after another, each turning slowly into the next."""
    for place, photograph in enumerate(pictures):
        if place:
            before = pictures[place - 1].pixels
            for step in range(1, frames_between + 1):
                part = step / (frames_between + 1)
                mixed: Any = cv2.addWeighted(before, 1 - part, photograph.pixels, part, 0)
                yield Shot(mixed, None)
        yield from still(photograph, frames_each)


def pan(left: Photograph, right: Photograph, frames: int, frames_each: int) -> Iterator[Shot]:
    """The camera turns from one picture to another that hangs beside it."""
    yield from still(left, frames_each)
    both = np.concatenate([left.pixels, right.pixels], axis=1)
    for step in range(1, frames + 1):
        x = round(step / (frames + 1) * WIDTH)
        yield Shot(both[:, x : x + WIDTH], None)
    yield from still(right, frames_each)


def zooming(shots: Iterable[Shot], frames: int, *, part: float = 0.12) -> Iterator[Shot]:
    """Slowly nearer by `part` in each `frames`, and from the beginning again."""
    for number, shot in enumerate(shots):
        used = 1 - part * (number % frames) / frames
        yield replace(shot, pixels=_scaled_middle(shot.pixels, used))


def noisy(shots: Iterable[Shot], *, gain: float, seed: int = 0) -> Iterator[Shot]:
    """A sensor's noise: that of light grows with the square root, that of reading is constant.

    `gain` 1 is a sensor in daylight (about 1 grey level), 8 one in a dim room.
    """
    random = np.random.default_rng(seed)
    for shot in shots:
        normal = random.standard_normal(shot.pixels.shape, np.float32)
        yield replace(shot, pixels=_with_noise(shot.pixels, gain, normal))


def grainy(shots: Iterable[Shot], *, gain: float, seed: int = 0) -> Iterator[Shot]:
    """As `noisy`, of noise that is drawn once and elsewhere in each frame: three times as fast."""
    random = np.random.default_rng(seed)
    normal = random.standard_normal((HEIGHT + _GRAIN, WIDTH + _GRAIN, 3), np.float32)
    for shot in shots:
        y, x = random.integers(0, _GRAIN, 2).tolist()
        window = normal[y : y + HEIGHT, x : x + WIDTH]
        yield replace(shot, pixels=_with_noise(shot.pixels, gain, window))


def rainy(shots: Iterable[Shot], *, drops: int = 150, seed: int = 0) -> Iterator[Shot]:
    """Short bright streaks, each frame others."""
    random = np.random.default_rng(seed)
    for shot in shots:
        pixels = shot.pixels.copy()
        for x, y in random.integers((0, 0), (WIDTH, HEIGHT), (drops, 2)).tolist():
            cv2.line(pixels, (x, y), (x - 2, y + 12), (210, 210, 215), 1)
        yield replace(shot, pixels=pixels)


def exposed(shots: Iterable[Shot], stops: Iterable[float]) -> Iterator[Shot]:
    """Each frame lighter (or, where negative, darker) by so many stops: times 2 for each."""
    for shot, stop in zip(shots, stops, strict=False):
        table = np.clip(np.rint(_LEVELS * np.float32(2.0**stop)), 0, 255).astype(np.uint8)
        yield replace(shot, pixels=np.asarray(cv2.LUT(shot.pixels, table)))


def dusk(shots: Sequence[Shot], *, stops: float = 3.0) -> Iterator[Shot]:
    """Day to dusk: darker from frame to frame, by `stops` in all."""
    return exposed(shots, np.linspace(0, -stops, len(shots)).tolist())


def flickering(shots: Iterable[Shot], fps: float, *, depth: float = 0.15) -> Iterator[Shot]:
    """Lamps at 50 Hz before a rolling shutter: bands of light that wander from frame to frame."""
    rows_s = np.arange(HEIGHT) * _ROW_TIME_S
    for number, shot in enumerate(shots):
        # A sensor's clock is never quite the mains': without that, the bands would stand still.
        phase = 2 * math.pi * 2 * MAINS_HZ * (number / (fps * 1.003) + rows_s)
        light = 1 + depth * np.sin(phase, dtype=np.float64)[:, None, None]
        yield replace(shot, pixels=_pixels(shot.pixels * light.astype(np.float32)))


def occluded(shots: Iterable[Shot], *, part: float, seed: int = 0) -> Iterator[Shot]:
    """A grey board before `part` of the frame's area, in each frame elsewhere."""
    random = np.random.default_rng(seed)
    width, height = round(WIDTH * math.sqrt(part)), round(HEIGHT * math.sqrt(part))
    for shot in shots:
        x = int(random.integers(0, WIDTH - width + 1))
        y = int(random.integers(0, HEIGHT - height + 1))
        pixels = shot.pixels.copy()
        pixels[y : y + height, x : x + width] = 128
        yield replace(shot, pixels=pixels)


def motion_blurred(shots: Iterable[Shot], *, length: int) -> Iterator[Shot]:
    """Smeared sideways over `length` pixels."""
    kernel = np.full((1, length), 1 / length, np.float32)
    for shot in shots:
        smeared: Any = cv2.filter2D(shot.pixels, -1, kernel)
        yield replace(shot, pixels=smeared)


def defocused(shots: Iterable[Shot], *, sigma: float) -> Iterator[Shot]:
    """Out of focus: a Gaussian blur of `sigma` pixels."""
    for shot in shots:
        soft: Any = cv2.GaussianBlur(shot.pixels, (0, 0), sigma)
        yield replace(shot, pixels=soft)


def shaking(shots: Iterable[Shot], *, pixels: int, seed: int = 0) -> Iterator[Shot]:
    """A camera in the wind: each frame moved by up to so many pixels, and a little nearer."""
    random = np.random.default_rng(seed)
    for shot in shots:
        dx, dy = random.integers(-pixels, pixels + 1, 2).tolist()
        moved = np.roll(shot.pixels, (dy, dx), axis=(0, 1))
        yield replace(shot, pixels=_scaled_middle(moved, 1 - 2 * pixels / HEIGHT))


def _with_noise(pixels: Pixels, gain: float, normal: Any) -> Pixels:  # noqa: ANN401  float32 array
    # By a table and in place: five times as fast as the formula for each pixel.
    noise: Any = cv2.LUT(pixels, np.sqrt(0.02 * gain * _LEVELS + 0.25 * gain * gain))
    np.multiply(noise, normal, out=noise)
    np.add(noise, pixels, out=noise)
    return _pixels(noise)


def _framed(pixels: Pixels) -> Pixels:
    """The middle of a picture in the shape of a frame."""
    height, width = pixels.shape[:2]
    scale = min(width / WIDTH, height / HEIGHT)
    across, down = round(WIDTH * scale), round(HEIGHT * scale)
    x, y = (width - across) // 2, (height - down) // 2
    return _resized(pixels[y : y + down, x : x + across])


def _scaled_middle(pixels: Pixels, used: float) -> Pixels:
    """The middle `used` part of each side, as large as the frame."""
    across, down = round(WIDTH * used), round(HEIGHT * used)
    x, y = (WIDTH - across) // 2, (HEIGHT - down) // 2
    return _resized(pixels[y : y + down, x : x + across])


def _resized(pixels: Pixels) -> Pixels:
    resized: Any = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized)


def _pixels(light: Any) -> Pixels:  # noqa: ANN401  float32 array
    """Numbers as a sensor gives them: whole, from 0 to 255."""
    return np.asarray(cv2.convertScaleAbs(np.maximum(light, 0)))  # rounds, and cuts off at 255
