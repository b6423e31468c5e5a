"""The vision half in this process, as fast as it goes, against nothing but `invoke()`.

Figures are medians over the rounds, and the ratio within a round is what counts: bare `invoke()` has
a half of its time before the loop and the other half after it. Frames are 640x480, as cameras give
them. The publisher is a process of its own with a real queue.
"""

import statistics
import time
import tracemalloc
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.model import Model
from edgecam.vision.camera.pace import Pace
from edgecam.vision.statistics import STAGES, Stage
from edgecam.workshop.bench import still_half
from edgecam.workshop.bench.meters import Meter
from edgecam.workshop.bench.result import Stage as StageFigures
from edgecam.workshop.bench.turns import HalfInTurns, always_ready, bare_ms, witness
from edgecam.workshop.frames import FramesInMemory

_UNTRACED_LOOKS = 20  # in which what is made once is made
_TRACED_WINDOWS = 40
_TRACED_FPS = 30.0  # more are not needed; a slower machine drops some
_LOOKS_A_WINDOW = 2  # one of them is traced from its beginning to its end


@dataclass(frozen=True)
class Round:
    """Both once, one after the other: frames a second, and processor time of a frame.

    `looks` and `seconds` are those over which `joules` were counted, with all that leads to a turn.
    """

    bare_fps: float
    whole_fps: float
    ratio: float
    """Looks to calls: a frame of two regions is two looks."""
    cpu_ms: float
    looks: int
    seconds: float
    joules: float | None


@dataclass
class LoopFigures:
    """All rounds, and how long each stage took at their last looks."""

    rounds: list[Round] = field(default_factory=list)
    stages_ns: dict[Stage, list[NDArray[np.int64]]] = field(
        default_factory=lambda: {name: [] for name in STAGES}
    )
    alloc_bytes: int = 0

    @property
    def ratios(self) -> list[float]:
        """Whole to bare, round by round."""
        return [one.ratio for one in self.rounds]

    def median(self, name: str) -> float:
        """Of a field of the rounds."""
        return float(statistics.median(getattr(one, name) for one in self.rounds))

    def overhead_ms(self, regions: int) -> float:
        """What a look costs outside of `invoke()`: the median of each part, added up.

        A frame is prepared for all its `regions` at once.
        """
        of_region = self.stage("transfer").p50_ms + self.stage("decide").p50_ms
        return self.stage("prepare").p50_ms / regions + of_region

    def stage(self, name: Stage) -> StageFigures:
        """How long a stage took, over all rounds."""
        p50, p95, p99 = np.percentile(np.concatenate(self.stages_ns[name]), (50, 95, 99)) / 1e6
        return StageFigures(round(float(p50), 4), round(float(p95), 4), round(float(p99), 4))


class Loop:
    """Measures one configuration, whose publisher must be running; a context manager."""

    def __init__(
        self, config: Config, found: Model, pictures: list[Pixels], meter: Meter | None
    ) -> None:
        self.figures = LoopFigures()
        self._config = config
        self._found = found
        self._pictures = pictures
        self._meter = meter
        self._witness = witness(config, found)
        self._half = HalfInTurns(config, found, always_ready(pictures), self._witness)

    def round(self, seconds: float) -> None:
        """Both once, each for so long."""
        before_ms = bare_ms(self._witness.interpreter, seconds / 2)
        looks, started_s = self._witness.last[0], time.perf_counter()
        if self._meter is not None:
            self._meter.start()
        turn = self._half.turn(seconds)
        joules = None if self._meter is None else self._meter.stop()
        took_s = time.perf_counter() - started_s
        after_ms = bare_ms(self._witness.interpreter, seconds / 2)
        frames, bare_call_ms = turn.looks / len(self._config.regions), (before_ms + after_ms) / 2
        self.figures.rounds.append(
            Round(
                bare_fps=1000 / bare_call_ms,
                whole_fps=frames / turn.seconds,
                ratio=bare_call_ms / turn.look_ms,
                cpu_ms=turn.cpu_s * 1000 / frames,
                looks=self._witness.last[0] - looks,
                seconds=took_s,
                joules=joules,
            )
        )
        for name, kept in self.figures.stages_ns.items():
            values = self._half.vision.stage_ns(name)
            if kept and len(kept[-1]) < len(values):  # there was room yet: they hold those before
                kept.clear()
            kept.append(values)

    def trace(self) -> None:
        """How much memory a frame takes beyond what is there before: tracemalloc's peak.

        NumPy's arrays and Python's objects are seen, what OpenCV and the interpreter take by
        themselves is not. One picture, so that nothing happens, since an event may allocate; live
        and with noise, so that every kind of camera trouble is looked for: a sensor's before a scene
        that moves, with the motion gate, and a stream's.
        """
        still = still_half.noisy(self._pictures[0])
        moving = still_half.moved(still)
        gated = replace(self._config, motion=replace(self._config.motion, enabled=True))
        self.figures.alloc_bytes = max(
            self._peak(self._config, still, coded=False),
            self._peak(gated, moving, coded=False),
            self._peak(gated, moving, coded=True),
        )

    def _peak(self, config: Config, frames: list[Pixels], *, coded: bool) -> int:
        camera = FramesInMemory(frames, live=True, coded=coded, pace=Pace(_TRACED_FPS))
        with HalfInTurns(config, self._found, camera, self._witness) as running:
            tracemalloc.start()
            try:
                running.begin()
                running.wait_for(_UNTRACED_LOOKS)
                return max(_traced_peak(running) for _ in range(_TRACED_WINDOWS))
            finally:
                tracemalloc.stop()

    def __enter__(self) -> Self:
        self._half.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._half.__exit__()


def _traced_peak(running: HalfInTurns) -> int:
    """The most that was allocated at once while a few frames were looked at, in bytes."""
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    running.wait_for(_LOOKS_A_WINDOW)
    _, peak = tracemalloc.get_traced_memory()
    return max(0, peak - before)
