"""A V4L2 device, a network stream or a video file, through OpenCV."""

import errno
import os
import re
import time
from pathlib import Path
from typing import cast

import cv2

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.shown import without_password
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.camera.orientation import oriented
from edgecam.vision.camera.pace import Pace

OPEN_TIMEOUT_MS = 10_000
READ_TIMEOUT_MS = 5_000
_DEVICE = re.compile(r"^/dev/video(\d+)$")


class OpencvCamera:
    """Live sources keep their own time: what comes before it is due is passed over undecoded.

    A video file waits for us; it runs at `fps`, or as recorded where that is not set.
    """

    unreadable = 0

    def __init__(self, options: CameraOptions, pace: Pace) -> None:
        self._options = options
        self._source = options.opencv.source
        self._device: re.Match[str] | None = None
        self._pace = pace
        self._video: cv2.VideoCapture | None = None
        self._stream = self.coded = "://" in self._source
        # Also where it is not there yet; a video may lie in /dev/shm.
        self.live = self._stream or (
            self._source.startswith("/dev/") and not Path(self._source).is_file()
        )

    def open(self) -> None:
        """Raises CameraError where nothing answers, ConfigError for what is no source of frames."""
        if self.live and not self._stream:
            check_device(self._source)
            # udev's names for a device (/dev/v4l/by-id/...) are links to it: to another one,
            # perhaps, each time that it is plugged in.
            self._device = _DEVICE.match(str(Path(self._source).resolve()))
        of_no_use = self._device is None if self.live else not Path(self._source).is_file()
        if of_no_use and not self._stream:
            msg = f"{self._source} is not a video file or a /dev/video device"
            raise ConfigError(msg, option="camera.opencv.source")
        self._video = self._opened()
        if not self._video.isOpened():
            raise self._refused()
        if self._device:
            self._video.set(cv2.CAP_PROP_FRAME_WIDTH, self._options.opencv.width)
            self._video.set(cv2.CAP_PROP_FRAME_HEIGHT, self._options.opencv.height)
            self._video.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self.live and self._options.fps is None:
            self._pace.usual_fps = self._video.get(cv2.CAP_PROP_FPS) or None

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame that is due."""
        if self._video is None:
            msg = "capture before open"
            raise RuntimeError(msg)
        if not self.live:
            return self._next_of_file() if self._pace.wait(timeout_s) else None
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            if not self._video.grab():
                msg = f"{without_password(self._source)} stopped delivering frames"
                raise CameraError(msg, reason="stalled")
            if self._pace.due():
                return self._retrieved(time.monotonic_ns())
        return None

    def rest(self) -> None:
        """Let go of a device or a stream, which would go on; a file stays where it is."""
        if self.live:
            self.close()

    def wake(self) -> None:
        """Open it again, as at the start; a file goes on."""
        if self.live:
            self.open()

    def close(self) -> None:
        """Release the device or the stream."""
        if self._video is not None:
            self._video.release()
            self._video = None

    def _opened(self) -> cv2.VideoCapture:
        if self._device:
            return cv2.VideoCapture(int(self._device[1]), cv2.CAP_V4L2)
        if not self.live:
            return cv2.VideoCapture(self._source)
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            READ_TIMEOUT_MS,
        ]
        return cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, timeouts)

    def _refused(self) -> CameraError:
        if self._device:  # it is there, and we may open it
            msg = f"{self._source} does not answer as a camera: is another program using it?"
            return CameraError(msg, reason="busy")
        place = without_password(self._source)
        msg = f"{place} cannot be opened: wrong, not permitted, not there, or not a video"
        return CameraError(msg, reason="missing")

    def _next_of_file(self) -> Frame:
        video = self._video
        if video is None or (not video.grab() and not self._rewound(video)):
            raise EndOfFrames
        return self._retrieved(time.monotonic_ns())

    def _rewound(self, video: cv2.VideoCapture) -> bool:
        return self._options.opencv.loop and video.set(cv2.CAP_PROP_POS_FRAMES, 0) and video.grab()

    def _retrieved(self, taken_ns: int) -> Frame:
        ok, bgr = self._video.retrieve() if self._video is not None else (False, None)
        if not ok or bgr is None:
            msg = f"{without_password(self._source)} gives frames that cannot be decoded"
            raise CameraError(msg, reason="unusable")
        rgb = cast("Pixels", cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        options = self._options
        return Frame(
            oriented(rgb, options.rotation, hflip=options.hflip, vflip=options.vflip), taken_ns
        )


def check_device(path: str) -> None:
    """Raises CameraError where a device is not there or not ours: OpenCV would not say which."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        if error.errno == errno.EBUSY:
            msg = f"{path} is in use by another program"
            raise CameraError(msg, reason="busy") from error
        if error.errno in (errno.EACCES, errno.EPERM):
            msg = f"{path} may not be opened by this user: is it in the group video?"
            raise CameraError(msg, reason="missing") from error
        msg = (
            f"no camera at {path} ({error.strerror}): is it plugged in? `ls /dev/video*` lists them"
        )
        raise CameraError(msg, reason="missing") from error
