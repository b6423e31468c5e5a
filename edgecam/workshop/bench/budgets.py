"""What is good enough: one line for each figure that has a budget, and nowhere else.

The limits are the project's own promises, to its users in docs/performance.md, which says how each
figure is measured; a test holds the two together. Latencies are promised beyond one `invoke()`,
since that is the model's and the machine's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgecam.workshop.bench.result import Result


@dataclass(frozen=True)
class Budget:
    """A figure of a `Result` by its name there, and what is promised of it."""

    key: str
    name: str
    sign: Literal["≤", "≥"]
    limit: float
    form: str
    beyond_invoke: bool = False
    """Whether the limit is that much more than the median of `invoke()`."""


BUDGETS = (
    Budget("ratio_to_bare", "frames a second, of bare invoke()", "≥", 0.95, "{:.3f}"),
    Budget("overhead_ms_p50", "work outside invoke(), p50", "≤", 0.25, "{:.3f} ms"),
    Budget("alloc_bytes_per_frame", "new memory a frame, at most", "≤", 4096, "{:,.0f} B"),
    Budget("region_extra_ms", "a region beyond its invoke(), at most", "≤", 0.3, "{:.3f} ms"),
    Budget("vision_rss_mb", "memory of the vision half", "≤", 120, "{:.0f} MB"),
    Budget("publisher_rss_mb", "memory of the publisher half", "≤", 45, "{:.0f} MB"),
    Budget("ready_s", "start to ready", "≤", 1.5, "{:.2f} s"),
    Budget(
        "event_latency_ms_p50", "frame to message, p50", "≤", 5, "{:.1f} ms", beyond_invoke=True
    ),
    Budget(
        "event_latency_ms_p99", "frame to message, p99", "≤", 20, "{:.1f} ms", beyond_invoke=True
    ),
    Budget(
        "gate_cpu_ratio", "processor time with the motion gate, still scene", "≤", 0.1, "{:.3f}"
    ),
    Budget("gate_ms", "a frame in the motion gate, at most", "≤", 0.2, "{:.3f} ms"),
)


@dataclass(frozen=True)
class Judged:
    """A figure beside its budget."""

    budget: Budget
    figure: str
    promised: str
    missed_by: str
    """Empty where it is met, or not measured."""
    holds: bool | None
    """None: not measured here."""
    busy: bool
    """Whether the machine was busy, so that it might be otherwise."""

    @property
    def sentence(self) -> str:
        """For `--check`: met, missed by how much, or not known."""
        words = {True: "met", False: "missed", None: "not measured"}
        word = words[self.holds] + ("?" if self.busy else "")
        missed = f", by {self.missed_by}" if self.missed_by else ""
        return f"{word:12} {self.budget.key}: {self.figure}, budget {self.promised}{missed}"


def judged(result: Result) -> list[Judged]:
    """Every figure that has a budget."""
    return [_judged(budget, result) for budget in BUDGETS]


def all_met(lines: Sequence[Judged]) -> bool:
    """What was not measured is not met."""
    return all(line.holds for line in lines)


def _judged(budget: Budget, result: Result) -> Judged:
    found = getattr(result, budget.key)
    value: float | None = max(found.values()) if isinstance(found, dict) else found
    more = result.stages["invoke"].p50_ms if budget.beyond_invoke else 0.0
    limit, form, busy = budget.limit + more, budget.form, bool(result.company.busy)
    promised = f"{budget.sign} {form.format(limit)}"
    if value is None:
        return Judged(budget, "not measured", promised, "", None, busy)
    holds = value <= limit if budget.sign == "≤" else value >= limit
    # In full: a figure that is rounded may look like its limit.
    missed_by = "" if holds else f"{round(abs(value - limit), 4):,g}{form.partition('}')[2]}"
    return Judged(budget, form.format(value), promised, missed_by, holds, busy)
