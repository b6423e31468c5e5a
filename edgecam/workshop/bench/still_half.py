"""`edgecam run vision` before a still scene, as a camera would see it: live, and with noise.

    python -m edgecam.workshop.bench.still_half CONFIG

The picture is the first of `camera.stills.folder`. Its frames lie in memory, so that no camera's own
cost is in what is measured, and each differs from the one before as a sensor's do.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgecam import link, model
from edgecam.appliance import log
from edgecam.appliance.daemon import Daemon
from edgecam.arrays import Pixels
from edgecam.config import load
from edgecam.vision import half
from edgecam.vision.camera.pace import Pace
from edgecam.workshop import scenes
from edgecam.workshop.frames import FramesInMemory
from edgecam.workshop.scenes import Photograph

_GAIN = 1.4  # 2 grey levels of 255 at mid-grey: a small sensor's in daylight, and somewhat more
_STEP = 8  # pixels by which what moves has moved from frame to frame
_FRAMES = 20  # two seconds of 10 a second, then again; 0.9 MB each


def main(file: Path) -> None:
    """Run until SIGTERM."""
    config = load(file).config
    log.set_up(config.log.level, "vision")
    photograph = scenes.photographs(Path(config.camera.stills.folder))[0]
    path = config.link.socket
    service = half.build(
        config,
        model.load(config.model),
        lambda: link.connect(path),
        source=FramesInMemory(noisy(photograph.pixels), live=True, pace=Pace(config.camera.fps)),
    )
    Daemon([service]).run()


def noisy(pixels: Pixels) -> list[Pixels]:
    """A still picture as so many frames, `(height, width, 3)` uint8, each with noise of its own."""
    shots = scenes.still(Photograph("", pixels), _FRAMES)
    return [shot.pixels for shot in scenes.noisy(shots, gain=_GAIN)]


def moved(frames: Sequence[Pixels]) -> list[Pixels]:
    """The same frames, each further to the right than the one before."""
    return [np.roll(frame, _STEP * number, 1) for number, frame in enumerate(frames)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
