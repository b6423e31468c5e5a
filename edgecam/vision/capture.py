"""The capture thread: camera → mailbox. Waits for a camera that is not there."""

import logging
import threading
import time
from collections.abc import Callable

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.errors import CameraError
from edgecam.messages import TROUBLES, CameraState
from edgecam.vision.camera import Camera, EndOfFrames
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.worker import Worker

FIRST_RETRY_S = 5.0  # before a camera that is missing or busy is tried again; doubles each time
LONGEST_RETRY_S = 60.0
HANG_MARGIN_S = 10.0  # opening a stream may take so long by itself
_RETRIED = ("missing", "busy")
_SLICE_S = 0.5
_PAUSE_S = 0.1

_log = logging.getLogger(__name__)


class CaptureWorker(Worker):
    """Opens the camera, as often as it takes; ends the half where no frame comes for `stall_s`."""

    def __init__(
        self,
        *,
        camera: Camera,
        mailbox: Mailbox,
        governor: Governor,
        report: Callable[[CameraState], None],
        stall_s: float,
    ) -> None:
        super().__init__("capture")
        self.paused = False
        """Set: no frame is taken."""
        self.limit_s = stall_s + HANG_MARGIN_S
        self._camera = camera
        self._mailbox = mailbox
        self._governor = governor
        self._report = report
        self._stall_s = stall_s
        self._opened = False
        self._trouble = ""  # why it is not, as last reported
        self._wait_s = FIRST_RETRY_S
        self._retry_s = 0.0
        self._frame_s = 0.0  # when the last frame came
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ask the worker to end now rather than when its wait is over."""
        super().stop()
        self._stopped.set()

    def verdict(self) -> Exception:
        """The camera does not even come back to say that there is no frame."""
        msg = "the camera does not answer any more; check its cable"
        return CameraError(msg, reason="stalled")

    def step(self) -> None:
        """Take one frame, where one is due; before that, open the camera."""
        if not self._opened:
            self._open()
        elif self.paused:
            self._stopped.wait(_PAUSE_S)
            self._frame_s = time.monotonic()  # a pause is no stall
        elif self._camera.live or self._wanted():
            self._take()

    def close(self) -> None:
        """Close the camera."""
        self._camera.close()

    def _open(self) -> None:
        left_s = self._retry_s - time.monotonic()
        if left_s > 0:
            self._stopped.wait(min(left_s, _SLICE_S))
            return
        try:
            self._camera.open()
        except CameraError as error:
            if error.reason not in _RETRIED:
                raise
            self._camera.close()
            self._put_off(error)
            return
        if self._trouble:
            _log.info("the camera is there", extra=about("camera_ok"))
            systemd.wait_for("camera", "")
        self._opened = True
        self._frame_s = time.monotonic()

    def _put_off(self, error: CameraError) -> None:
        """Try again later; say why once, however long it takes."""
        if error.reason != self._trouble:
            self._trouble = error.reason
            trouble = about("camera_trouble", reason=error.reason)
            _log.warning("%s; waiting for it", error, extra=trouble)
            systemd.wait_for("camera", f"waiting for the camera: {error}")
            number = TROUBLES.index(error.reason) + 1
            self._report(CameraState(number, 0, time.monotonic_ns()))
        self._retry_s = time.monotonic() + self._wait_s
        self._wait_s = min(2 * self._wait_s, LONGEST_RETRY_S)

    def _wanted(self) -> bool:
        """Whether a source that waits for its reader is to give its next frame."""
        return self._mailbox.wait_until_empty(_SLICE_S) and self._governor.wait(_SLICE_S)

    def _take(self) -> None:
        try:
            frame = self._camera.capture(_SLICE_S)
        except EndOfFrames:
            _log.info("the pictures have ended")
            self.stop()
            return
        if frame is not None:
            self._frame_s = time.monotonic()
            if not self._camera.live or self._governor.due():
                self._mailbox.put(frame)
        elif self._camera.live and time.monotonic() - self._frame_s > self._stall_s:
            msg = f"no frame from the camera for {self._stall_s:g} s; check its cable"
            raise CameraError(msg, reason="stalled")
