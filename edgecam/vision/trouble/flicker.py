"""Flicker: lamps on the mains beat with the exposure, as bands or from frame to frame.

Light multiplies, and in a frame that is read line by line it differs by line: so the brightness of
24 x 8 fields is set, as a logarithm, against what it was over the last looks, and what a whole row
of fields has in common is the light. What moves through the picture changes some columns only, and
does not count. Bands that stand still are part of the scene, and are not noticed.

The value is the depth of the flicker: 0.15 where light goes up and down by 15 %.
"""

import math
from collections import deque

import cv2
import numpy as np

from edgecam.vision.trouble.hold import Reading, high
from edgecam.vision.trouble.sight import Sight, part_of

BAD = 0.06
GOOD = 0.04
_LOOKS = 8  # three quarters of so many show what the value says: a cut shows in fewer
_NEW = 0.1  # the weight of a look in the mean brightness
_ROWS, _COLUMNS = 24, 8
_BLACK = 4.0  # grey levels added before the logarithm: sensors round what is darker
_COMMON = 0.7  # the part of the fields that must follow their row
_STRAY = 0.015  # deviation from the row that is rounding


class Flicker:
    """Remembers the mean brightness of 24 x 8 fields over the last looks; in memory only."""

    def __init__(self) -> None:
        fields = (_ROWS, _COLUMNS)
        self._now, self._mean, self._change, self._rest = (
            np.zeros(fields, np.float32) for _ in range(4)
        )
        self._depths: deque[float] = deque(maxlen=_LOOKS)
        self._levels: deque[float] = deque(maxlen=3)

    def look(self, sight: Sight, at_ns: int) -> Reading | None:
        """The depth of the flicker, 0 to 1; None before enough looks."""
        del at_ns
        now = self._now
        cv2.resize(sight.cells, (_COLUMNS, _ROWS), dst=now, interpolation=cv2.INTER_AREA)
        now += _BLACK
        np.log(now, out=now)
        if not self._levels:
            np.copyto(self._mean, now)
        np.subtract(now, self._mean, out=self._change)
        self._depths.append(self._depth())
        self._change *= _NEW
        self._mean += self._change
        if len(self._depths) < _LOOKS:
            return None
        return high(min(sorted(self._depths)[_LOOKS // 4], 1.0), BAD, GOOD)

    def _depth(self) -> float:
        """The depth at this look; 0 where something else than the light has changed."""
        rest = self._rest
        np.copyto(rest, self._change)
        rest.sort(axis=1)
        light = (rest[:, _COLUMNS // 2 - 1] + rest[:, _COLUMNS // 2]) / 2  # median of each row
        level = part_of(light.copy(), 0.5)
        self._levels.append(level)
        bands = math.sqrt(2) * part_of(np.abs(light - level), 0.5)
        depth = max(bands, self._alternation())
        np.subtract(self._change, light[:, None], out=rest)
        np.abs(rest, out=rest)
        follow = np.count_nonzero(rest < max(depth / 2, _STRAY))
        return depth if follow >= _COMMON * rest.size else 0.0

    def _alternation(self) -> float:
        """How far the light of the look before was from that around it: dusk is a straight line."""
        if len(self._levels) < 3:  # noqa: PLR2004  before, between and after
            return 0.0
        before, between, after = self._levels
        return abs(between - (before + after) / 2)
