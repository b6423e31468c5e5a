"""`edgecam run vision` with a camera that says on standard output how many frames were taken.

python -m faults.counted_vision EVERY -c CONFIG
"""

import sys
from typing import Any

from edgecam import cli
from edgecam.appliance import confinement
from edgecam.appliance.confinement import Confinement

confine = confinement.confine


def confine_and_count(**how: Any) -> Confinement:
    """Put in the camera that counts as soon as libraries may be loaded that start threads."""
    confined = confine(**how)
    _count(int(sys.argv[1]))
    return confined


def _count(every: int) -> None:
    from edgecam.messages import Frame  # noqa: PLC0415  see above
    from edgecam.vision.camera import stills  # noqa: PLC0415  see above

    class CountedCamera(stills.StillsCamera):
        """Stills hand over a frame only when the last was looked at: frames taken are looks."""

        taken = 0

        def capture(self, timeout_s: float) -> Frame | None:
            frame = super().capture(timeout_s)
            if frame is not None:
                self.taken += 1
                if self.taken % every == 0:
                    print(self.taken, flush=True)
            return frame

    stills.StillsCamera = CountedCamera  # type: ignore[misc]


if __name__ == "__main__":
    confinement.confine = confine_and_count
    sys.exit(cli.main(["run", "vision", *sys.argv[2:]]))
