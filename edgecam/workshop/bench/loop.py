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

from msgspec.structs import replace

from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.model import Model
from edgecam.vision.camera.pace import Pace
from edgecam.workshop.bench import still_half
from edgecam.workshop.bench.gate import FPS
from edgecam.workshop.bench.meters import Meter
from edgecam.workshop.bench.stages import StageTimes
from edgecam.workshop.bench.turns import WARM_LOOKS, HalfInTurns, always_ready, bare_ms, witness
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
    overhead_cpu_ms: float
    """Of a look, outside of `invoke()`."""
    looks: int
    seconds: float
    joules: float | None


@dataclass
class LoopFigures:
    """All rounds, how long each stage took at their last looks, and what `live` and `trace` found."""

    rounds: list[Round] = field(default_factory=list)
    stages: StageTimes = field(default_factory=StageTimes)
    live_stages: StageTimes = field(default_factory=StageTimes)
    alloc_bytes: int = 0

    @property
    def ratios(self) -> list[float]:
        """Whole to bare, round by round."""
        return [one.ratio for one in self.rounds]

    def median(self, name: str) -> float:
        """Of a field of the rounds."""
        return float(statistics.median(getattr(one, name) for one in self.rounds))


class Loop:
    """Measures one configuration, whose publisher must be running; a context manager."""

    def __init__(
        self, config: Config, found: Model, pictures: list[Pixels], meter: Meter | None
    ) -> None:
        self.figures = LoopFigures()
        self._config = config
        self._found = found
        self._gated = replace(config, motion=replace(config.motion, enabled=True))
        self._still = still_half.noisy(pictures[0])
        self._moving = still_half.moved(self._still)
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
                overhead_cpu_ms=turn.overhead_cpu_ms,
                looks=self._witness.last[0] - looks,
                seconds=took_s,
                joules=joules,
            )
        )
        self.figures.stages.add(self._half.vision)

    def live(self, seconds: float) -> None:
        """The stages as delivered: gate and watch on, live, of a scene that moves in every frame.

        At `FPS`, so that the processor sleeps between any two frames, as it does in the appliance,
        and then has its clock and its caches to bring up again.
        """
        camera = FramesInMemory(self._moving, live=True, pace=Pace(FPS))
        with HalfInTurns(self._gated, self._found, camera, self._witness) as running:
            running.begin()
            running.wait_for(WARM_LOOKS)
            time.sleep(seconds)
            self.figures.live_stages.add(running.vision)

    def trace(self) -> None:
        """How much memory a frame takes beyond what is there before: tracemalloc's peak.

        NumPy's arrays and Python's objects are seen, what OpenCV and the interpreter take by
        themselves is not. One picture, so that nothing happens, since an event may allocate; live
        and with noise, so that every kind of camera trouble is looked for: a sensor's before a scene
        that moves, with the motion gate, and a stream's.
        """
        self.figures.alloc_bytes = max(
            self._peak(self._config, self._still, coded=False),
            self._peak(self._gated, self._moving, coded=False),
            self._peak(self._gated, self._moving, coded=True),
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
