"""What came out, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ladder.row import Row

COLUMNS = ("level", "release", "shown", "time", "result")


@dataclass(frozen=True)
class Result:
    """How a row ended; `folder` holds its log where it failed."""

    row: Row
    took_s: float
    figures: str = ""
    failure: str = ""
    folder: Path | None = None

    @property
    def passed(self) -> bool:
        return not self.failure


def table(results: Sequence[Result], took_s: float) -> str:
    """Columns that line up, and below them why rows failed. `took_s`: all of them together."""
    rows = [COLUMNS, *map(_cells, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    failures = [
        f"FAIL {result.row.level} {result.row.release} {result.row.shown}: {result.failure} "
        f"(log: {result.folder})"
        for result in results
        if not result.passed
    ]
    passed = sum(result.passed for result in results)
    total = f"{passed} of {len(results)} passed, in {took_s:.0f} s"
    return "\n".join([*lines, total, *failures])


def _cells(result: Result) -> tuple[str, ...]:
    row = result.row
    shown = f"{row.shown} ({result.figures})" if result.figures else row.shown
    verdict = "pass" if result.passed else "FAIL"
    return row.level, row.release or "-", shown, f"{result.took_s:.1f} s", verdict
