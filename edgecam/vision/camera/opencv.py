"""A V4L2 device, a network stream or a video file, through OpenCV."""

import contextlib
import errno
import logging
import os
import re
import time
from pathlib import Path
from typing import Any

import cv2

from edgecam.config import CameraOptions
from edgecam.config.rules import is_endless
from edgecam.config.shown import without_password
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames, StaleFrames
from edgecam.vision.camera.orientation import Orientation
from edgecam.vision.camera.pace import Pace
from edgecam.vision.camera.stale import Staleness

OPEN_TIMEOUT_MS = 10_000
READ_TIMEOUT_MS = 5_000
_DEVICE = re.compile(r"^/dev/video(\d+)$")

_log = logging.getLogger(__name__)


class OpencvCamera:
    """Live sources keep their own time: what comes before it is due is passed over unconverted.

    A video file waits for us; it runs at `fps`, or as recorded where that is not set.

    A frame is written over by the next one, so that none takes new memory.
    """

    unreadable = 0

    def __init__(self, options: CameraOptions, pace: Pace) -> None:
        self._options = options
        self._source = options.opencv.source
        self._device: re.Match[str] | None = None
        self._pace = pace
        self._video: cv2.VideoCapture | None = None
        self._bgr: Any = None  # OpenCV writes into these where the size is right,
        self._rgb: Any = None  # and else makes others
        self._orientation = Orientation(options.rotation, hflip=options.hflip, vflip=options.vflip)
        self._staleness = Staleness()
        self._opened_bytes = 0  # of a file, when it was opened
        self._stream = self.coded = "://" in self._source
        self.live = is_endless(options.opencv)

    def open(self) -> None:
        """Raises CameraError where nothing answers, ConfigError for what is no source of frames."""
        self.find()
        self._video = self._opened()
        self._staleness.begin()
        if self._device:
            self._video.set(cv2.CAP_PROP_FRAME_WIDTH, self._options.opencv.width)
            self._video.set(cv2.CAP_PROP_FRAME_HEIGHT, self._options.opencv.height)
            self._video.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self.live and self._options.fps is None:
            self._pace.usual_fps = self._video.get(cv2.CAP_PROP_FPS) or None

    def find(self) -> None:
        """Look whether something is there. Raises what `open` raises where that is not so."""
        if self.live and not self._stream:
            check_device(self._source)
            # udev's names for a device (/dev/v4l/by-id/...) are links to it: to another one,
            # perhaps, each time that it is plugged in.
            self._device = _DEVICE.match(str(Path(self._source).resolve()))
        of_no_use = self._device is None if self.live else not Path(self._source).is_file()
        if of_no_use and not self._stream:
            msg = f"{self._source} is not a video file or a /dev/video device"
            raise ConfigError(msg, option="camera.opencv.source")
        if self.live and self._options.opencv.loop:
            msg = f"{without_password(self._source)} cannot start again: loop is for a video file"
            raise ConfigError(msg, option="camera.opencv.loop")

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame that is due.

        Raises StaleFrames where a stream is to be opened anew: by whoever waits where it refuses.
        """
        video = self._video
        if video is None:
            msg = "capture before open"
            raise RuntimeError(msg)
        if not self.live:
            return self._next_of_file(video) if self._pace.wait(timeout_s) else None
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            if not video.grab():
                msg = f"{without_password(self._source)} stopped delivering frames"
                raise CameraError(msg, reason="stalled")
            if self._pace.due():
                frame = self._retrieved(video)
                if self._stream and self._staleness.look(frame.pixels, frame.taken_ns):
                    place = without_password(self._source)
                    _log.info("%s shows nothing new: opening it again", place)
                    raise StaleFrames
                return frame
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
        """The device, stream or file. Raises CameraError or ConfigError where it does not open."""
        if self._device:
            video = cv2.VideoCapture(int(self._device[1]), cv2.CAP_V4L2)
        elif not self.live:
            video = self._file_from_its_start()
        else:
            timeouts = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                READ_TIMEOUT_MS,
            ]
            video = cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, timeouts)
        if not video.isOpened():
            raise self._refused()
        return video

    def _file_from_its_start(self) -> cv2.VideoCapture:
        self._opened_bytes = self._bytes()
        return cv2.VideoCapture(self._source)

    def _refused(self) -> CameraError | ConfigError:
        if self._device:  # it is there, and we may open it
            msg = f"{self._source} does not answer as a camera: is another program using it?"
            return CameraError(msg, reason="busy")
        if not self.live:  # waiting makes no video of it
            readable = os.access(self._source, os.R_OK)
            no_video = "is no video that OpenCV can read: name another, or convert it"
            msg = f"{self._source} {no_video if readable else 'may not be read by this user'}"
            return ConfigError(msg, option="camera.opencv.source")
        place = without_password(self._source)
        msg = f"{place} cannot be opened: wrong, not permitted, not there, or no stream"
        return CameraError(msg, reason="missing")

    def _next_of_file(self, video: cv2.VideoCapture) -> Frame:
        return self._retrieved(video if video.grab() else self._begun_again())

    def _begun_again(self) -> cv2.VideoCapture:
        """A file at its first frame. Raises EndOfFrames where that is not wanted.

        It is opened anew: FFmpeg cannot seek in every format, nor see what was added to a file.
        """
        if not self._options.opencv.loop:
            if self._bytes() > self._opened_bytes:
                msg = (
                    f"{self._source} has grown since it was opened, and its new frames cannot be "
                    f"seen: show it once it is whole, or take the stream that is recorded in it"
                )
                raise CameraError(msg, reason="unusable")
            raise EndOfFrames
        self.close()
        self._video = self._file_from_its_start()
        if not self._video.grab():  # nor does one that is gone give one
            msg = f"{self._source} cannot be shown again: no frame can be read from it any more"
            raise CameraError(msg, reason="unusable")
        return self._video

    def _bytes(self) -> int:
        """The size of a file; 0 where it is gone."""
        try:
            return Path(self._source).stat().st_size
        except OSError:
            return 0

    def _retrieved(self, video: cv2.VideoCapture) -> Frame:
        """The frame that was grabbed just now."""
        taken_ns, ok = time.monotonic_ns(), False
        # OpenCV 4.11 raises where the pictures of a stream become much narrower.
        with contextlib.suppress(cv2.error):
            ok, self._bgr = video.retrieve(self._bgr)
        if not ok:
            msg = f"{without_password(self._source)} gives frames that cannot be decoded"
            raise CameraError(msg, reason="unusable")
        self._rgb = cv2.cvtColor(self._bgr, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return Frame(self._orientation.upright(self._rgb), taken_ns)


def probe(options: CameraOptions) -> None:
    """Raises what opening a source raises, as far as that shows without taking a device."""
    source = OpencvCamera(options, Pace(options.fps))
    if source.live:
        source.find()
    else:
        source.open()
        source.close()


def check_device(path: str) -> None:
    """Raises CameraError where a device is not there or not ours: OpenCV would not say which."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        if error.errno == errno.EBUSY:
            msg = f"{path} is in use by another program"
            raise CameraError(msg, reason="busy") from error
        if error.errno in (errno.EACCES, errno.EPERM):
            msg = (
                f"{path} may not be opened by this user: is it in the group video? "
                f"`sudo usermod -aG video $USER`, and log in again"
            )
            raise CameraError(msg, reason="missing") from error
        msg = (
            f"no camera at {path} ({error.strerror}): is it plugged in? `ls /dev/video*` lists them"
        )
        raise CameraError(msg, reason="missing") from error
