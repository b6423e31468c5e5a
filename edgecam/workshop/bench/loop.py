"""The vision half in this process, as fast as it goes, against nothing but `invoke()`.

The same interpreter does both by turns, because a machine's speed drifts: figures are medians over
the rounds, and the ratio within a round is what counts. Frames lie in memory, 640x480 as cameras
give them, and one is always ready. The publisher is a process of its own with a real queue.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgecam import link, runtimes
from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.errors import EdgecamError
from edgecam.model import Model
from edgecam.vision import half
from edgecam.vision.classifier import Classifier
from edgecam.vision.service import VisionService
from edgecam.vision.statistics import STAGES, Stage
from edgecam.workshop.bench.meters import Meter
from edgecam.workshop.bench.result import Stage as StageFigures
from edgecam.workshop.frames import FramesInMemory

_WARM_FRAMES = 20
_FEWEST_FRAMES = 10  # that make a rate, however long they take
_FRAMES_EACH = 50  # of one photograph: something happens a few times a second
_POLL_S = 0.002
_TIMEOUT_S = 60.0  # for a few frames: the slowest board needs a second for each
_TRACED_WINDOWS = 40
_FRAMES_A_WINDOW = 2  # one of them is traced from its beginning to its end


@dataclass(frozen=True)
class Round:
    """Both once, one after the other: frames a second, and processor time of a frame."""

    bare_fps: float
    whole_fps: float
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
        return [one.whole_fps / one.bare_fps for one in self.rounds]

    def median(self, name: str) -> float:
        """Of a field of the rounds."""
        return float(statistics.median(getattr(one, name) for one in self.rounds))

    def overhead_ms(self, regions: int) -> float:
        """What a frame costs outside of `invoke()`: the median of each part, added up."""
        of_region = self.stage("transfer").p50_ms + self.stage("decide").p50_ms
        return self.stage("prepare").p50_ms + regions * of_region

    def stage(self, name: Stage) -> StageFigures:
        """How long a stage took, over all rounds."""
        p50, p95, p99 = np.percentile(np.concatenate(self.stages_ns[name]), (50, 95, 99)) / 1e6
        return StageFigures(round(float(p50), 4), round(float(p95), 4), round(float(p99), 4))


class Loop:
    """Measures one configuration; its publisher must be running."""

    def __init__(
        self, config: Config, found: Model, pictures: list[Pixels], meter: Meter | None
    ) -> None:
        self.figures = LoopFigures()
        self._config = config
        self._found = found
        self._pictures = pictures
        self._meter = meter

    def round(self, seconds: float) -> None:
        """Both once, each for so long."""
        how = self._config.model
        classifier = Classifier(self._found, runtimes.chosen(how.runtime), how.threads)
        bare_fps = _bare_fps(classifier.interpreter, seconds)
        vision = self._vision(classifier, self._pictures)
        with _Running(vision):
            self.figures.rounds.append(self._whole(vision, bare_fps, seconds))
            for name, kept in self.figures.stages_ns.items():
                kept.append(vision.stage_ns(name))

    def trace(self) -> None:
        """How much memory a frame takes beyond what is there before: tracemalloc's peak.

        NumPy's arrays and Python's objects are seen, what OpenCV and the interpreter take by
        themselves is not. One picture, so that nothing happens: an event may allocate.
        """
        how = self._config.model
        classifier = Classifier(self._found, runtimes.chosen(how.runtime), how.threads)
        vision = self._vision(classifier, self._pictures[:1])
        with _Running(vision):
            tracemalloc.start()
            try:
                _wait_for(vision, _WARM_FRAMES)
                self.figures.alloc_bytes = max(_traced_peak(vision) for _ in range(_TRACED_WINDOWS))
            finally:
                tracemalloc.stop()

    def _vision(self, classifier: Classifier, pictures: list[Pixels]) -> VisionService:
        path = self._config.link.socket
        camera = FramesInMemory(pictures, hold=_FRAMES_EACH)
        return half.build(
            self._config,
            self._found,
            lambda: link.connect(path),
            source=camera,
            classifier=classifier,
        )

    def _whole(self, vision: VisionService, bare_fps: float, seconds: float) -> Round:
        _wait_for(vision, _WARM_FRAMES)
        if self._meter is not None:
            self._meter.start()
        before, started_s, used_s = vision.frames, time.perf_counter(), time.process_time()
        time.sleep(seconds)
        _wait_for(vision, before + _FEWEST_FRAMES - vision.frames)
        frames, took_s = vision.frames - before, time.perf_counter() - started_s
        used_s = time.process_time() - used_s
        joules = None if self._meter is None else self._meter.stop()
        vision.check()
        return Round(
            bare_fps=bare_fps,
            whole_fps=frames / took_s,
            cpu_ms=used_s * 1000 / frames,
            looks=frames * len(self._config.regions),
            seconds=took_s,
            joules=joules,
        )


class _Running:
    """A vision half that is started, and stopped whatever happens."""

    def __init__(self, vision: VisionService) -> None:
        self._vision = vision

    def __enter__(self) -> None:
        self._vision.start(lambda: None)

    def __exit__(self, *_: object) -> None:
        self._vision.stop()


def _bare_fps(interpreter: Any, seconds: float) -> float:  # noqa: ANN401  of either runtime
    """Only `invoke()`, as fast as it goes."""
    invoke: Callable[[], None] = interpreter.invoke
    for _ in range(_WARM_FRAMES):
        invoke()
    count, started_s = 0, time.perf_counter()
    while time.perf_counter() - started_s < seconds or count < _FEWEST_FRAMES:
        invoke()
        count += 1
    return count / (time.perf_counter() - started_s)


def _traced_peak(vision: VisionService) -> int:
    """The most that was allocated at once while a few frames were looked at, in bytes."""
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    _wait_for(vision, _FRAMES_A_WINDOW)
    _, peak = tracemalloc.get_traced_memory()
    return max(0, peak - before)


def _wait_for(vision: VisionService, frames: int) -> None:
    """Until so many more frames have been looked at. Raises what ended the half, EdgecamError."""
    wanted, deadline_s = vision.frames + frames, time.monotonic() + _TIMEOUT_S
    while vision.frames < wanted:
        vision.check()
        if time.monotonic() > deadline_s:
            msg = f"not even {frames} frames were looked at in {_TIMEOUT_S:g} s"
            raise EdgecamError(msg)
        time.sleep(_POLL_S)
