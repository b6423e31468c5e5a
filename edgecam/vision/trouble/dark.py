"""Too dark: even the brightest parts of the frame are nearly black.

Brightness is that of blocks, so sensor noise, which lifts single pixels, does not make it light.
The value is `Sight.brightest`: a lamp or a window that fills 2 % of the frame is still seen.
"""

from edgecam.vision.trouble.hold import Reading, low
from edgecam.vision.trouble.sight import Sight

BAD = 0.055
GOOD = 0.068


class Darkness:
    """Needs no memory."""

    def look(self, sight: Sight, at_ns: int) -> Reading:
        """How bright the brightest parts are, 0 to 1."""
        del at_ns
        return low(sight.brightest, BAD, GOOD)
