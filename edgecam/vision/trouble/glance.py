"""Whether a frame certainly shows something, for a tenth of what measuring it costs.

A lens that is covered, and darkness, leave no outlines anywhere. So where 48 x 64 pixels of the
frame, taken as they are, differ strongly from those beside and below them in more places than either
could, the camera sees, and the frame need not be measured before it is judged. It is measured once a
second whatever a glance says, and always where there is any doubt: in twilight, in noise, before a
wall with little on it.
"""

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.vision.trouble.covered import least_contrast
from edgecam.vision.trouble.dark import GOOD as LIT

_ROWS, _COLUMNS = 48, 64
_APART = 2  # points: 20 pixels of 640, within the square over which contrast is measured
_CLEAR = 1.25  # times the contrast of an outline
_BEYOND_NOISE = 40.0  # grey levels: four deviations of what two pixels differ by at a gain of 8
_OUTLINED = 0.015  # of the pairs; 29 of the 30 bundled photographs have more, and covers 0.0002


class Glance:
    """Keeps buffers, and nothing of a frame; for one thread."""

    def __init__(self) -> None:
        self._points = np.empty((_ROWS, _COLUMNS, 3), np.uint8)
        self._grey = np.empty((_ROWS, _COLUMNS), np.uint8)
        self._fields = np.empty((_ROWS // 4, _COLUMNS // 4), np.uint8)
        self._across = np.empty((_ROWS, _COLUMNS - _APART), np.uint8)
        self._down = np.empty((_ROWS - _APART, _COLUMNS), np.uint8)

    def sees(self, pixels: Pixels) -> bool:
        """Whether this frame `(height, width, 3)`, 64 pixels at least, is neither dark nor covered."""
        rows, columns = pixels.shape[0] // _ROWS, pixels.shape[1] // _COLUMNS
        points = pixels[rows // 2 :: rows, columns // 2 :: columns]
        np.copyto(self._points, points[:_ROWS, :_COLUMNS])
        grey = cv2.cvtColor(self._points, cv2.COLOR_RGB2GRAY, dst=self._grey)
        size = self._fields.shape[::-1]
        cv2.resize(grey, size, dst=self._fields, interpolation=cv2.INTER_AREA)
        brightest = cv2.minMaxLoc(self._fields)[1] / 255
        if brightest < 2 * LIT:
            return False
        clear = max(_CLEAR * least_contrast(brightest), _BEYOND_NOISE)
        cv2.absdiff(grey[:, _APART:], grey[:, :-_APART], dst=self._across)
        cv2.absdiff(grey[_APART:], grey[:-_APART], dst=self._down)
        outlined = sum(_above(change, clear) for change in (self._across, self._down))
        return outlined > _OUTLINED * (self._across.size + self._down.size)


def _above(change: Pixels, limit: float) -> int:
    """How many are above a limit; the array is not needed any more."""
    cv2.threshold(change, limit, 255, cv2.THRESH_BINARY, dst=change)
    return cv2.countNonZero(change)
