"""What the parts of a run come to: medians, percentiles, energy, and what it all ran on."""

import datetime as dt
import statistics
from dataclasses import dataclass

import numpy as np

from edgecam import runtimes
from edgecam.appliance.board import Board
from edgecam.config import Config
from edgecam.model import Model
from edgecam.vision.statistics import STAGES
from edgecam.workshop import origin
from edgecam.workshop.bench import battery, boards
from edgecam.workshop.bench.appliance import ApplianceFigures
from edgecam.workshop.bench.loop import LoopFigures
from edgecam.workshop.bench.meters import Meter
from edgecam.workshop.bench.result import Battery, Energy, Result
from edgecam.workshop.company import Company

_NO_BATTERY = "battery: without energy and frame rate nothing can be said of it"
_NO_FIGURES = "energy: nothing here measures it, and of this board no figures are known"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What each part of the run found; None where it could not."""

    looped: LoopFigures
    appliance: ApplianceFigures
    latencies_ms: list[float]
    region_extra_ms: dict[int, float]
    broker: str
    gate_cpu_ratio: float
    gate_ms: dict[str, float]
    meter: Meter | None
    idle_w: float | None
    """What `meter` says while nothing is looked at."""
    battery_wh: float | None
    moving_share: float
    company: Company
    notes: list[str]


def result(parts: Parts, config: Config, found: Model) -> Result:
    """The document of a run of a configuration and its model."""
    looped, seen = parts.looped, parts.appliance
    regions, stages = len(config.regions), looped.stages
    energy = _energy(parts, regions)
    return Result(
        ratio_to_bare=round(statistics.median(looped.ratios), 4),
        ratio_min=round(min(looped.ratios), 4),
        ratio_max=round(max(looped.ratios), 4),
        bare_ms=round(1000 / looped.median("bare_fps"), 3),
        bare_fps=round(looped.median("bare_fps"), 1),
        vision_fps=round(looped.median("whole_fps"), 1),
        overhead_ms_p50=round(stages.overhead_ms(regions), 4),
        overhead_cpu_ms=_overhead_cpu_ms(looped, config.model.threads),
        overhead_live_ms_p50=round(looped.live_stages.overhead_ms(regions), 4),
        alloc_bytes_per_frame=looped.alloc_bytes,
        cpu_ms_per_frame=round(looped.median("cpu_ms"), 3),
        stages={str(name): stages.of(name) for name in STAGES},
        region_extra_ms={n: round(ms, 4) for n, ms in parts.region_extra_ms.items()},
        fps=seen.fps,
        camera_cpu_ms_per_frame=_rounded(seen.cpu_ms_per_frame, 3),
        vision_rss_mb=round(seen.vision.rss_mb, 1),
        vision_peak_mb=round(seen.vision.peak_mb, 1),
        vision_pss_mb=_rounded(seen.vision_pss_mb, 1),
        publisher_rss_mb=round(seen.publisher.rss_mb, 1),
        publisher_peak_mb=round(seen.publisher.peak_mb, 1),
        publisher_pss_mb=_rounded(seen.publisher_pss_mb, 1),
        ready_s=round(seen.ready_s, 3),
        event_latency_ms_p50=_percentile(parts.latencies_ms, 50),
        event_latency_ms_p99=_percentile(parts.latencies_ms, 99),
        events=len(parts.latencies_ms),
        broker=parts.broker,
        gate_cpu_ratio=round(parts.gate_cpu_ratio, 4),
        gate_ms={scene: round(ms, 4) for scene, ms in parts.gate_ms.items()},
        energy=energy,
        battery=_battery(parts, energy, config),
        machine=origin.machine(),
        camera=config.camera.source,
        model=found.name,
        runtime=runtimes.version(runtimes.chosen(config.model.runtime)),
        threads=config.model.threads,
        regions=regions,
        rounds=len(looped.rounds),
        commit=origin.commit(),
        date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        company=parts.company,
        notes=parts.notes,
    )


def _energy(parts: Parts, regions: int) -> Energy:
    """Measured where this machine can, else estimated from processor time; notes where neither."""
    idle_w, looped = parts.idle_w, parts.looped
    if parts.meter is not None and idle_w is not None:
        above_idle = [
            max(0.0, (one.joules - idle_w * one.seconds) / one.looks)
            for one in looped.rounds
            if one.joules is not None and one.looks
        ]
        if above_idle:
            joules = round(statistics.median(above_idle), 5)
            return Energy(joules, round(idle_w, 2), parts.meter.source, estimated=False)
    power = boards.power_of(Board().model())
    if power is None:
        parts.notes.append(_NO_FIGURES)
        return Energy(None, None, "", estimated=True)
    cpu_s = looped.median("cpu_ms") / 1000 / regions
    return Energy(round(cpu_s * power.core_w, 5), power.idle_w, power.source, estimated=True)


def _battery(parts: Parts, energy: Energy, config: Config) -> Battery | None:
    """How long a battery lasts with the configured camera at its rate; None where that is not known."""
    seen, looked_cpu_s = parts.appliance, parts.looped.median("cpu_ms") / 1000
    if parts.battery_wh is None:
        return None
    if energy.joules_per_look is None or energy.idle_w is None or not seen.fps:
        parts.notes.append(_NO_BATTERY)
        return None
    whole_cpu_s = max((seen.cpu_ms_per_frame or 0.0) / 1000, looked_cpu_s)
    costs = battery.Costs(
        idle_w=energy.idle_w,
        joules_per_cpu_s=energy.joules_per_look * len(config.regions) / looked_cpu_s,
        moving_cpu_s=whole_cpu_s,
        # The gate saves nothing of what the camera takes.
        still_cpu_s=looked_cpu_s * parts.gate_cpu_ratio + whole_cpu_s - looked_cpu_s,
        fps=seen.fps,
        gated=config.motion.enabled,
    )
    return battery.lasts(parts.battery_wh, parts.moving_share, costs)


def _overhead_cpu_ms(looped: LoopFigures, threads: int) -> float | None:
    return round(looped.median("overhead_cpu_ms"), 4) if threads == 1 else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _percentile(values: list[float], percent: int) -> float | None:
    return round(float(np.percentile(values, percent)), 2) if values else None
