"""edgecam's vision half as the appliance runs it, its publisher in another process."""

import time
from collections.abc import Callable
from pathlib import Path

# What `edgecam run vision` loads, so that the memory is the appliance's.
import edgecam.commands.assembly
import edgecam.commands.run  # noqa: F401  for its weight alone
from edgecam import config, link, model, runtimes
from edgecam.vision import half
from edgecam.workshop.frames import FramesInMemory, Witness
from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve

_POLL_S = 0.1


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
        # No frame follows itself: the motion gate would pass it over.
        self._camera = FramesInMemory(list(frames))
        self._camera.on.clear()  # between turns
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
        (before, _), cpu_s, began_s = self._witness.last, time.process_time(), time.perf_counter()
        self._run(lambda: time.perf_counter() - began_s >= seconds)
        done, last_s = self._witness.last
        return {
            "frames": done - before,
            "wall_s": last_s - began_s,
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
