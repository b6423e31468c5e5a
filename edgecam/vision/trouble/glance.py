"""Whether a camera that saw a moment ago can be blind now, for a tenth of what measuring it costs.

Whatever covers a lens or takes the light away changes nearly all that is to be seen. So where the
points of a lattice that have changed are a much smaller part of the frame than what held clear
outlines and light, the camera still sees, and need not be measured before a frame is judged. It is measured
once a second whatever has changed.
"""

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.vision.trouble.covered import least_contrast
from edgecam.vision.trouble.dark import GOOD as LIT
from edgecam.vision.trouble.sight import Sight

_ROWS, _COLUMNS = 24, 32
_CLEAR = 1.5  # times the contrast of an outline, and the light: near the limit little is needed

_SPARE = 0.5  # of what held both: a cover may have the colour of what is behind the outlines


class Glance:
    """Remembers 24 x 32 pixels of a frame that was measured; in memory only, for one thread."""

    def __init__(self) -> None:
        lattice = (_ROWS, _COLUMNS * 3)
        self._before, self._now, self._change = (np.zeros(lattice, np.uint8) for _ in range(3))
        self._step = 0.0  # grey levels from which on a point has changed
        self._most = 0.0  # points that may
        self._shape: tuple[int, ...] = ()

    def remember(self, pixels: Pixels, sight: Sight) -> None:
        """The camera saw this frame `(height, width, 3)`, which `sight` has reduced."""
        self._shape = pixels.shape
        self._take(pixels, self._before)
        least = least_contrast(sight)
        # The highest contrast goes by as much as its two sides change together.
        self._step = (_CLEAR - 1) * least / 2
        outlined = np.count_nonzero(sight.contrast > _CLEAR * least) / sight.contrast.size
        lit = np.count_nonzero(sight.cells > _CLEAR * LIT * 255) / sight.cells.size
        self._most = _SPARE * min(outlined, lit) * self._before.size

    def still_sees(self, pixels: Pixels) -> bool:
        """Whether this frame can be neither dark nor covered."""
        if pixels.shape != self._shape:
            return False
        self._take(pixels, self._now)
        cv2.absdiff(self._now, self._before, dst=self._change)
        cv2.threshold(self._change, self._step, 255, cv2.THRESH_BINARY, dst=self._change)
        return cv2.countNonZero(self._change) < self._most

    def _take(self, pixels: Pixels, into: Pixels) -> None:
        down, across = pixels.shape[0] // _ROWS, pixels.shape[1] // _COLUMNS
        points = pixels[down // 2 :: down, across // 2 :: across]
        np.copyto(into.reshape(_ROWS, _COLUMNS, 3), points[:_ROWS, :_COLUMNS])
