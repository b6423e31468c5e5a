"""edgecam's vision half as the appliance runs it, its publisher in another process."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

# What `edgecam run vision` loads, so that the memory is the appliance's.
import edgecam.commands.assembly
import edgecam.commands.run  # noqa: F401  for its weight alone
from edgecam import config, link, model, runtimes
from edgecam.arrays import Scores
from edgecam.messages import Frame
from edgecam.vision import half
from edgecam.vision.classifier import Classifier
from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve

_POLL_S = 0.1


class FramesOfATurn:
    """A camera that always has the next frame while a turn goes on, and none between turns."""

    live = False
    coded = False

    def __init__(self, frames: Array) -> None:
        self.unreadable = 0
        self.on = Event()
        self.taken = 0
        """How many frames were taken. No frame follows itself: the motion gate would pass it over."""
        self._frames = frames

    def open(self) -> None:
        """Nothing has to be opened."""

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame, at once; None between turns."""
        if not self.on.wait(timeout_s):
            return None
        pixels = self._frames[self.taken % len(self._frames)]
        self.taken += 1
        return Frame(pixels, time.monotonic_ns())

    def rest(self) -> None:
        """Nothing goes on by itself."""

    def wake(self) -> None:
        """Nothing has stopped."""

    def close(self) -> None:
        """Nothing is held open."""


class Witness(Classifier):
    """A classifier that counts its looks, and, where it is asked to, notes what it saw."""

    done = 0
    last_s = 0.0
    noted: list[int] | None = None
    """The label that scored best at each look; None: not noted."""

    def look(self, *given: Any) -> Scores:  # noqa: ANN401  whatever it takes
        """As without a witness."""
        result = super().look(*given)
        if self.noted is not None:
            self.noted.append(int(result.argmax()))
        self.last_s = time.perf_counter()
        self.done += 1
        return result


class VisionHalf(Peer):
    """Capture, preparation, model, decision and reporter, with a real wall to a real publisher."""

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        options = config.load(Path(settings.configuration)).config
        found = model.load(options.model)
        runtime = runtimes.chosen(options.model.runtime)
        self.packages = (
            "edgecam",
            runtimes.RUNTIMES[runtime][1],
            "opencv-python-headless",
            "numpy",
        )
        self._camera = FramesOfATurn(frames)
        self._witness = Witness(found, runtime, options.model.threads)
        self._service = half.build(
            options,
            found,
            lambda: link.connect(options.link.socket),
            source=self._camera,
            classifier=self._witness,
        )
        self._service.start(lambda: None)

    def turn(self, seconds: float) -> dict[str, float]:
        """Have frames ready for so long; the turn ends with the look at the last one."""
        before, cpu_s, began_s = self._witness.done, time.process_time(), time.perf_counter()
        self._run(lambda: time.perf_counter() - began_s >= seconds)
        return {
            "frames": self._witness.done - before,
            "wall_s": self._witness.last_s - began_s,
            "cpu_s": time.process_time() - cpu_s,
        }

    def answers(self) -> list[int]:
        """What the loop itself found best in each frame."""
        noted: list[int] = []
        count, first = len(self.frames), self._camera.taken
        self._witness.noted = noted
        self._run(lambda: len(noted) >= count)
        self._witness.noted = None
        return [noted[(index - first) % count] for index in range(count)]

    def close(self) -> None:
        """End its threads."""
        self._service.stop()

    def _run(self, is_over: Callable[[], bool]) -> None:
        """Have frames ready until it is over and all that were taken have been dealt with."""
        judged, taken = self._service.frames, self._camera.taken
        self._camera.on.set()
        while not is_over():
            self._pause()
        self._camera.on.clear()
        while self._service.frames - judged < self._camera.taken - taken:
            self._pause()

    def _pause(self) -> None:
        """Cost as little as the appliance's main thread. Raises what ended the half."""
        time.sleep(_POLL_S)
        self._service.check()
        health = self._service.health()
        if health is not None and health.skipped:
            msg = "the vision half skipped frames, as those of a camera in trouble"
            raise RuntimeError(msg)


if __name__ == "__main__":
    serve(VisionHalf)
