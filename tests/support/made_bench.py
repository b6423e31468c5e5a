"""A made run of the bench, with every part of it."""

from edgecam.workshop.bench.result import Battery, Energy, Measured, Result, Sample, Stage
from edgecam.workshop.company import Company

RESULT = Result(
    ratio_to_bare=0.96,
    ratio_min=0.94,
    ratio_max=0.97,
    bare_ms=4.17,
    bare_fps=240.0,
    vision_fps=230.0,
    overhead_ms_p50=0.2,
    overhead_cpu_ms=0.31,
    overhead_live_ms_p50=0.65,
    alloc_bytes_per_frame=4096,
    cpu_ms_per_frame=4.4,
    region_extra_ms={1: 0.04, 2: 0.05, 4: 0.06},
    stages={
        "wait": Stage(4.0, 5.0, 6.0),
        "prepare": Stage(0.1, 0.2, 0.3),
        "invoke": Stage(4.0, 4.5, 5.0),
        "decide": Stage(0.1, 0.2, 0.3),
    },
    fps=10.0,
    camera_cpu_ms_per_frame=5.5,
    vision_rss_mb=90.0,
    vision_peak_mb=92.0,
    vision_pss_mb=70.0,
    publisher_rss_mb=46.0,
    publisher_peak_mb=46.0,
    publisher_pss_mb=None,
    ready_s=1.2,
    event_latency_ms_p50=8.0,
    event_latency_ms_p99=30.0,
    events=100,
    broker="Mosquitto",
    gate_cpu_ratio=0.09,
    gate_ms={"still": 0.15, "moving": 0.19},
    energy=Energy(0.02, 2.7, "PiDramble", estimated=True),
    battery=Battery(50.0, 0.1, {"performance": 17.2, "balanced": 17.4, "eco": 18.1}, 17.0),
    machine="a <made> machine",
    camera="stills",
    model="model & <co>",
    runtime="ai-edge-litert 2.3.0",
    threads=1,
    regions=1,
    rounds=7,
    commit="0123abc",
    date="2026-11-21T16:00:00+00:00",
    company=Company(0.2, 0.01, 0.0, 0.03, []),
    notes=["no <broker>"],
)

_BEFORE = ("under_voltage_since_boot",)
SAMPLES = [
    Sample(0.0, 90.0, 35.0, 60.0, _BEFORE),
    Sample(10.0, 90.1, 35.0, 70.0, _BEFORE),
    Sample(20.0, 90.2, 35.1, 81.0, ("throttled", *_BEFORE)),
    Sample(30.0, 90.2, 35.1, 82.0, ("throttled", *_BEFORE)),
    Sample(40.0, 90.3, 35.1, 75.0, _BEFORE),
]
"""Of a board that was slowed down from the second to the fourth."""

MEASURED = Measured(RESULT, [7.0, 8.0, 8.5, 9.0, 30.0], SAMPLES)
