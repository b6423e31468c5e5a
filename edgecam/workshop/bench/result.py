"""What was measured: the document that `--json` prints, and the series behind the plots."""

from dataclasses import dataclass, field

import msgspec


class Stage(msgspec.Struct, frozen=True):
    """How long one stage of a look took, in milliseconds of wall-clock time."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


class Energy(msgspec.Struct, frozen=True):
    """What a look costs above an idle machine, and what that machine draws meanwhile."""

    joules_per_look: float | None
    idle_w: float | None
    source: str
    estimated: bool


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the bench. None: could not be measured here, and `notes` says why.

    Memory is the resident set (VmRSS of proc(5)) in MB of 2**20 bytes, `*_peak_mb` its highest
    (VmHWM).
    """

    ratio_to_bare: float
    ratio_min: float
    ratio_max: float
    bare_fps: float
    vision_fps: float
    overhead_ms_p50: float
    alloc_bytes_per_frame: int
    cpu_ms_per_frame: float
    stages: dict[str, Stage]
    region_extra_ms: dict[int, float]
    """For 1, 2 and 4 regions: what each takes beyond one bare `invoke()`."""
    fps: float | None
    vision_rss_mb: float
    vision_peak_mb: float
    publisher_rss_mb: float
    publisher_peak_mb: float
    ready_s: float
    event_latency_ms_p50: float | None
    event_latency_ms_p99: float | None
    events: int
    broker: str
    gate_cpu_ratio: float
    energy: Energy
    battery_wh: float | None
    battery_h: float | None
    machine: str
    camera: str
    model: str
    runtime: str
    threads: int
    regions: int
    rounds: int
    commit: str
    date: str
    notes: list[str]


@dataclass(frozen=True)
class Sample:
    """One look from outside at the running appliance."""

    at_s: float
    """Since the first sample."""
    vision_rss_mb: float
    publisher_rss_mb: float
    temp_c: float | None
    throttled: tuple[str, ...] | None
    """What slows the processor, as `Board.throttled` names it; None where nothing tells."""


@dataclass(frozen=True)
class Measured:
    """A result, and what its plots are drawn from."""

    result: Result
    event_latencies_ms: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
