"""What was measured: the document that `--json` prints, and the series behind the plots."""

from dataclasses import dataclass, field

import msgspec

from edgecam.workshop.company import Company


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


class Battery(msgspec.Struct, frozen=True):
    """How long a battery lasts, estimated for a scene in which something moves now and then."""

    wh: float
    moving_share: float
    """In which part of the time something moves: an assumption."""
    hours: dict[str, float]
    """For each mode of `power`."""
    every_frame_h: float
    """If every frame is looked at all the time."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the bench. None: could not be measured here, and `notes` says why.

    Memory is the resident set (VmRSS of proc(5)) in MB of 2**20 bytes, `*_peak_mb` its highest
    (VmHWM), `*_pss_mb` the part that is its own when what is shared is divided by those who share it.
    """

    ratio_to_bare: float
    ratio_min: float
    ratio_max: float
    bare_ms: float
    """A call of bare `invoke()`: all times here grow and shrink with it."""
    bare_fps: float
    vision_fps: float
    overhead_ms_p50: float
    overhead_cpu_ms: float | None
    """Processor time of a look outside of `invoke()`, of all threads, in the mean. None: `invoke()` has
    threads of its own, which cannot be told from ours."""
    overhead_live_ms_p50: float
    """As `overhead_ms_p50`, with motion gate and trouble watch, live, at 10 frames a second that all move."""
    alloc_bytes_per_frame: int
    cpu_ms_per_frame: float
    stages: dict[str, Stage]
    region_extra_ms: dict[int, float]
    """For 1, 2 and 4 regions: what each takes beyond one bare `invoke()`."""
    fps: float | None
    """Of the configured camera; so is the next."""
    camera_cpu_ms_per_frame: float | None
    vision_rss_mb: float
    vision_peak_mb: float
    vision_pss_mb: float | None
    publisher_rss_mb: float
    publisher_peak_mb: float
    publisher_pss_mb: float | None
    ready_s: float
    event_latency_ms_p50: float | None
    event_latency_ms_p99: float | None
    events: int
    broker: str
    gate_cpu_ratio: float
    gate_ms: dict[str, float]
    """Processor time of a frame in the gate itself, for one region: of a scene that is still, and
    of one that is moving."""
    energy: Energy
    battery: Battery | None
    machine: str
    camera: str
    model: str
    runtime: str
    threads: int
    regions: int
    rounds: int
    commit: str
    date: str
    company: Company
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
