"""What each `power` takes of a processor, before a still scene and before one that moves.

The whole vision half with the default settings runs in this process on a made camera of 10
exposures a second, 640x480, with a sensor's noise; the publisher is a process of its own, and does
not count. `frames`: those that were taken, a second; `looks`: those that the model looked at;
`CPU`: milliseconds of processor time in a second, of all threads of the vision half.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from rich.table import Table

from edgecam import link, model
from edgecam.appliance.board import Board
from edgecam.arrays import Pixels
from edgecam.config import INSTALLATION, load
from edgecam.config.options import Power
from edgecam.errors import EdgecamError
from edgecam.messages import VisionHealth
from edgecam.vision import half
from edgecam.vision.governor import IDLING, UNSET_FPS, Governor
from edgecam.vision.service import VisionService
from edgecam.workshop import ending, scenes
from edgecam.workshop.bench import still_half
from edgecam.workshop.frames import FramesInMemory
from edgecam.workshop.halves import HalfProcess, write_configuration
from edgecam.workshop.paper import paper
from edgecam.workshop.samples import SAMPLES

_READY_TIMEOUT_S = 60.0
_POLL_S = 0.1
_SETTLED_S = 4.0  # until the gate knows the noise, and votes are settled
_PHOTOGRAPH = "panda"
_COOL = Board(Path("/nowhere"))  # tells nothing: a hot machine would look at fewer frames

Scene = Literal["still", "moving"]


@dataclass(frozen=True)
class Load:
    """What a power takes in a second before a scene."""

    power: Power
    scene: Scene
    frames: float
    looks: float
    cpu_ms: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/evaluate power", description=__doc__)
    parser.add_argument(
        *("--seconds", "-s"), type=float, default=20.0, help="of each figure (default: 20)"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    loads: list[Load] = []
    for power in get_args(Power):
        print(power, file=sys.stderr, flush=True)
        loads += measured(power, options.seconds)
    if options.json:
        print(json.dumps([asdict(one) for one in loads]))
    else:
        _print(loads)
    return 0


def measured(power: Power, seconds: float) -> list[Load]:
    """Before a scene that moves, and before a still one once that is noticed; each for so long.

    Raises EdgecamError where a half cannot run.
    """
    idling = IDLING[power]
    with ending.workplace("edgecam-power-") as folder:
        nowhere = {"power": power, "mqtt": {"broker": "mqtt://127.0.0.1:1"}}
        shipped = load(INSTALLATION / "config.yaml").config
        file = write_configuration(folder, shipped, nowhere)
        config = load(file).config
        fps = config.camera.fps or UNSET_FPS
        governor = Governor(_COOL, fps, config.camera.stall_s)
        still = _still()
        camera = FramesInMemory(still_half.moved(still), live=True, pace=governor.pace)
        with HalfProcess("publisher", file) as publisher:
            publisher.wait_until_ready(_READY_TIMEOUT_S)
            service = half.build(
                config,
                model.load(config.model),
                lambda: link.connect(config.link.socket),
                source=camera,
                governor=governor,
            )
            service.start(lambda: None)
            try:
                moving = _load(service, power, "moving", _SETTLED_S, seconds)
                camera.pictures = still
                wait_s = _SETTLED_S + (idling.after_s if idling is not None else 0.0)
                return [moving, _load(service, power, "still", wait_s, seconds)]
            finally:
                service.stop()


def _still() -> list[Pixels]:
    """The photograph as a camera sees it that nobody moves."""
    (shown,) = (one.pixels for one in scenes.photographs(SAMPLES) if one.name == _PHOTOGRAPH)
    return still_half.noisy(shown)


def _load(
    service: VisionService, power: Power, scene: Scene, wait_s: float, seconds: float
) -> Load:
    _health(service)  # what has not begun cannot settle
    time.sleep(wait_s)
    frames, saved, used_s, started_s = _counted(service)
    time.sleep(seconds)
    frames_then, saved_then, used_then_s, ended_s = _counted(service)
    took_s = ended_s - started_s
    taken, looked = frames_then - frames, frames_then - frames - (saved_then - saved)
    return Load(
        power,
        scene,
        frames=round(taken / took_s, 2),
        looks=round(looked / took_s, 2),
        cpu_ms=round(1000 * (used_then_s - used_s) / took_s, 1),
    )


def _counted(service: VisionService) -> tuple[int, int, float, float]:
    """Frames, looks saved, processor time and time so far. Raises as `_health`."""
    saved = _health(service).still
    return service.frames, saved, time.process_time(), time.perf_counter()


def _health(service: VisionService) -> VisionHealth:
    """How the half is doing, from its first look on. Raises what ended it, EdgecamError."""
    deadline_s = time.monotonic() + _READY_TIMEOUT_S
    while True:
        service.check()
        health = service.health()
        if health is not None:
            return health
        if time.monotonic() > deadline_s:
            msg = f"nothing was looked at in {_READY_TIMEOUT_S:g} s"
            raise EdgecamError(msg)
        time.sleep(_POLL_S)


def _print(loads: Sequence[Load]) -> None:
    table = Table(title="The vision half at 10 exposures a second, with the default settings")
    for heading in ("power", "scene", "frames/s", "looks/s", "CPU ms/s"):
        table.add_column(heading, justify="left" if heading in ("power", "scene") else "right")
    for one in loads:
        figures = (f"{one.frames:.1f}", f"{one.looks:.2f}", f"{one.cpu_ms:.1f}")
        table.add_row(one.power, one.scene, *figures)
    paper().print(table)
