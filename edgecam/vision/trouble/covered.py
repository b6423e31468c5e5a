"""Covered: light comes in, and nothing in the frame has an outline.

A hand, tape, a cap that lets light through, a sheet of paper, glare: all of them are flat or shade
off slowly. So is a bare wall that fills the frame; the two cannot be told apart.
The value is the part of the blocks in which something stands out.
"""

import numpy as np

from edgecam.vision.trouble.hold import Reading, low
from edgecam.vision.trouble.sight import Sight

BAD = 0.01
GOOD = 0.02
# Grey levels; less is no outline in any light. In one in which the model still names something all
# of a photograph may lie within 10 of them; of covers, noise leaves no more than 2.
LEAST_CONTRAST = 3.0
_CONTRAST_PART = 0.35  # of the brightest parts: in twilight all contrasts shrink alike


def least_contrast(brightest: float) -> float:
    """The contrast, in grey levels, from which something stands out in this light, 0 to 1."""
    return max(LEAST_CONTRAST, _CONTRAST_PART * 255 * brightest)


class Cover:
    """Needs no memory."""

    def look(self, sight: Sight, at_ns: int) -> Reading:
        """The part of the blocks in which something stands out, 0 to 1."""
        del at_ns
        outlined = np.count_nonzero(sight.contrast > least_contrast(sight.brightest))
        return low(outlined / sight.contrast.size, BAD, GOOD)
