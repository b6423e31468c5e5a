"""One slot between the camera and the model: the newest frame wins, and drops are counted."""

import threading

from edgecam.messages import Frame


class Mailbox:
    """A slot for one frame; `put` and `take` may be called from two threads."""

    def __init__(self) -> None:
        self.dropped = 0
        self.taken = 0
        self._frame: Frame | None = None
        self._changed = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Leave a frame; one that nobody took gives way and counts as dropped."""
        with self._changed:
            self.dropped += self._frame is not None
            self._frame = frame
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Frame | None:
        """The frame, waiting for one; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None, timeout_s)
            frame, self._frame = self._frame, None
            if frame is not None:
                self.taken += 1
                self._changed.notify_all()
            return frame

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Whether the slot is empty, waiting until it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._frame is None, timeout_s)

    @property
    def empty(self) -> bool:
        """Whether no frame waits."""
        return self._frame is None
