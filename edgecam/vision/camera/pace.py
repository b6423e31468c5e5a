"""Says when the next frame is due."""

import math
import threading
import time

from edgecam.vision.bell import Bell

CAMERA_EARLY = 0.25  # of a period: frames of a sensor at the wanted rate vary by much less


class Pace:
    """At most so many frames a second; None: as fast as they are asked for.

    A frame that comes late does not make the next ones hurry. One that comes early by at most
    `early` of a period counts as due, and brings the next one no nearer: so a source that runs at
    that rate itself loses no frame to the few milliseconds by which two clocks differ.

    One thread asks. Others may change the rate meanwhile: then the next frame is due one new
    period after the last, and who waits for it is woken.
    """

    def __init__(self, fps: float | None, *, early: float = 0.0) -> None:
        self._usual_fps = fps
        self._limit_fps: float | None = None
        self._period_s = _period_s(fps)
        self._early = early
        self._taken_s = -math.inf  # when the last frame was due
        self._due_s = -math.inf
        self._lock = threading.Lock()  # around what others may change
        self._changed = Bell()

    @property
    def usual_fps(self) -> float | None:
        """The rate where nothing limits it."""
        return self._usual_fps

    @usual_fps.setter
    def usual_fps(self, fps: float | None) -> None:
        with self._lock:
            self._usual_fps = fps
            self._change()

    @property
    def limit_fps(self) -> float | None:
        """The rate that is not to be passed for now; None: the usual one holds."""
        return self._limit_fps

    @limit_fps.setter
    def limit_fps(self, fps: float | None) -> None:
        with self._lock:
            self._limit_fps = fps
            self._change()

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the next frame is due, at most `timeout_s`; whether it is due."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            now_s = time.monotonic()
            with self._lock:
                if now_s >= self._due_s:
                    return self._take()
                due_s = self._due_s
            if now_s >= deadline_s:
                return False
            self._changed.wait(min(due_s, deadline_s) - now_s)

    def due(self) -> bool:
        """Whether a frame is due now; if so, the next one is due a period later."""
        with self._lock:
            return self._take()

    def _take(self) -> bool:
        now_s = time.monotonic()
        if now_s < self._due_s - self._early * self._period_s:
            return False
        self._taken_s = now_s
        late = now_s - self._due_s > self._period_s
        self._due_s = (now_s if late else self._due_s) + self._period_s
        return True

    def _change(self) -> None:
        rates = [fps for fps in (self._usual_fps, self._limit_fps) if fps]
        self._period_s = _period_s(min(rates, default=None))
        self._due_s = self._taken_s + self._period_s
        self._changed.ring()


def _period_s(fps: float | None) -> float:
    return 1 / fps if fps else 0.0
