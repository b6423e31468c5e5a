"""What is good enough, as the design promises it: one line for each figure that has a budget."""

from collections.abc import Callable
from dataclasses import dataclass

from edgecam.workshop.bench.result import Result


@dataclass(frozen=True)
class Budget:
    """A figure, in words and numbers, and whether it holds."""

    name: str
    figure: str
    budget: str
    holds: bool | None
    """None: not measured here."""


def judged(result: Result) -> list[Budget]:
    """Every figure that has a budget."""
    invoke_ms = result.stages["invoke"].p50_ms
    p50_ms, p99_ms = invoke_ms + 5, invoke_ms + 20
    return [
        _line("frames a second, of bare invoke()", result.ratio_to_bare, _at_least(0.95), "{:.3f}"),
        _line("work outside invoke(), p50", result.overhead_ms_p50, _at_most(0.25), "{:.3f} ms"),
        _line(
            "new memory a frame, at most", result.alloc_bytes_per_frame, _at_most(4096), "{:,.0f} B"
        ),
        _line(
            "a region beyond its invoke(), at most",
            max(result.region_extra_ms.values()),
            _at_most(0.3),
            "{:.3f} ms",
        ),
        _line("memory of the vision half", result.vision_rss_mb, _at_most(120), "{:.0f} MB"),
        _line("memory of the publisher half", result.publisher_rss_mb, _at_most(45), "{:.0f} MB"),
        _line("start to ready", result.ready_s, _at_most(1.5), "{:.2f} s"),
        _line("frame to message, p50", result.event_latency_ms_p50, _at_most(p50_ms), "{:.1f} ms"),
        _line("frame to message, p99", result.event_latency_ms_p99, _at_most(p99_ms), "{:.1f} ms"),
        _line(
            "processor time with the motion gate, still scene",
            result.gate_cpu_ratio,
            _at_most(0.10),
            "{:.3f}",
        ),
    ]


@dataclass(frozen=True)
class _Limit:
    sign: str
    value: float
    holds: Callable[[float], bool]


def _at_most(limit: float) -> _Limit:
    return _Limit("≤", limit, lambda value: value <= limit)


def _at_least(limit: float) -> _Limit:
    return _Limit("≥", limit, lambda value: value >= limit)


def _line(name: str, value: float | None, limit: _Limit, form: str) -> Budget:
    budget = f"{limit.sign} {form.format(limit.value)}"
    if value is None:
        return Budget(name, "not measured", budget, None)
    return Budget(name, form.format(value), budget, limit.holds(value))
