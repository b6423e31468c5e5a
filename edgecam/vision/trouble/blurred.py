"""Blurred: out of focus, or a lens that is fogged, wet or dirty.

At an edge, the largest step between neighbouring pixels is set against the contrast around it: a
sharp edge climbs in one or two pixels, a blurred one takes many. That is a property of the lens
and hardly of the scene: over sharp photographs of any subject the value hardly falls below 0.3, and
blur brings it below 0.2 whatever they show; so no reference of the scene is needed, and a
camera that was never in focus is noticed, too. Only the sharpest edges count, so a blurred
background, or what moves, is no trouble.
"""

import numpy as np

from edgecam.vision.trouble.covered import BAD as COVERED
from edgecam.vision.trouble.covered import least_contrast
from edgecam.vision.trouble.hold import Reading, low
from edgecam.vision.trouble.sight import Floats, Sight, in_order

BAD = 0.24
GOOD = 0.28
_SHARPEST = 0.05  # the part of the edges that is looked at


class Blur:
    """Keeps a buffer, and nothing of the frame."""

    def __init__(self) -> None:
        self._sharpness: Floats = np.empty((0, 0), np.float32)
        self._edges = np.empty((0, 0), bool)

    def look(self, sight: Sight, at_ns: int) -> Reading | None:
        """How steep the sharpest edges are, 0 to 1; None where there are too few of them."""
        del at_ns
        if self._sharpness.shape != sight.contrast.shape:
            self._sharpness = np.empty_like(sight.contrast)
            self._edges = np.empty(sight.contrast.shape, bool)
        edges = self._edges
        np.greater(sight.contrast, least_contrast(sight.brightest), out=edges)
        count = np.count_nonzero(edges)
        if count <= COVERED * edges.size:
            return None
        self._sharpness.fill(-1)  # no edge: below all that are
        np.divide(sight.slopes(), sight.contrast, out=self._sharpness, where=edges)
        (sharpness,) = in_order(self._sharpness.reshape(1, -1))
        value = float(sharpness[-1 - int(_SHARPEST * count)])
        return low(min(max(value, 0.0), 1.0), BAD, GOOD)
