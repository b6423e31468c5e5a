"""Too dark: even the brightest parts of the frame are nearly black.

Brightness is that of blocks, so sensor noise, which lifts single pixels, does not make it light.
The value is `Sight.brightest`: a lamp or a window that fills 2 % of the frame is still seen.

Dark is where the model is of no use, not where a person finds it dark. Of photographs that it knows,
darkened to every brightness, without noise and at gains 1 to 8, it still names a quarter where the
value lies between 0.03 and 0.045 (an eighth of 120 others), and less than 1 % below 0.024
(`edgecam.workshop.trouble.darkness` measures that).
"""

from edgecam.vision.trouble.hold import Reading, low
from edgecam.vision.trouble.sight import Sight

BAD = 0.024
GOOD = 0.03


class Darkness:
    """Needs no memory."""

    def look(self, sight: Sight, at_ns: int) -> Reading:
        """How bright the brightest parts are, 0 to 1."""
        del at_ns
        return low(sight.brightest, BAD, GOOD)
