"""The vision half: three threads, constructed, started, watched and stopped.

capture   camera → preparation → mailbox
inference mailbox → classifier → decision → reporter
reporter  → the wall
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgecam.appliance.schedule import Schedule
from edgecam.config.options import LiveOptions, Power, TroubleOptions
from edgecam.errors import CameraError
from edgecam.link import Ask, Tables
from edgecam.messages import MOST_LASTED_S, TROUBLES, CameraState, Explanation, VisionHealth
from edgecam.vision.camera import Camera
from edgecam.vision.capture import CaptureWorker
from edgecam.vision.classifier import Classifier
from edgecam.vision.governor import Governor
from edgecam.vision.inference import InferenceWorker
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Preparation, Prepared
from edgecam.vision.region import Region
from edgecam.vision.reporter import Reporter
from edgecam.vision.rules import Rules
from edgecam.vision.statistics import Stage, Statistics
from edgecam.vision.trouble import TroubleWatch

STOP_TIMEOUT_S = 3.0
FLUSH_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


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
        governor: Governor,
        power: Power,
        schedule: Schedule,
        stall_s: float,
        health_interval_s: float,
        live: LiveOptions,
        trouble: TroubleOptions,
    ) -> None:
        """`connect` gives a wall to the publisher, or raises LinkError.

        `camera` asks the governor's pace.
        """
        self._camera = camera
        self._governor = governor
        self._regions = regions
        self._stall_s = stall_s
        self._mailbox = Mailbox(lambda: Prepared([classifier.blank() for _ in regions]))
        self._reporter = Reporter(connect, tables.fingerprint, self, health_interval_s)
        self._statistics = Statistics(on_rate=self._reporter.say_health)
        self._preparation = Preparation(
            regions=regions,
            mailbox=self._mailbox,
            trouble=TroubleWatch(trouble, live=camera.live, coded=camera.coded),
            governor=governor,
            statistics=self._statistics,
            report=self._reporter.report,
        )
        self._capture = CaptureWorker(
            camera=camera,
            mailbox=self._mailbox,
            prepare=self._preparation.prepare,
            begin=self._preparation.begin,
            rest=self._begin_rest,
            governor=governor,
            schedule=schedule,
            report=self._reporter.report,
            announce=self._reporter.say_health,
            stall_s=stall_s,
        )
        self._inference = InferenceWorker(
            mailbox=self._mailbox,
            classifier=classifier,
            regions=regions,
            reporter=self._reporter,
            statistics=self._statistics,
            tables=tables,
            live=live,
            limit_s=self._capture.limit_s,
        )
        self._run(power)

    def start(self, on_end: Callable[[], None]) -> None:
        """Start the threads, last stage first, so that nothing is produced for nobody."""
        for worker in (self._reporter, self._inference, self._capture):
            worker.start(on_end)

    def check(self) -> None:
        """Raise what ended a worker; a broken camera is reported before that ends the half."""
        try:
            for worker in (self._capture, self._inference, self._reporter):
                worker.check()
        except CameraError as error:
            trouble = TROUBLES.index(error.reason) + 1
            lasted_s = min(int(self._capture.frameless_s), MOST_LASTED_S)
            self._reporter.report(CameraState(trouble, 0, time.monotonic_ns(), lasted_s))
            raise

    @property
    def ready(self) -> bool:
        """Whether the camera has delivered and the model has answered, or nothing is wanted.

        At night there may be nothing to ask the model for hours.
        """
        return self._inference.answered or self._preparation.blind or self._capture.resting

    @property
    def frames(self) -> int:
        """How many frames have been looked at."""
        return self._statistics.frames

    def stage_ns(self, stage: Stage) -> NDArray[np.int64]:
        """How long a stage took at each of the last looks."""
        return self._statistics.stage_ns(stage)

    @property
    def alive(self) -> bool:
        """Whether looks are being finished; false where either camera or model hangs.

        One that waits for a camera is alive, and so is one that waits until the camera sees again,
        is told to look at nothing, or sleeps.
        """
        age_ns = self._statistics.age_ns(time.monotonic_ns()) or 0  # before the first none is late
        fresh = min(age_ns / 1e9, self._capture.expecting_s) < self._stall_s
        return fresh or self._preparation.blind or self._capture.resting

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
        left = self._reporter.flush(FLUSH_TIMEOUT_S)
        if left:
            _log.warning(
                "%d events were not committed in time: what no publisher has taken in is lost", left
            )
        self._reporter.stop()
        return self._reporter.join(STOP_TIMEOUT_S) and done

    def reload(
        self, rules: Rules, tables: Tables, live: LiveOptions, power: Power, schedule: Schedule
    ) -> None:
        """Decide by other rules from the next look on; look as often, and when, others say."""
        self._inference.reload(rules, tables, live)
        self._run(power)
        self._capture.schedule = schedule

    def _run(self, power: Power) -> None:
        # What waits for us shows later what it would show now: nothing is saved by letting it wait.
        self._governor.run(power if self._camera.live else "performance")

    def _begin_rest(self, at_ns: int) -> None:
        self._preparation.rest()
        self._inference.rest(at_ns)

    def pause(self, *, paused: bool) -> None:
        """Take no more frames, or take them again."""
        if paused != self._capture.paused:
            _log.info("paused: nothing is looked at" if paused else "looking again")
        self._capture.paused = paused

    def explain(self, ask: Ask) -> Explanation | None:
        """What a region's decision stands on; None where there is no such region."""
        if ask.region >= len(self._regions):
            return None
        decision = self._regions[ask.region].decision
        return Explanation(ask.number, ask.region, decision.looks, decision.tally())

    def health(self) -> VisionHealth | None:
        """How this half is doing; None before its first look."""
        statistics, now_ns = self._statistics, time.monotonic_ns()
        if not self.ready:
            return None
        p50_us, p95_us = statistics.percentiles_us() or (None, None)
        fps, age_ns = statistics.fps(now_ns), statistics.age_ns(now_ns)
        return VisionHealth(
            fps_milli=None if fps is None else _amount(fps * 1000),
            last_frame_age_ms=None if age_ns is None else _amount(age_ns / 1e6),
            dropped=_amount(self._mailbox.dropped),
            skipped=_amount(statistics.skipped + self._preparation.skipped),
            unreadable=_amount(self._camera.unreadable),
            p50_us=None if p50_us is None else _amount(p50_us),
            p95_us=None if p95_us is None else _amount(p95_us),
            still=_amount(statistics.still),
            slowed=self._governor.slowed,
            asleep=self._capture.asleep,
        )


def _amount(value: float) -> int:
    """A count as it fits the wall."""
    return min(round(value), 2**32 - 1)
