"""edgecam's vision half as the appliance runs it, its publisher in another process."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np

# What `edgecam run vision` loads, so that the memory is the appliance's.
import edgecam.commands.assembly
import edgecam.commands.run  # noqa: F401  for its weight alone
from edgecam import config, link, model, runtimes
from edgecam.arrays import Scores
from edgecam.messages import Frame, Sighting
from edgecam.vision.decision import Decision, Rules
from edgecam.workshop import rig
from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve

_PATIENCE_S = 20.0
_POLL_S = 0.001


class FramesOfATurn:
    """A camera that always has the next frame while a turn goes on, and none between turns."""

    live = False

    def __init__(self, frames: Array) -> None:
        self.unreadable = 0
        self.on = Event()
        self.taken = 0
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

    def close(self) -> None:
        """Nothing is held open."""


class Witness(Decision):
    """A decision that tells when it was last made, and, where it is asked to, on what."""

    def __init__(self, rules: Rules, region: int) -> None:
        super().__init__(rules, region)
        self.done = 0
        self.last_s = 0.0
        self.noted: list[int] | None = None
        """The label that scored best at each look; None: not noted."""

    def look(self, scores: Scores, at_ns: int) -> list[Sighting]:
        """As without a witness."""
        facts = super().look(scores, at_ns)
        if self.noted is not None:
            self.noted.append(int(np.argmax(scores)))
        self.last_s = time.perf_counter()
        self.done += 1
        return facts


class VisionHalf(Peer):
    """Capture, preparation, model, decision and reporter, with a real wall to a real publisher."""

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        options = config.load(Path(settings.configuration)).config
        _, interpreter = runtimes.RUNTIMES[runtimes.chosen(options.model.runtime)]
        self.packages = ("edgecam", interpreter, "opencv-python-headless", "numpy")
        self._camera = FramesOfATurn(frames)
        self._service = rig.vision(
            options,
            model.load(options.model),
            self._camera,
            lambda: link.connect(options.link.socket),
            self._witnessed,
        )
        self._service.start(lambda: None)

    def turn(self, seconds: float) -> dict[str, float]:
        """Have frames ready for so long; the turn ends with the decision on the last one."""
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
        self._witness.noted = noted
        self._run(lambda: len(noted) >= len(self.frames))
        self._witness.noted = None
        return noted[: len(self.frames)]

    def close(self) -> None:
        """End its threads."""
        self._service.stop()

    def _witnessed(self, rules: Rules, region: int) -> Decision:
        self._witness = Witness(rules, region)
        return self._witness

    def _run(self, is_enough: Callable[[], bool]) -> None:
        """Have frames ready, from the first one on, until it is enough and all are decided on."""
        before, began_s = self._witness.done, time.perf_counter()
        self._camera.taken = 0
        self._camera.on.set()
        while self._camera.on.is_set() or self._witness.done - before < self._camera.taken:
            time.sleep(_POLL_S)
            self._service.check()
            if is_enough():
                self._camera.on.clear()
            elif time.perf_counter() - began_s > _PATIENCE_S:
                msg = "the vision half does not come to an end with its frames"
                raise TimeoutError(msg)


if __name__ == "__main__":
    serve(VisionHalf)
