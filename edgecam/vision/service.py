"""The vision half: three threads, constructed, started, watched and stopped.

capture   camera → mailbox
inference mailbox → preprocess → classifier → decision → reporter
reporter  → the wall
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edgecam.arrays import Scores
from edgecam.config.options import LiveOptions
from edgecam.errors import CameraError
from edgecam.link import Ask, Tables
from edgecam.messages import (
    TROUBLES,
    CameraState,
    Explanation,
    Frame,
    Look,
    Sighting,
    VisionHealth,
)
from edgecam.vision.camera import Camera, EndOfFrames
from edgecam.vision.camera.pace import Pace
from edgecam.vision.classifier import Classifier, UnusableScores
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.reporter import Reporter
from edgecam.vision.statistics import Statistics
from edgecam.worker import Worker

STOP_TIMEOUT_S = 3.0
FLUSH_TIMEOUT_S = 2.0
HANG_MARGIN_S = 10.0  # opening a stream may take so long by itself
_SLICE_S = 0.5
_PAUSE_S = 0.1

_log = logging.getLogger(__name__)


@dataclass
class Region:
    """One rectangle of the frame with its way into the model and its memory."""

    name: str
    preprocessor: Preprocessor
    decision: Decision


class CaptureWorker(Worker):
    """Takes frames from the camera; ends the half where none come for `stall_s`."""

    def __init__(self, camera: Camera, mailbox: Mailbox, stall_s: float) -> None:
        super().__init__("capture")
        self.paused = False
        """Set: no frame is taken."""
        self._camera = camera
        self._mailbox = mailbox
        self._stall_s = stall_s
        self._last_s = 0.0
        self._returned_s = 0.0

    @property
    def hung(self) -> bool:
        """Whether the camera does not even come back to say that there is no frame."""
        asked = self._returned_s > 0 and self._camera.live and not self.ended
        return asked and time.monotonic() - self._returned_s > self._stall_s + HANG_MARGIN_S

    def setup(self) -> None:
        """Open the camera."""
        self._returned_s = time.monotonic()
        self._camera.open()
        self._last_s = self._returned_s = time.monotonic()

    def step(self) -> None:
        """Take one frame, where one is due."""
        if self.paused:
            self._rest()
            return
        if not self._camera.live and not self._mailbox.wait_until_empty(_SLICE_S):
            return
        try:
            frame = self._camera.capture(_SLICE_S)
        except EndOfFrames:
            _log.info("the pictures have ended")
            self.stop()
            return
        self._returned_s = time.monotonic()
        if frame is not None:
            self._last_s = time.monotonic()
            self._mailbox.put(frame)
        elif self._camera.live and time.monotonic() - self._last_s > self._stall_s:
            msg = f"no frame from the camera for {self._stall_s:g} s; check its cable"
            raise CameraError(msg, reason="stalled")

    def close(self) -> None:
        """Close the camera."""
        self._camera.close()

    def _rest(self) -> None:
        """Take no frame, and do not count that as a stall."""
        time.sleep(_PAUSE_S)
        self._last_s = self._returned_s = time.monotonic()


class InferenceWorker(Worker):
    """Looks at each frame, region by region, and reports what follows."""

    def __init__(
        self,
        *,
        mailbox: Mailbox,
        classifier: Classifier,
        regions: Sequence[Region],
        reporter: Reporter,
        statistics: Statistics,
        tables: Tables,
        live: LiveOptions,
    ) -> None:
        super().__init__("inference")
        self.done = 0
        """Frames that were taken out of the mailbox and dealt with."""
        self._mailbox = mailbox
        self._classifier = classifier
        self._regions = regions
        self._reporter = reporter
        self._statistics = statistics
        self._tables = tables
        self._live = live
        self._paces = [Pace(live.per_s) for _ in regions]
        self._other: Callable[[], None] | None = None

    def setup(self) -> None:
        """Leave the processor to the interpreter."""
        # OpenCV's own threads would compete with the interpreter's for a resize of 0.1 ms.
        cv2.setNumThreads(1)

    def step(self) -> None:
        """Look at one frame."""
        other, self._other = self._other, None
        if other is not None:
            other()
        frame = self._mailbox.take(_SLICE_S)
        if frame is not None:
            self.look(frame)
            self.done += 1

    def look(self, frame: Frame) -> None:
        """Judge a frame; one of another shape or type than `(h, w, 3)` uint8 is skipped."""
        shape, dtype = frame.pixels.shape, frame.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:  # noqa: PLR2004  RGB
            self._statistics.skipped += 1
            return
        judged = False
        for index, region in enumerate(self._regions):
            try:
                scores = self._classifier.look(frame.pixels, region.preprocessor)
            except UnusableScores:
                self._statistics.skipped += 1
                continue
            judged = True
            self._statistics.look(self._classifier.invoke_ns)
            self._decide(region, scores, frame.taken_ns)
            if self._live.enabled and self._paces[index].due():
                self._reporter.show(Look(index, region.decision.best(self._live.top_k)))
        if not judged:
            return
        self._statistics.frame(frame.taken_ns)
        if self._statistics.frames == 1:
            self._reporter.report(CameraState(0, frame.taken_ns))

    def reload(self, rules: Rules, tables: Tables, live: LiveOptions) -> None:
        """Decide by other rules from the next look on; callable from any thread."""

        def change() -> None:
            now_ns = time.monotonic_ns()
            for region in self._regions:
                region.decision, ended = region.decision.under(rules, now_ns)
                self._tell(region, ended)
            self._live = live
            self._paces = [Pace(live.per_s) for _ in self._regions]
            self._tables = tables
            self._reporter.switch(tables.fingerprint)

        self._other = change

    def _decide(self, region: Region, scores: Scores, at_ns: int) -> None:
        self._tell(region, region.decision.look(scores, at_ns))

    def _tell(self, region: Region, facts: Sequence[Sighting]) -> None:
        for fact in facts:
            label = self._tables.labels[fact.label]
            what = "appeared" if fact.appeared else "disappeared"
            _log.info("%s: %s %s (%.2f)", region.name, label, what, fact.confidence / 1000)
            self._reporter.report(fact)


class VisionService:
    """The vision half, whole."""

    def __init__(
        self,
        *,
        camera: Camera,
        classifier: Classifier,
        regions: Sequence[Region],
        tables: Tables,
        connect: Callable[[], socket.socket],
        stall_s: float,
        health_interval_s: float,
        live: LiveOptions,
    ) -> None:
        """`connect` gives a wall to the publisher, or raises LinkError."""
        self._camera = camera
        self._regions = regions
        self._stall_s = stall_s
        self._mailbox = Mailbox()
        self._statistics = Statistics()
        self._reporter = Reporter(connect, tables.fingerprint, self, health_interval_s)
        self._capture = CaptureWorker(camera, self._mailbox, stall_s)
        self._inference = InferenceWorker(
            mailbox=self._mailbox,
            classifier=classifier,
            regions=regions,
            reporter=self._reporter,
            statistics=self._statistics,
            tables=tables,
            live=live,
        )

    def start(self, on_end: Callable[[], None]) -> None:
        """Start the threads, last stage first, so that nothing is produced for nobody."""
        for worker in (self._reporter, self._inference, self._capture):
            worker.start(on_end)

    def check(self) -> None:
        """Raise what ended a worker; a broken camera is reported before that ends the half."""
        failures = [worker.failure for worker in (self._capture, self._inference, self._reporter)]
        if self._capture.hung:
            msg = "the camera does not answer any more; check its cable"
            failures.append(CameraError(msg, reason="stalled"))
        for failure in filter(None, failures):
            if isinstance(failure, CameraError):
                trouble = TROUBLES.index(failure.reason) + 1
                self._reporter.report(CameraState(trouble, time.monotonic_ns()))
            raise failure

    @property
    def ready(self) -> bool:
        """Whether the camera has delivered and the model has answered."""
        return self._statistics.frames > 0

    @property
    def frames(self) -> int:
        """How many frames have been looked at."""
        return self._statistics.frames

    @property
    def alive(self) -> bool:
        """Whether looks are being finished; false where either camera or model hangs."""
        if self._capture.paused:
            return True
        return self._statistics.age_ns(time.monotonic_ns()) < self._stall_s * 1e9

    @property
    def finished(self) -> bool:
        """Whether the source has ended and all its frames have been looked at."""
        # In this order: once the source has ended, an empty mailbox stays empty.
        return (
            self._capture.ended
            and self._mailbox.empty
            and self._mailbox.taken == self._inference.done
        )

    def stop(self) -> bool:
        """End the threads, first stage first, so that what was seen still gets out.

        False where a thread does not end, which only ending the process can cure.
        """
        done = True
        for worker in (self._capture, self._inference):
            worker.stop()
            done &= worker.join(STOP_TIMEOUT_S)
        if not self._reporter.flush(FLUSH_TIMEOUT_S):
            _log.warning("some events were not committed by the publisher in time")
        self._reporter.stop()
        return self._reporter.join(STOP_TIMEOUT_S) and done

    def reload(self, rules: Rules, tables: Tables, live: LiveOptions) -> None:
        """Decide by other rules from the next look on."""
        self._inference.reload(rules, tables, live)

    def pause(self, *, paused: bool) -> None:
        """Take no more frames, or take them again."""
        if paused != self._capture.paused:
            _log.info("paused: nothing is looked at" if paused else "looking again")
        self._capture.paused = paused

    def explain(self, ask: Ask) -> Explanation | None:
        """What a region's decision stands on."""
        if ask.region >= len(self._regions):
            return None
        decision = self._regions[ask.region].decision
        return Explanation(ask.number, ask.region, decision.looks, decision.tally())

    def health(self) -> VisionHealth | None:
        """How this half is doing; None before its first look."""
        statistics, now_ns = self._statistics, time.monotonic_ns()
        if not statistics.frames:
            return None
        p50_us, p95_us = statistics.percentiles_us()
        return VisionHealth(
            fps_milli=_amount(statistics.fps(now_ns) * 1000),
            last_frame_age_ms=_amount(statistics.age_ns(now_ns) / 1e6),
            dropped=_amount(self._mailbox.dropped),
            skipped=_amount(statistics.skipped),
            unreadable=_amount(self._camera.unreadable),
            p50_us=_amount(p50_us),
            p95_us=_amount(p95_us),
        )


def _amount(value: float) -> int:
    """A count as it fits the wall."""
    return min(round(value), 2**32 - 1)
