"""The capture thread: camera → preparation → mailbox. Waits for a camera; sleeps on schedule."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

import cv2

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.appliance.schedule import Schedule
from edgecam.errors import CameraError
from edgecam.messages import TROUBLES, CameraState, Frame
from edgecam.vision.camera import RETRIED, Camera, EndOfFrames, StaleFrames
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Prepared
from edgecam.worker import Worker

FIRST_RETRY_S = 5.0  # before a camera that is missing or busy is tried again; doubles each time
LONGEST_RETRY_S = 60.0
HANG_MARGIN_S = 10.0  # opening a stream may take so long by itself
_SLICE_S = 0.5
_REST_S = 0.1  # between two looks whether the rest is over

_log = logging.getLogger(__name__)


class CaptureWorker(Worker):
    """Opens the camera, as often as it takes; ends the half where no frame comes for `stall_s`.

    While it is paused or asleep the camera rests, or is not opened at all.
    """

    def __init__(
        self,
        *,
        camera: Camera,
        mailbox: Mailbox[Prepared],
        prepare: Callable[[Frame], str],
        begin: Callable[[], None],
        rest: Callable[[int], None],
        governor: Governor,
        schedule: Schedule,
        report: Callable[[CameraState], None],
        announce: Callable[[], None],
        stall_s: float,
    ) -> None:
        """`prepare` leaves a frame in the mailbox, or says what is wrong with it.

        `begin` is called before the first frame of a camera that was away, `rest` with the time at
        which nothing is looked at any more, and `announce` when `asleep` has changed.
        """
        super().__init__("capture")
        self.paused = False
        """Set: no frame is taken."""
        self.asleep = False
        """Whether no frame is taken because it is not the time for it."""
        self.schedule = schedule
        """When to look; may be exchanged at any time."""
        self.limit_s = stall_s + HANG_MARGIN_S
        self._camera = camera
        self._mailbox = mailbox
        self._prepare = prepare
        self._begin = begin
        self._begin_rest = rest
        self._governor = governor
        self._report = report
        self._announce = announce
        self._stall_s = stall_s
        self._camera_is: Literal["closed", "open", "resting"] = "closed"
        self._delivered = False  # whether it ever did
        self._rests = False  # whether that was said
        self._trouble = ""  # why it is not open, as last reported
        self._wait_s = FIRST_RETRY_S
        self._retry_s = 0.0
        self._opened_s = 0.0
        self._frame_s = 0.0  # when the last frame came
        self._stopped = threading.Event()

    def setup(self) -> None:
        """Leave the processor to the interpreter."""
        # OpenCV's own threads would compete with the interpreter's for a resize of 0.1 ms.
        cv2.setNumThreads(1)

    def stop(self) -> None:
        """Ask the worker to end now rather than when its wait is over."""
        super().stop()
        self._stopped.set()

    def verdict(self) -> Exception:
        """The camera does not even come back to say that there is no frame."""
        msg = "the camera does not answer any more; check its cable"
        return CameraError(msg, reason="stalled")

    @property
    def resting(self) -> bool:
        """Whether nothing is to be looked at now."""
        return self.paused or self.asleep

    @property
    def expecting_s(self) -> float:
        """How long ago the camera was opened or woken; 0 while no frame is to be expected."""
        return time.monotonic() - self._opened_s if self._camera_is == "open" else 0.0

    @property
    def frameless_s(self) -> float:
        """How long an open camera has given no frame that can be used; 0 where none is open."""
        return time.monotonic() - self._frame_s if self._camera_is == "open" else 0.0

    def step(self) -> None:
        """Take one frame, where one is due; before that, open the camera."""
        self._governor.check()
        self._follow_schedule()
        if self.resting:
            self._rest()
            return
        self._rests = False
        if self._camera_is != "open":
            self._open()
        elif self._camera.live or self._mailbox.wait_until_empty(_SLICE_S):
            self._take()

    def close(self) -> None:
        """Close the camera."""
        self._camera.close()

    def _follow_schedule(self) -> None:
        stretch = self.schedule.now()
        if self.asleep != stretch.active:
            return
        self.asleep = not stretch.active
        if self.asleep:
            _log.info("asleep %s by schedule.active_hours", stretch.end)
        else:
            _log.info("awake: looking again")
        self._announce()

    def _rest(self) -> None:
        if self._camera_is == "open":
            self._camera.rest()
            self._camera_is = "resting"
        if not self._rests:  # after the last frame was taken
            self._rests = True
            self._begin_rest(time.monotonic_ns())
        self._stopped.wait(_REST_S)

    def _open(self) -> None:
        left_s = self._retry_s - time.monotonic()
        if left_s > 0:
            self._stopped.wait(min(left_s, _SLICE_S))
            return
        try:
            if self._camera_is == "resting":
                self._camera.wake()
            else:
                self._camera.open()
        except CameraError as error:
            if error.reason not in RETRIED:
                raise
            self._close_for_now()
            self._put_off(error)
            return
        self._camera_is = "open"
        self._opened_s = self._frame_s = time.monotonic()
        if self._trouble:
            self._say_there()

    def _close_for_now(self) -> None:
        self._camera.close()
        self._camera_is = "closed"

    def _say_there(self) -> None:
        _log.info("the camera is there", extra=about("camera_ok"))
        systemd.wait_for("camera", "")
        self._trouble, self._wait_s, self._retry_s = "", FIRST_RETRY_S, 0.0
        if self._delivered:  # of the first one the first look says so
            self._begin()
            self._report(CameraState(0, 0, time.monotonic_ns(), 0))

    def _put_off(self, error: CameraError) -> None:
        """Try again later; say why once, however long it takes."""
        if error.reason != self._trouble:
            self._trouble = error.reason
            trouble = about("camera_trouble", reason=error.reason)
            _log.warning("%s; waiting for it", error, extra=trouble)
            systemd.wait_for("camera", f"waiting for the camera: {error}")
            number = TROUBLES.index(error.reason) + 1
            self._report(CameraState(number, 0, time.monotonic_ns(), 0))
        self._retry_s = time.monotonic() + self._wait_s
        self._wait_s = min(2 * self._wait_s, LONGEST_RETRY_S)

    def _take(self) -> None:
        try:
            frame = self._camera.capture(_SLICE_S)
        except EndOfFrames:
            _log.info("the pictures have ended")
            self.stop()
            return
        except StaleFrames:
            self._close_for_now()
            return
        problem = "" if frame is None else self._prepare(frame)
        if frame is not None and not problem:
            self._frame_s = time.monotonic()
            self._delivered = True
        elif self._camera.live and time.monotonic() - self._frame_s > self._stall_s:
            raise self._broken(problem)

    def _broken(self, problem: str) -> CameraError:
        """`problem`: of the frames that came; empty where none came."""
        if problem:
            msg = f"the camera has given {problem}, for {self._stall_s:g} s; check its format"
            return CameraError(msg, reason="unusable")
        msg = f"no frame from the camera for {self._stall_s:g} s; check its cable"
        return CameraError(msg, reason="stalled")
