"""What came out, as a table for a terminal, as Markdown and as JSON."""

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from support.places import ROOT

from faults.series import Result, Series

COLUMNS = ("fault", "times", "committed", "lost", "duplicated", "worst recovery", "figures")


@dataclass(frozen=True)
class Report:
    """The results of one run, by series."""

    results: Mapping[Series, Result]
    kind: str
    seed: int

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results.values())

    def table(self) -> str:
        """Columns that line up, and below them what is wrong."""
        rows = [COLUMNS, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        lines.insert(1, "  ".join("-" * width for width in widths))
        wrong = [
            f"{series.name}: {problem}"
            for series, result in self.results.items()
            for problem in result.problems
        ]
        return "\n".join([*lines, *wrong])

    def markdown(self) -> str:
        """The block for docs/reliability.md."""
        rows = [COLUMNS, ("---",) * len(COLUMNS), *self._rows()]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([f"{self._origin()}", "", *lines, ""])

    def json(self) -> str:
        rows = {series.name: asdict(result) for series, result in self.results.items()}
        about = {"origin": self._origin(), "kind": self.kind, "seed": self.seed}
        return json.dumps({**about, "series": rows}, indent=2)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                series.fault,
                f"{result.tried:,}",
                _number(result.committed),
                f"{result.lost:,}",
                _number(result.duplicated),
                "" if result.worst_recovery_s is None else f"{result.worst_recovery_s:.1f} s",
                result.figures,
            )
            for series, result in self.results.items()
        ]

    def _origin(self) -> str:
        today = dt.datetime.now(dt.UTC).date().isoformat()
        return (
            f"{self.kind} of {today}, commit {_commit()}, seed {self.seed}: {_processor()}, "
            f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}."
        )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    """The processor's name, of proc(5); boards of the Pi say `Model` instead."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()
