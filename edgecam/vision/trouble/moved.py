"""Moved: the camera looks elsewhere than it did.

A view is remembered as the direction in which edges run in each of 16 x 12 cells, one of eight or
none: 192 values of nine, 609 bits, where the smallest picture in which people recognise something
has 4096 (docs/privacy.md). How dark or light a cell is, is not among them, so the light may change.
It is kept in memory alone, and never leaves this half.

What comes, goes or parks changes some cells, and the reference takes them over after minutes
(a majority vote, cell by cell: R. S. Boyer, J S. Moore, MJRTY, 1981). A camera that was turned
changes them all over the frame, at once and for good: where a third of the frame, at any side of
it, is what it was, something stands in the way instead. A view that never rests is no new one.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.vision.trouble.hold import Reading, low
from edgecam.vision.trouble.sight import Floats, Sight

ROWS, COLUMNS = 12, 16
DIRECTIONS = 8
BAD = 0.45
GOOD = 0.55
LEARN_LOOKS = 30  # at a view before it is a reference
SETTLED_S = 600.0  # a new view that has rested for so long becomes the reference
UNSEEN_S = 300.0  # not looked at for so long, as in a sleep: nobody knows whether it rested
_SURE = 600  # looks after which a cell is as sure as it gets: it takes as many to change it
_RESTS = 0.6  # likeness of a view to what it was when it came to rest, as long as it rests
_FEWEST = 12  # cells with a direction in both views; with fewer nothing can be said,
_FEWEST_OF_THIRD = 8  # and nothing of a third of the frame
_UNCHANGED = 0.8  # likeness of a third of the frame that is what it was
_THIRDS = (np.s_[:4], np.s_[-4:], np.s_[:, :5], np.s_[:, -5:])  # top, bottom, left, right
_PIXELS = (160, 120)  # edges are taken from the frame in this size
_COHERENCE = 0.25  # of a cell's edges, 0: all directions alike, 1: one direction
_FAINTEST = 1.0  # mean square of the gradient under which a cell has no edges
_NONE = -1

Directions = NDArray[np.int8]


class Movement:
    """Remembers one view, as directions alone, and how sure each of them is."""

    def __init__(self) -> None:
        self._edges = _Edges()
        self._reference: Directions = np.full((ROWS, COLUMNS), _NONE, np.int8)
        self._sure = np.zeros((ROWS, COLUMNS), np.int16)
        self._looks = 0
        self._resting: Directions | None = None  # how the view was when it came to rest
        self._rests_since_ns = self._looked_ns = 0

    def look(self, sight: Sight, at_ns: int) -> Reading | None:
        """How much the view is like the reference, 0 to 1; None where nothing can be said."""
        view = self._edges.directions(sight)
        rests = self._rests(view, at_ns)
        if self._looks == 0:
            self._start_with(view)
        likeness = self._likeness(view)
        if likeness is None:
            return None
        reading = low(max(likeness, 0.0), BAD, GOOD)
        if self._looks < LEARN_LOOKS and reading.bad:
            self._start_with(view)  # nobody has come to rely on what it looked at before
            return None
        if not reading.bad:
            self._adapt(view)
        elif not rests:
            return Reading(reading.value, bad=False, good=False)
        elif at_ns - self._rests_since_ns >= SETTLED_S * 1e9:
            self._start_with(view)
        return reading

    def _likeness(self, view: Directions) -> float | None:
        """That of the frame, or of the third of it that is what it was."""
        likeness = _likeness(view, self._reference, _FEWEST)
        if likeness is None:
            return None
        for third in _THIRDS:
            part = _likeness(view[third], self._reference[third], _FEWEST_OF_THIRD) or 0.0
            if part >= _UNCHANGED:
                likeness = max(likeness, part)
        return likeness

    def _rests(self, view: Directions, at_ns: int) -> bool:
        """Whether the view is still what it was when it came to rest."""
        unseen_ns, self._looked_ns = at_ns - self._looked_ns, at_ns
        likeness = None if self._resting is None else _likeness(view, self._resting, _FEWEST)
        if likeness is not None and likeness >= _RESTS and unseen_ns < UNSEEN_S * 1e9:
            return True
        self._resting, self._rests_since_ns = view, at_ns
        return False

    def _start_with(self, view: Directions) -> None:
        self._reference = view.copy()  # it adapts, and the view is kept for another reason, too
        self._sure.fill(0)
        self._looks = 0

    def _adapt(self, view: Directions) -> None:
        """Each cell votes for or against what is remembered of it."""
        self._looks += 1
        same = view == self._reference
        self._sure += same
        self._sure -= ~same
        np.copyto(self._reference, view, where=self._sure < 0)
        np.clip(self._sure, 0, _SURE, out=self._sure)


class _Edges:
    """The directions of edges; its buffers are reused."""

    def __init__(self) -> None:
        width, height = _PIXELS
        self._small = np.empty((height, width), np.uint8)
        self._gradients = [np.empty((height, width), np.float32) for _ in range(5)]
        self._cells = [np.empty((ROWS, COLUMNS), np.float32) for _ in range(4)]

    def directions(self, sight: Sight) -> Directions:
        """`(ROWS, COLUMNS)`: the direction of the edges in each cell, or `_NONE`.

        The structure tensor of a cell (J. Bigun, G. Granlund, ICCV 1987) gives its main
        direction, and by its coherence whether it has one.
        """
        cv2.resize(sight.grey, _PIXELS, dst=self._small, interpolation=cv2.INTER_AREA)
        across, down, squares, other, product = self._gradients
        cv2.Sobel(self._small, cv2.CV_32F, 1, 0, dst=across, scale=1 / 8)
        cv2.Sobel(self._small, cv2.CV_32F, 0, 1, dst=down, scale=1 / 8)
        np.multiply(across, down, out=product)
        np.multiply(across, across, out=squares)
        np.multiply(down, down, out=other)
        both, crossed, energy, strength = self._cells
        _by_cell(product, both)
        _by_cell(np.subtract(squares, other, out=across), crossed)
        _by_cell(np.add(squares, other, out=down), energy)
        both *= 2
        np.hypot(both, crossed, out=strength)
        np.arctan2(both, crossed, out=both)  # of twice the direction
        both *= DIRECTIONS / (2 * np.pi)
        np.rint(both, out=both)
        directions: Directions = both.astype(np.int8) % DIRECTIONS
        enough = energy > _FAINTEST
        energy *= _COHERENCE
        directions[~(enough & (strength > energy))] = _NONE
        return directions


def _by_cell(values: Floats, cells: Floats) -> None:
    cv2.resize(values, (COLUMNS, ROWS), dst=cells, interpolation=cv2.INTER_AREA)


def _likeness(view: Directions, other: Directions, fewest: int) -> float | None:
    """1 for the same directions, 1/2 for neighbours, about 0 for another view, -1 for crossed."""
    known = (view != _NONE) & (other != _NONE)
    count = np.count_nonzero(known)
    if count < fewest:
        return None
    apart = (view - other) % DIRECTIONS
    np.minimum(apart, DIRECTIONS - apart, out=apart)
    steps = cv2.sumElems(apart[known])[0]  # NumPy's sum of so small numbers takes 4 KiB
    return 1 - 2 * steps / (count * DIRECTIONS / 2)
