"""How long a battery lasts in each mode of `power`: always an estimate, for nobody knows the scene.

Something moves in a part of the time, by assumption: then every frame is looked at. In the rest the
motion gate lets nearly none through, and the governor asks for fewer of them, as the mode says. The
seconds until it does so, and any schedule, are left out.
"""

from dataclasses import dataclass
from typing import get_args

from edgecam.config.options import Power
from edgecam.vision.governor import idle_fps
from edgecam.workshop.bench.result import Battery


@dataclass(frozen=True)
class Costs:
    """What the appliance takes, and how often."""

    idle_w: float
    """Of the machine, whatever it does."""
    joules_per_cpu_s: float
    moving_cpu_s: float
    """Of a frame that is looked at in all regions, with what the camera takes."""
    still_cpu_s: float
    """Of a frame of a still scene, likewise."""
    fps: float
    gated: bool
    """Whether there is a motion gate: without one everything counts as moving."""


def lasts(wh: float, moving_share: float, costs: Costs) -> Battery:
    """Hours for each mode, and those if every frame is looked at."""
    moving_w = costs.idle_w + costs.moving_cpu_s * costs.joules_per_cpu_s * costs.fps
    modes: tuple[Power, ...] = get_args(Power)
    hours: dict[str, float] = {}
    for mode in modes:
        still_w = _still_w(mode, costs) if costs.gated else moving_w
        hours[mode] = round(wh / (moving_share * moving_w + (1 - moving_share) * still_w), 1)
    return Battery(wh, moving_share, hours, round(wh / moving_w, 1))


def _still_w(mode: Power, costs: Costs) -> float:
    fps = idle_fps(mode, costs.fps)
    return costs.idle_w + costs.still_cpu_s * costs.joules_per_cpu_s * fps
