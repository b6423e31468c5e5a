"""Memory stays flat: the resident set at 10 %, 50 % and 100 % of a long run."""

from collections.abc import Mapping
from pathlib import Path

MARKS = (0.1, 0.5, 1.0)
FLAT_MB = 5.0


def resident_mb(pid: int) -> float:
    """The resident set of a process (VmRSS of proc(5)), in 2**20 bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Marks:
    """Takes down what processes hold when a run is so far."""

    def __init__(self, pids: Mapping[str, int], total: int) -> None:
        self._pids = pids
        self._total = total
        self._taken: dict[str, list[float]] = {name: [] for name in pids}

    def pass_by(self, done: int) -> None:
        """The run has come to `done` of its total."""
        for name, taken in self._taken.items():
            if len(taken) < len(MARKS) and done >= MARKS[len(taken)] * self._total:
                taken.append(resident_mb(self._pids[name]))

    @property
    def figures(self) -> str:
        """`vision 81.2 → 81.3 → 81.3 MB`, and so on."""
        shown = [
            f"{name} {' → '.join(f'{mb:.1f}' for mb in taken)} MB"
            for name, taken in self._taken.items()
        ]
        return ", ".join(shown)

    @property
    def problems(self) -> tuple[str, ...]:
        """Who grew or shrank by more than `FLAT_MB`, or was not there to the end."""
        return tuple(
            f"{name} is not flat: {taken}"
            for name, taken in self._taken.items()
            if len(taken) < len(MARKS) or max(taken) - min(taken) > FLAT_MB
        )
