"""`edgecam run vision` with a camera that says on standard output how many frames were taken.

python -m faults.counted_vision EVERY -c CONFIG
"""

import sys

from edgecam import cli
from edgecam.messages import Frame
from edgecam.vision.camera import stills

EVERY = int(sys.argv[1])


class CountedCamera(stills.StillsCamera):
    """Stills hand over a frame only when the last one was looked at, so frames taken are looks."""

    taken = 0

    def capture(self, timeout_s: float) -> Frame | None:
        frame = super().capture(timeout_s)
        if frame is not None:
            self.taken += 1
            if self.taken % EVERY == 0:
                print(self.taken, flush=True)
        return frame


if __name__ == "__main__":
    stills.StillsCamera = CountedCamera  # type: ignore[misc]
    sys.exit(cli.main(["run", "vision", *sys.argv[2:]]))
