"""Flicker: lamps on the mains beat with the exposure, as bands or from frame to frame.

Light multiplies, and in a frame that is read line by line it differs by line: so the brightness of
24 x 8 fields is set, as a logarithm, against that of the look before and the look after, and what a
whole row of fields has in common is the light. Dusk is a straight line then, and a lamp that is
switched on shows in two looks alone. What moves through the picture changes some columns only, and
does not count. Bands that stand still are part of the scene, and are not noticed.

The value is the depth of the flicker: 0.15 where light goes up and down by 15 %.
"""

import math
from collections import deque

import cv2
import numpy as np

from edgecam.vision.trouble.hold import Reading, high
from edgecam.vision.trouble.sight import Sight, in_order, part_of

BAD = 0.06
GOOD = 0.04
_LOOKS = 8  # three quarters of so many show what the value says: a cut shows in fewer
_ROWS, _COLUMNS = 24, 8
_BLACK = 4.0  # grey levels added before the logarithm: sensors round what is darker
_COMMON = 0.7  # the part of the fields that must follow their row
_STRAY = 0.015  # deviation from the row that is rounding


class Flicker:
    """Remembers the mean brightness of 24 x 8 fields at the last looks; in memory only."""

    def __init__(self) -> None:
        fields = (_ROWS, _COLUMNS)
        self._looks = deque(np.zeros(fields, np.float32) for _ in range(3))
        self._seen = 0
        self._change, self._rest = (np.zeros(fields, np.float32) for _ in range(2))
        self._depths: deque[float] = deque(maxlen=_LOOKS)

    def look(self, sight: Sight, at_ns: int) -> Reading | None:
        """The depth of the flicker, 0 to 1; None before enough looks."""
        del at_ns
        self._looks.rotate(-1)  # the oldest gives its place to the newest
        now = self._looks[-1]
        cv2.resize(sight.cells, (_COLUMNS, _ROWS), dst=now, interpolation=cv2.INTER_AREA)
        now += _BLACK
        np.log(now, out=now)
        self._seen = min(self._seen + 1, len(self._looks))
        if self._seen == len(self._looks):
            self._depths.append(self._depth())
        if len(self._depths) < _LOOKS:
            return None
        return high(min(sorted(self._depths)[_LOOKS // 4], 1.0), BAD, GOOD)

    def _depth(self) -> float:
        """The depth at the look before; 0 where something else than the light has changed."""
        before, between, after = self._looks
        change, rest = self._change, self._rest
        np.add(before, after, out=change)
        change *= -0.5
        change += between
        np.copyto(rest, change)
        in_order(rest)
        light = (rest[:, _COLUMNS // 2 - 1] + rest[:, _COLUMNS // 2]) / 2  # median of each row
        level = part_of(light.copy(), 0.5)
        bands = math.sqrt(2) * part_of(np.abs(light - level), 0.5)
        depth = max(bands, abs(level))
        np.subtract(change, light[:, None], out=rest)
        np.abs(rest, out=rest)
        follow = np.count_nonzero(rest < max(depth / 2, _STRAY))
        return depth if follow >= _COMMON * rest.size else 0.0
