"""The inference thread: mailbox → classifier → decision → reporter."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from edgecam.appliance.log import about
from edgecam.config.options import LiveOptions
from edgecam.errors import HungError
from edgecam.link import Tables
from edgecam.messages import CameraState, Look, Sighting
from edgecam.vision.camera.pace import Pace
from edgecam.vision.classifier import Classifier, UnusableScores
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Prepared
from edgecam.vision.region import Region
from edgecam.vision.reporter import Reporter
from edgecam.vision.rules import Rules
from edgecam.vision.statistics import Statistics
from edgecam.worker import Worker

_SLICE_S = 2.0  # each end of one wakes the processor, before a still scene for nothing else

_log = logging.getLogger(__name__)


class InferenceWorker(Worker):
    """Judges each frame, region by region, and reports what follows."""

    def __init__(
        self,
        *,
        mailbox: Mailbox[Prepared],
        classifier: Classifier,
        regions: Sequence[Region],
        reporter: Reporter,
        statistics: Statistics,
        tables: Tables,
        live: LiveOptions,
        limit_s: float,
    ) -> None:
        super().__init__("inference")
        self.limit_s = limit_s
        self.done = 0
        """Frames that were taken out of the mailbox and dealt with."""
        self.answered = False
        """Whether the model has ever judged a frame."""
        self._mailbox = mailbox
        self._classifier = classifier
        self._regions = regions
        self._reporter = reporter
        self._statistics = statistics
        self._tables = tables
        self._live = live
        self._paces = [Pace(live.per_s) for _ in regions]
        self._changes: deque[Callable[[], None]] = deque()
        self._scores = classifier.no_scores()
        self._rested_ns = 0  # when the last rest began

    def verdict(self) -> Exception:
        """The model does not come back."""
        return HungError(f"the model has not answered for {self.limit_s:g} s; ending the process")

    def stop(self) -> None:
        """Ask the worker to end now rather than when its wait is over."""
        super().stop()
        self._mailbox.call()

    def step(self) -> None:
        """Judge one frame, by other rules where these have changed."""
        prepared = self._mailbox.take(_SLICE_S)
        while self._changes:  # those that came before that frame, too
            self._changes.popleft()()
        if prepared is None:
            return
        if prepared.taken_ns <= self._rested_ns:
            self._mailbox.reject(prepared)  # it would bring back what has ended with the rest
        else:
            self._statistics.took("prepare", prepared.prepare_ns)
            self._statistics.took("wait", time.monotonic_ns() - prepared.ready_ns)
            self.judge(prepared)
            self._mailbox.give_back(prepared)
        self.done += 1

    def judge(self, prepared: Prepared) -> None:
        """Look where that is wanted; elsewhere nothing has changed since the last look."""
        judged = False
        for index, region in enumerate(self._regions):
            try:
                facts = self._facts(region, prepared, index)
            except UnusableScores:
                region.fail()
                self._statistics.skipped += 1
                continue
            judged = True
            self._tell(region, facts)
            if self._live.enabled and self._paces[index].due():
                self._reporter.show(Look(index, region.decision.best(self._live.top_k)))
        if not judged:
            return
        self._statistics.frame(prepared.taken_ns)
        if not self.answered:
            self.answered = True
            self._reporter.report(CameraState(0, 0, prepared.taken_ns, 0))

    def reload(self, rules: Rules, tables: Tables, live: LiveOptions) -> None:
        """Decide by other rules from the next step on; callable from any thread."""

        def change() -> None:
            now_ns = time.monotonic_ns()
            for region in self._regions:
                self._tell(region, region.follow(rules, now_ns))
            self._live = live
            self._paces = [Pace(live.per_s) for _ in self._regions]
            self._tables = tables
            self._reporter.switch(tables.fingerprint)

        self._ask(change)

    def rest(self, at_ns: int) -> None:
        """Nothing is looked at from this time on; for the thread that takes the frames.

        What is present ends: nobody will see it go, and it must not be there still at the next look.
        """

        def end() -> None:
            self._rested_ns = at_ns
            for region in self._regions:
                self._tell(region, region.rest(at_ns))

        self._ask(end)

    def _ask(self, change: Callable[[], None]) -> None:
        self._changes.append(change)
        self._mailbox.call()

    def _facts(self, region: Region, prepared: Prepared, index: int) -> list[Sighting]:
        """What follows from a frame for a region. Raises UnusableScores."""
        if not prepared.wanted[index]:
            self._statistics.saved(1)
            return region.repeat(prepared.taken_ns)
        asked_ns = time.monotonic_ns()
        # The next frame is prepared from `invoking` on, and not from when this one was taken: two
        # threads that want Python's lock at once cost each other 0.2 ms of a frame.
        scores = self._classifier.look(prepared.inputs[index], self._scores, self._mailbox.invite)
        answered_ns, invoke_ns = time.monotonic_ns(), self._classifier.invoke_ns
        facts = region.look(scores, prepared.taken_ns)
        self._statistics.took("transfer", answered_ns - asked_ns - invoke_ns)
        self._statistics.took("invoke", invoke_ns)
        self._statistics.took("decide", time.monotonic_ns() - answered_ns)
        return facts

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
