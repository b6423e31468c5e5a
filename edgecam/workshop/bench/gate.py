"""What the motion gate saves and what it takes itself.

It saves processor time of the vision half before a still scene, measured with and without. The scene is
as a camera would give it: live, so that all kinds of trouble are watched for, and with a sensor's
noise (`still_half`).
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.config.options import RegionOptions
from edgecam.model import Model
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor
from edgecam.workshop.bench import settings, still_half
from edgecam.workshop.bench.appliance import READY_TIMEOUT_S
from edgecam.workshop.gate.costs import median_us
from edgecam.workshop.halves import HalfProcess, write_configuration

FPS = 10.0
_SETTLED_S = 4.0  # until the votes are cast, the noise is learned and the gate has closed
_SLICE_S = 0.5


def cpu_ratio(
    folder: Path,
    config: Config,
    picture: Path,
    seconds: float,
    advance: Callable[[float], None],
) -> float:
    """Processor time with the gate, as a part of that without it; each measured for `seconds`."""
    pictures = folder / "pictures"
    pictures.mkdir()
    shutil.copy(picture, pictures)
    with HalfProcess("publisher", _configuration(folder, config, gate=True)) as publisher:
        publisher.wait_until_ready(READY_TIMEOUT_S)
        gated, ungated = (
            _cpu_s(_configuration(folder, config, gate=gate), seconds, advance)
            for gate in (True, False)
        )
    return gated / ungated


def took_ms(config: Config, found: Model, picture: Pixels) -> dict[str, float]:
    """Processor time of a frame in the gate itself, p50, before a still scene and one that moves.

    Frame after frame, without a pause; of the region that takes most.
    """
    cv2.setNumThreads(1)  # as the appliance does
    still = still_half.noisy(picture)
    scenes = {"still": still, "moving": still_half.moved(still)}
    return {
        name: max(_took_us(config, found, region, frames) for region in config.regions) / 1000
        for name, frames in scenes.items()
    }


def _took_us(
    config: Config, found: Model, region: RegionOptions, frames: Sequence[Pixels]
) -> float:
    how = config.model
    preprocessor = Preprocessor(found, how.fit, how.crop, region.box)
    gate = MotionGate(config.motion.max_idle_s, config.decision.window)
    # At one time: what time alone brings is a look, and costs no more here.
    return median_us(lambda pixels: gate.worth_a_look(preprocessor.view(pixels), 0), frames)


def _configuration(folder: Path, config: Config, *, gate: bool) -> Path:
    changes = {
        **settings.full_rate("mqtt://127.0.0.1:1"),
        "camera": settings.stills(str(folder / "pictures"), FPS, 3600.0),
        "motion": {"enabled": gate},
    }
    return write_configuration(folder, config, changes)


def _cpu_s(file: Path, seconds: float, advance: Callable[[float], None]) -> float:
    with HalfProcess("vision", file, still_half.__name__) as vision:
        vision.wait_until_ready(READY_TIMEOUT_S)
        time.sleep(_SETTLED_S)
        used_s = vision.cpu_s()
        for _ in range(max(1, round(seconds / _SLICE_S))):
            time.sleep(_SLICE_S)
            advance(_SLICE_S)
        vision.check()
        return vision.cpu_s() - used_s
