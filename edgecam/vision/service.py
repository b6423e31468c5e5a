"""The vision half: three threads, constructed, started, watched and stopped.

capture   camera → mailbox
inference mailbox → preprocess → classifier → decision → reporter
reporter  → the wall
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence

from edgecam.config.options import LiveOptions, TroubleOptions
from edgecam.errors import CameraError
from edgecam.link import Ask, Tables
from edgecam.messages import TROUBLES, CameraState, Explanation, VisionHealth
from edgecam.vision.camera import Camera
from edgecam.vision.capture import CaptureWorker
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Rules
from edgecam.vision.governor import Governor
from edgecam.vision.inference import InferenceWorker, Region
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.reporter import Reporter
from edgecam.vision.statistics import Statistics
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
        stall_s: float,
        health_interval_s: float,
        live: LiveOptions,
        trouble: TroubleOptions,
    ) -> None:
        """`connect` gives a wall to the publisher, or raises LinkError."""
        self._camera = camera
        self._regions = regions
        self._stall_s = stall_s
        self._mailbox = Mailbox()
        self._statistics = Statistics()
        self._reporter = Reporter(connect, tables.fingerprint, self, health_interval_s)
        self._capture = CaptureWorker(
            camera=camera,
            mailbox=self._mailbox,
            governor=governor,
            report=self._reporter.report,
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
            trouble=TroubleWatch(trouble, live=camera.live),
            limit_s=self._capture.limit_s,
        )

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
            self._reporter.report(CameraState(trouble, 0, time.monotonic_ns()))
            raise

    @property
    def ready(self) -> bool:
        """Whether the camera has delivered and the model has answered, or nothing is wanted.

        At night there may be nothing to ask the model for hours.
        """
        return self._statistics.frames > 0 or self._inference.blind or self._capture.paused

    @property
    def frames(self) -> int:
        """How many frames have been looked at."""
        return self._statistics.frames

    @property
    def alive(self) -> bool:
        """Whether looks are being finished; false where either camera or model hangs.

        One that waits for a camera is alive, and so is one that waits until the camera sees again,
        or is told to look at nothing.
        """
        fresh = self._statistics.age_ns(time.monotonic_ns()) < self._stall_s * 1e9
        return fresh or self._inference.blind or self._capture.paused

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
