"""Figures about the last looks, for health."""

import numpy as np
from numpy.typing import NDArray

STAGES = ("wait", "prepare", "invoke", "decide")
"""What a look consists of: in the mailbox, into the tensor, the model, what follows from it."""
_WINDOW = 256  # frames and looks that figures are taken over


class Statistics:
    """Counts looks; written by the inference worker, read by the reporter."""

    def __init__(self) -> None:
        self.frames = 0
        self.looks = 0
        self.skipped = 0
        self._frame_ns = np.zeros(_WINDOW, np.int64)
        self._stages_ns = {name: np.zeros(_WINDOW, np.int64) for name in STAGES}

    def frame(self, taken_ns: int) -> None:
        """A frame has been looked at, in all its regions."""
        self._frame_ns[self.frames % _WINDOW] = taken_ns
        self.frames += 1

    def look(
        self, invoke_ns: int, *, wait_ns: int = 0, prepare_ns: int = 0, decide_ns: int = 0
    ) -> None:
        """The model has answered for one region, and what follows has been decided."""
        for name, took_ns in zip(STAGES, (wait_ns, prepare_ns, invoke_ns, decide_ns), strict=True):
            self._stages_ns[name][self.looks % _WINDOW] = took_ns
        self.looks += 1

    def stage_ns(self, name: str) -> NDArray[np.int64]:
        """How long one of `STAGES` took at each of the last looks, in no order."""
        return self._stages_ns[name][: min(self.looks, _WINDOW)].copy()

    def percentiles_us(self) -> tuple[int, int]:
        """p50 and p95 of the model's answer over the last looks, in microseconds."""
        taken = self._stages_ns["invoke"][: min(self.looks, _WINDOW)]
        if not len(taken):
            return 0, 0
        p50, p95 = np.percentile(taken, (50, 95))
        return round(p50 / 1000), round(p95 / 1000)

    def fps(self, now_ns: int) -> float:
        """Frames a second over the last ones, up to now: it falls when they stop coming."""
        count = min(self.frames, _WINDOW)
        if count < 2:  # noqa: PLR2004  no interval yet
            return 0.0
        oldest_ns = int(self._frame_ns[:count].min())
        return (count - 1) * 1e9 / max(now_ns - oldest_ns, 1)

    def age_ns(self, now_ns: int) -> int:
        """How long ago the last frame that was looked at was taken; 0 before the first."""
        if not self.frames:
            return 0
        return now_ns - int(self._frame_ns[(self.frames - 1) % _WINDOW])
