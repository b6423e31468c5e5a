"""A vision half in this process and bare `invoke()`, by turns, because a machine's speed drifts.

Both use the same interpreter. Frames lie in memory, and one is always ready.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from edgecam import link, runtimes
from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.errors import EdgecamError
from edgecam.model import Model
from edgecam.vision import half
from edgecam.workshop.frames import FramesInMemory, Witness

WARM_LOOKS = 5  # after others had the processor's caches
_FEWEST_LOOKS = 10  # that make a rate, however long they take
_FRAMES_EACH = 50  # of one photograph: something happens a few times a second
_POLL_S = 0.002
_TIMEOUT_S = 60.0  # for a few frames: the slowest board needs a second for each


@dataclass(frozen=True)
class Turn:
    """What a half did in one turn, from the end of one look to the end of another."""

    looks: int
    seconds: float
    cpu_s: float
    """Of all threads of this process."""
    invoke_cpu_s: float
    """Of that, what `invoke()` took in the thread that called it."""

    @property
    def overhead_cpu_ms(self) -> float:
        """Processor time of a look outside of `invoke()`: the mean, of all threads."""
        return (self.cpu_s - self.invoke_cpu_s) * 1000 / self.looks

    @property
    def look_ms(self) -> float:
        """From look to look."""
        return self.seconds * 1000 / self.looks


class ClockedInterpreter:
    """Only invokes, and counts the processor time of that in the calling thread."""

    def __init__(self, interpreter: Any) -> None:  # noqa: ANN401  of either runtime
        self.used_ns = 0
        self._invoke: Callable[[], None] = interpreter.invoke

    def invoke(self) -> None:
        """As without a clock; a microsecond longer, with or without the half around it."""
        started_ns = time.thread_time_ns()
        self._invoke()
        self.used_ns += time.thread_time_ns() - started_ns


class HalfInTurns:
    """Looks while it is its turn, and stands still otherwise; a context manager that ends it."""

    def __init__(
        self,
        config: Config,
        found: Model,
        camera: FramesInMemory,
        witness: Witness,
    ) -> None:
        self._camera = camera
        self._camera.on.clear()
        self._witness = witness
        path = config.link.socket
        self.vision = half.build(
            config,
            found,
            lambda: link.connect(path),
            source=self._camera,
            classifier=witness,
        )

    def turn(self, seconds: float) -> Turn:
        """Look at frame after frame for so long. Raises what ended the half, EdgecamError."""
        self.begin()
        self.wait_for(WARM_LOOKS)
        (before, began_s), used_s, invoke_s = (
            self._witness.last,
            time.process_time(),
            self._invoke_s,
        )
        time.sleep(seconds)
        self.wait_for(before + _FEWEST_LOOKS - self._witness.last[0])
        (after, ended_s), used_s = self._witness.last, time.process_time() - used_s
        invoke_s = self._invoke_s - invoke_s
        self._camera.on.clear()
        # What it has taken is its own: it must not look at that in another's turn.
        self._wait_until(lambda: self.vision.frames >= self._camera.taken)
        return Turn(after - before, ended_s - began_s, used_s, invoke_s)

    def begin(self) -> None:
        """Look until the end."""
        self._camera.on.set()

    def wait_for(self, looks: int) -> None:
        """Until so many more are done. Raises what ended the half, EdgecamError."""
        wanted = self._witness.last[0] + looks
        self._wait_until(lambda: self._witness.last[0] >= wanted)

    @property
    def _invoke_s(self) -> float:
        """Processor time of `invoke()` so far, to the end of the last."""
        clocked: ClockedInterpreter = self._witness.interpreter
        return clocked.used_ns / 1e9

    def _wait_until(self, done: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + _TIMEOUT_S
        while not done():
            self.vision.check()
            if time.monotonic() > deadline_s:
                msg = f"the vision half did not look at a few frames in {_TIMEOUT_S:g} s"
                raise EdgecamError(msg)
            time.sleep(_POLL_S)

    def __enter__(self) -> Self:
        self.vision.start(lambda: None)
        return self

    def __exit__(self, *_: object) -> None:
        self.vision.stop()


def always_ready(pictures: list[Pixels]) -> FramesInMemory:
    """A camera that has the next frame whenever it is asked."""
    return FramesInMemory(pictures, hold=_FRAMES_EACH)


def witness(config: Config, found: Model) -> Witness:
    """A clocked interpreter for the configured model."""
    made = Witness(found, runtimes.chosen(config.model.runtime), config.model.threads)
    made.interpreter = ClockedInterpreter(made.interpreter)
    return made


def bare_ms(interpreter: Any, seconds: float) -> float:  # noqa: ANN401  of either runtime
    """From call to call of only `invoke()`, as fast as it goes."""
    invoke: Callable[[], None] = interpreter.invoke
    for _ in range(WARM_LOOKS):
        invoke()
    count, started_s = 0, time.perf_counter()
    while time.perf_counter() - started_s < seconds or count < _FEWEST_LOOKS:
        invoke()
        count += 1
    return (time.perf_counter() - started_s) * 1000 / count
