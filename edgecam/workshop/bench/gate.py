"""What the motion gate saves: the vision half's processor time before a still scene, with and without.

The scene is as a camera would give it: live, so that all kinds of trouble are watched for, and with
a sensor's noise (`still_half`).
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from edgecam.config import Config
from edgecam.workshop.bench import settings, still_half
from edgecam.workshop.bench.appliance import READY_TIMEOUT_S
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
