"""Says how far a series is: a line that changes on a terminal, a few lines anywhere else."""

import sys
import time

from faults.series import Result, Series

_PLAIN_STEPS = 4


class Screen:
    """The line of one series."""

    def __init__(self, series: Series, total: int) -> None:
        self._name = series.name
        self._total = total
        self._terminal = sys.stderr.isatty()
        self._began_s = time.monotonic()
        self._said = -1
        self.progress(0)

    def progress(self, done: int) -> None:
        """The series has done so many of its total."""
        step = done if self._terminal else done * _PLAIN_STEPS // self._total
        if step == self._said:
            return
        self._said = step
        self._write(f"{done:>9,} of {self._total:,}", end="\r" if self._terminal else "\n")

    def ended(self, result: Result) -> None:
        """The series is over."""
        self._write("good" if result.passed else "; ".join(result.problems) or "events were lost")

    def _write(self, text: str, end: str = "\n") -> None:
        took_s = time.monotonic() - self._began_s
        clear = "\033[K" if self._terminal else ""
        print(
            f"{self._name:<16} {took_s:6.0f} s  {text}{clear}", end=end, file=sys.stderr, flush=True
        )
