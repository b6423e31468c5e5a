"""A folder of pictures in place of a camera: for a first look, for tests, for no hardware."""

import logging
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import Frame
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.camera.orientation import Orientation
from edgecam.vision.camera.pace import Pace

MAX_FILE_BYTES = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


class StillsCamera:
    """Shows each picture of a folder, in the order of their names, for `hold_s` seconds."""

    live = False
    coded = False

    def __init__(self, options: CameraOptions, pace: Pace) -> None:
        self.unreadable = 0
        self._options = options
        self._folder = Path(options.stills.folder)
        self._orientation = Orientation(options.rotation, hflip=options.hflip, vflip=options.vflip)
        self._pace = pace
        self._skipped: set[Path] = set()
        self._pictures: Iterator[Pixels] = iter(())
        self._shown: Pixels | None = None
        self._until_s = 0.0

    def open(self) -> None:
        """Find the first picture. Raises ConfigError where there is none."""
        if not self._folder.is_dir():
            msg = f"{self._folder} is not a folder"
            raise ConfigError(msg, option="camera.stills.folder")
        self._pictures = self._all()
        self._shown = next(self._pictures, None)
        if self._shown is None:
            msg = f"{self._folder} holds no picture that can be read"
            raise ConfigError(msg, option="camera.stills.folder")
        self._until_s = math.inf  # counts from when it is first asked for

    def capture(self, timeout_s: float) -> Frame | None:
        """The picture whose turn it is, at the pace that was given."""
        if not self._pace.wait(timeout_s):
            return None
        if time.monotonic() >= self._until_s:
            self._shown = next(self._pictures, None)
            self._until_s = math.inf
        if self._until_s == math.inf:
            self._until_s = time.monotonic() + self._options.stills.hold_s
        if self._shown is None:
            raise EndOfFrames
        return Frame(self._shown, time.monotonic_ns())

    def rest(self) -> None:
        """Nothing goes on by itself."""

    def wake(self) -> None:
        """Go on with the picture that was shown."""

    def close(self) -> None:
        """Nothing is held open."""

    def _all(self) -> Iterator[Pixels]:
        """The pictures one after another; the folder is read anew at each round."""
        shown = 1
        while shown:
            shown = 0
            for file in self._files():
                pixels = self._read(file)
                if pixels is not None:
                    shown += 1
                    yield pixels
            if not self._options.stills.loop:
                return

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except OSError as error:
            msg = f"{self._folder} cannot be read any more: {error.strerror}"
            raise CameraError(msg, reason="missing") from error

    def _read(self, file: Path) -> Pixels | None:
        if not file.is_file() or file.name.startswith("."):
            return None
        pixels = read_picture(file)
        if pixels is None:
            if file not in self._skipped:
                self._skipped.add(file)
                self.unreadable += 1
                _log.warning("%s is not a picture that can be read; skipped", file)
            return None
        height, width = pixels.shape[:2]
        _log.debug("showing %s (%dx%d)", file, width, height)
        return self._orientation.upright(pixels)


def read_picture(file: Path) -> Pixels | None:
    """A picture file as `(height, width, 3)` uint8 RGB; None where it cannot be read."""
    try:
        if not 0 < file.stat().st_size <= MAX_FILE_BYTES:
            return None
        encoded = np.fromfile(file, np.uint8)
        bgr: Any = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # cv2.error: a header that promises billions of pixels
        return None
    if bgr is None:
        return None
    return cast("Pixels", cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
