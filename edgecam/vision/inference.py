"""The inference thread: mailbox → preprocess → classifier → decision → reporter."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from edgecam.appliance.log import about
from edgecam.arrays import Pixels, Scores
from edgecam.config.options import LiveOptions
from edgecam.errors import HungError
from edgecam.link import Tables
from edgecam.messages import TROUBLES, CameraState, Frame, Look, Sighting
from edgecam.vision.camera.pace import Pace
from edgecam.vision.classifier import Classifier, UnusableScores
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.reporter import Reporter
from edgecam.vision.statistics import Statistics
from edgecam.vision.trouble import TroubleWatch
from edgecam.worker import Worker

_SLICE_S = 0.5

_log = logging.getLogger(__name__)


@dataclass
class Region:
    """One rectangle of the frame with its way into the model and its memory."""

    name: str
    preprocessor: Preprocessor
    decision: Decision


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
        trouble: TroubleWatch,
        limit_s: float,
    ) -> None:
        super().__init__("inference")
        self.limit_s = limit_s
        self.done = 0
        """Frames that were taken out of the mailbox and dealt with."""
        self.blind = False
        """Whether the last frame was one of which nothing can be decided."""
        self._mailbox = mailbox
        self._classifier = classifier
        self._regions = regions
        self._reporter = reporter
        self._statistics = statistics
        self._tables = tables
        self._live = live
        self._paces = [Pace(live.per_s) for _ in regions]
        self._changes: deque[Callable[[], None]] = deque()
        self._trouble = trouble

    def verdict(self) -> Exception:
        """The model does not come back."""
        return HungError(f"the model has not answered for {self.limit_s:g} s; ending the process")

    def setup(self) -> None:
        """Leave the processor to the interpreter."""
        # OpenCV's own threads would compete with the interpreter's for a resize of 0.1 ms.
        cv2.setNumThreads(1)

    def step(self) -> None:
        """Look at one frame, by other rules where these have changed."""
        while self._changes:
            self._changes.popleft()()
        frame = self._mailbox.take(_SLICE_S)
        if frame is not None:
            self.look(frame)
            self.done += 1

    def look(self, frame: Frame) -> None:
        """Judge a frame; one of another shape or type than `(h, w, 3)` uint8 is skipped."""
        if not _is_rgb(frame.pixels) or self._is_blind(frame):
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
            self._reporter.report(CameraState(0, 0, frame.taken_ns))

    def _is_blind(self, frame: Frame) -> bool:
        """Whether nothing can be decided from it; trouble is told when it begins and ends."""
        change = self._trouble.look(frame)
        self.blind = self._trouble.blind
        if change is not None:
            if change.reason:
                trouble = about("camera_trouble", reason=change.reason)
                _log.warning("%s", change.sentence, extra=trouble)
            else:
                _log.info("%s", change.sentence, extra=about("camera_ok"))
            number = TROUBLES.index(change.reason) + 1 if change.reason else 0
            self._reporter.report(CameraState(number, change.measure, frame.taken_ns))
        return self.blind

    def reload(self, rules: Rules, tables: Tables, live: LiveOptions) -> None:
        """Decide by other rules from the next step on; callable from any thread."""

        def change() -> None:
            now_ns = time.monotonic_ns()
            for region in self._regions:
                region.decision, ended = region.decision.under(rules, now_ns)
                self._tell(region, ended)
            self._live = live
            self._paces = [Pace(live.per_s) for _ in self._regions]
            self._tables = tables
            self._reporter.switch(tables.fingerprint)

        self._changes.append(change)

    def _decide(self, region: Region, scores: Scores, at_ns: int) -> None:
        self._tell(region, region.decision.look(scores, at_ns))

    def _tell(self, region: Region, facts: Sequence[Sighting]) -> None:
        for fact in facts:
            label = self._tables.labels[fact.label]
            what: Literal["appeared", "disappeared"] = (
                "appeared" if fact.appeared else "disappeared"
            )
            _log.info(
                "%s: %s %s (%.2f)",
                *(region.name, label, what, fact.confidence / 1000),
                extra=about(what, region=region.name),
            )
            self._reporter.report(fact)


def _is_rgb(pixels: Pixels) -> bool:
    shape = pixels.shape
    return len(shape) == 3 and shape[2] == 3 and 0 not in shape and pixels.dtype == np.uint8  # noqa: PLR2004  RGB
