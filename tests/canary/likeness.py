"""Finds the picture made small: sequences of numbers that rise and fall as its thumbnails do.

A thumbnail is a row of numbers in raster order. It is found in the bytes of one message as well as
in one field of many messages, whatever the scale, the sign, the start, and what is before and after.

`ALIKE` lies between two measurements. In honest traffic (14 million numbers of 400 sightings, and
whole lives as in `scenario`) nothing was more like a thumbnail than 0.64. Thumbnails of 8x8 to 64x64
made by area, linear or cubic interpolation gave 0.84 and more, from each view; with only 2 bits of
grey 0.97, under noise as strong as a sixth of white 0.86. Not found: single bits in a row, other sizes
than those below, and a thumbnail of which only a part is there.
"""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from canary import picture

SEGMENT = 64  # numbers: an 8x8 thumbnail, the smallest that is looked for
SUSPICIOUS = 0.75  # of a segment, which is then looked at as far as the thumbnail goes
ALIKE = 0.8
SQUARES = (*range(8, 25), 28, 32, 40, 48, 56, 64)
WIDE = ((12, 9), (16, 12), (20, 15), (24, 18), (32, 24), (40, 30), (64, 48))  # width, height
_LARGE, _STEP = 24 * 24, 4  # numbers; of a larger thumbnail every fourth is compared first
_BLOCK = 4096  # windows that are compared together
_BASE = 0x9E3779B97F4A7C15  # any odd number without a pattern

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Thumbnail:
    """A thumbnail in raster order, and where its liveliest segment begins.

    Of a large one a segment is every fourth number, so that it is more than a piece of a row.
    """

    name: str
    values: Numbers
    step: int
    segment: int


class Pool:
    """Sequences of numbers from many places, one behind the other.

    They are searched as one, so that what was let out several times is compared only once.
    """

    def __init__(self) -> None:
        self._places: list[str] = []
        self._starts: list[int] = []
        self._parts: list[Numbers] = []
        self._length = 0

    def add(self, place: str, values: NDArray[Any]) -> None:
        """Add what was found in a place, if it is long enough for a thumbnail."""
        if len(values) >= SEGMENT:
            self._places.append(place)
            self._starts.append(self._length)
            self._parts.append(values.astype(np.float64))
            self._length += len(values)

    @property
    def values(self) -> Numbers:
        """All of them."""
        return np.concatenate([np.zeros(0), *self._parts])

    def place(self, index: int) -> str:
        """Where the number at an index was found."""
        return self._places[bisect.bisect(self._starts, index) - 1]


class Likeness:
    """Every thumbnail, ready to be compared."""

    def __init__(self) -> None:
        self._thumbnails = list(_thumbnails())

    def find(self, values: Numbers) -> Iterator[tuple[int, str]]:
        """Where a part of the values is like a thumbnail; like which, and how much.

        Pearson's r without the trend of each: counters and clocks only grow, and so may the sky.
        """
        starts = _distinct_starts(values)
        for step in (1, _STEP):
            thumbnails = [each for each in self._thumbnails if each.step == step]
            for at, column in _suspicious(values, starts, step, thumbnails):
                thumbnail = thumbnails[column]
                r = _likeness(values, at - thumbnail.segment, thumbnail.values)
                if r > ALIKE:
                    yield at, f"like a {thumbnail.name}, r = {r:.2f}"


def _suspicious(
    values: Numbers, starts: NDArray[np.int64], step: int, thumbnails: list[Thumbnail]
) -> Iterator[tuple[int, int]]:
    """Where a window of the values is like the segment of a thumbnail, and of which."""
    reach = step * np.arange(SEGMENT)
    starts = starts[starts + reach[-1] < len(values)]
    segments = np.array([each.values[each.segment + reach] for each in thumbnails])
    matrix = _normalised(segments).T.astype(np.float32)
    for first in range(0, len(starts), _BLOCK):
        block = starts[first : first + _BLOCK]
        windows = _normalised(values[block[:, None] + reach])
        likeness = windows.astype(np.float32) @ matrix
        if max(likeness.max(), -likeness.min()) > SUSPICIOUS:
            for row, column in np.argwhere(np.abs(likeness) > SUSPICIOUS):
                yield int(block[row]), int(column)


def _likeness(values: Numbers, begin: int, thumbnail: Numbers) -> float:
    """|r| of a whole thumbnail and the values from `begin` on; 0 where they do not go so far."""
    part = values[max(begin, 0) : begin + len(thumbnail)]
    if len(part) < len(thumbnail):
        return 0.0
    return abs(float(_normalised(part[None])[0] @ _normalised(thumbnail[None])[0]))


def _normalised(rows: Numbers) -> Numbers:
    """Rows without mean and trend, of length 1; rows of nothing but trend become 0."""
    slope = np.linspace(-1.0, 1.0, rows.shape[1])
    slope /= np.linalg.norm(slope)
    centred = rows - rows.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(centred, axis=1, keepdims=True)
    centred -= (centred @ slope)[:, None] * slope
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    kept = norms > 1e-6 * np.maximum(scale, 1e-12)
    found: Numbers = np.divide(centred, norms, out=np.zeros_like(centred), where=kept)
    return found


def _distinct_starts(values: Numbers) -> NDArray[np.int64]:
    """Where windows begin that no earlier one equals: pages of a database are written many times.

    By a polynomial hash modulo 2**64, whose base is odd and so has an inverse.
    """
    count = len(values) - SEGMENT + 1
    if count <= 0:
        return np.zeros(0, np.int64)
    base, inverse = np.uint64(_BASE), np.uint64(pow(_BASE, -1, 2**64))
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(len(values), base))
        # Of a small number only the upper bits are set, which a product would lose.
        mixed = values.view(np.uint64) * base
        mixed ^= mixed >> np.uint64(32)
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed * powers)])
        hashes = (sums[SEGMENT:] - sums[:-SEGMENT]) * np.cumprod(np.full(count, inverse))
    starts: NDArray[np.int64] = np.sort(np.unique(hashes, return_index=True)[1])
    return starts


def _thumbnails() -> Iterator[Thumbnail]:
    """Small greys of every view, turned and mirrored; 4:3 ones of the whole frame only."""
    whole, *squares = picture.views()
    sizes = [(whole, size) for size in WIDE]
    sizes += [(view, (side, side)) for view in (whole, *squares) for side in SQUARES]
    for view, size in sizes:
        grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)
        small = size[0] * size[1] <= _LARGE
        ways = [cv2.INTER_AREA]
        if small and view is whole:
            # Every n-th pixel of a frame looks otherwise; of a large thumbnail that is alike enough.
            ways.append(cv2.INTER_NEAREST)
        for way in ways:
            for turned in _turned(cv2.resize(grey, size, interpolation=way)):
                values = turned.astype(np.float64).ravel()
                step = 1 if small else _STEP
                name = f"{turned.shape[1]}x{turned.shape[0]} thumbnail"
                yield Thumbnail(name, values, step, _liveliest(values, step))


def _turned(small: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The eight ways to turn and mirror it."""
    for turns in range(4):
        turned = np.rot90(small, turns)
        yield turned
        yield turned[:, ::-1]


def _liveliest(values: Numbers, step: int) -> int:
    """Where the segment begins that is least like a straight line."""
    starts = np.arange(len(values) - step * (SEGMENT - 1))
    segments = values[starts[:, None] + step * np.arange(SEGMENT)]
    trends = np.linspace(segments[:, 0], segments[:, -1], SEGMENT, axis=1)
    return int(np.argmax((segments - trends).std(axis=1)))
