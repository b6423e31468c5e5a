"""Figures about the last looks, for health and for `edgecam bench`."""

import threading
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Stage = Literal["prepare", "wait", "transfer", "invoke", "decide"]
"""What happens to a frame: made fit for the model; waits for it; copied into it, and scores out of
it; judged; turned into facts."""
STAGES: tuple[Stage, ...] = get_args(Stage)

_WINDOW = 256  # frames and looks that figures are taken over
_RATED = 2  # frames, of which there is a rate
_RATE_NS = 60 * 10**9  # and no older ones for the rate


class Statistics:
    """Counts frames and looks; written by the capture and inference workers, read by others."""

    def __init__(self, on_rate: Callable[[], None] = lambda: None) -> None:
        """`on_rate` is called once, as soon as there is a rate to tell."""
        self.frames = 0
        self.skipped = 0
        self.still = 0
        """Looks that were saved: nothing had changed since the last."""
        self._on_rate = on_rate
        self._lock = threading.Lock()  # around what both workers write
        self._frame_ns = np.zeros(_WINDOW, np.int64)
        self._stages = {stage: _Ring() for stage in STAGES}

    def frame(self, taken_ns: int) -> None:
        """A frame has been dealt with, in all its regions."""
        with self._lock:
            self._frame_ns[self.frames % _WINDOW] = taken_ns
            self.frames += 1
            first_rate = self.frames == _RATED
        if first_rate:
            self._on_rate()

    def saved(self, looks: int) -> None:
        """So many regions of a frame need not be looked at."""
        with self._lock:
            self.still += looks

    def took(self, stage: Stage, duration_ns: int) -> None:
        """A frame (`prepare`, `wait`) or a region of it (`invoke`, `decide`) is through a stage."""
        self._stages[stage].add(duration_ns)

    def stage_ns(self, stage: Stage) -> NDArray[np.int64]:
        """How long a stage took over the last looks, in no particular order."""
        return self._stages[stage].values()

    def percentiles_us(self) -> tuple[int, int] | None:
        """p50 and p95 of the model's answer over the last looks, in microseconds.

        None before the first.
        """
        taken = self.stage_ns("invoke")
        if not len(taken):
            return None
        # Not np.percentile: NumPy 2 loads a package of 1 MB for it, and that in the reporter's
        # thread, at the first health, where for want of a descriptor it would fail.
        taken.sort()
        last = len(taken) - 1
        p50_ns, p95_ns = taken[round(0.5 * last)], taken[round(0.95 * last)]
        return round(p50_ns / 1000), round(p95_ns / 1000)

    def fps(self, now_ns: int) -> float | None:
        """Frames a second over those of the last minute, up to now: it falls when they stop coming.

        What was before a pause or a sleep does not count. None before the second frame.
        """
        if self.frames < _RATED:
            return None
        known = self._frame_ns[: min(self.frames, _WINDOW)]
        recent = known[known > now_ns - _RATE_NS]
        if len(recent) < _RATED:
            return 0.0
        return (len(recent) - 1) * 1e9 / max(now_ns - int(recent.min()), 1)

    def age_ns(self, now_ns: int) -> int | None:
        """How long ago the last frame that was dealt with was taken; None before the first."""
        if not self.frames:
            return None
        # One may have been taken since `now_ns` was looked at.
        return max(0, now_ns - int(self._frame_ns[(self.frames - 1) % _WINDOW]))


class _Ring:
    """The last values of something."""

    def __init__(self) -> None:
        self._values = np.zeros(_WINDOW, np.int64)
        self._count = 0

    def add(self, value: int) -> None:
        self._values[self._count % _WINDOW] = value
        self._count += 1

    def values(self) -> NDArray[np.int64]:
        return self._values[: min(self._count, _WINDOW)].copy()
