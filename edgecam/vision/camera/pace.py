"""Says when the next frame is due."""

import time


class Pace:
    """At most `fps` frames a second; None: as fast as they are asked for.

    A frame that comes late does not make the next ones hurry. One that comes early by at most
    `early` of a period counts as due, and brings the next one no nearer: so a source that runs at
    `fps` itself loses no frame to the few milliseconds by which two clocks differ.
    """

    def __init__(self, fps: float | None, *, early: float = 0.0) -> None:
        self._period_s = 1 / fps if fps else 0.0
        self._early_s = early * self._period_s
        self._due_s = 0.0

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the next frame is due, at most `timeout_s`; whether it is due."""
        left_s = self._due_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(left_s, timeout_s))
        return left_s <= timeout_s and self.due()

    def due(self) -> bool:
        """Whether a frame is due now; if so, the next one is due a period later."""
        now_s = time.monotonic()
        if now_s < self._due_s - self._early_s:
            return False
        late = now_s - self._due_s > self._period_s
        self._due_s = (now_s if late else self._due_s) + self._period_s
        return True
