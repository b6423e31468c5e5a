"""The Raspberry Pi's own camera, through picamera2 and libcamera.

The ISP crops and scales for nothing, so the smallest frame that still feeds the model is asked
for. What cannot be had is adjusted by libcamera without an error, so what was got is read back:
format, size, lines, mirroring. Only the rate is not told; frames that come too fast are passed over.

A capture that was asked for cannot be taken back (its job would stay queued and later hold a
buffer for ever), so one job is kept and waited for in slices. Making a second `Picamera2` in one
process leaks memory and descriptors (picamera2 issues 887, 958, 1102), even where the first could
not have its camera. So whether the camera is there and free is asked before one is made, and
whatever fails after that ends the process.
"""

import logging
import time
from typing import Any

import numpy as np

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import Frame
from edgecam.vision.camera import formats, framing, sensor_rate
from edgecam.vision.camera.orientation import Orientation
from edgecam.vision.camera.pace import Pace
from edgecam.vision.camera.sensor_rate import SensorRate
from edgecam.vision.preprocess import FrameWanted

_log = logging.getLogger(__name__)


class PiCamera:
    """A camera on the ribbon cable."""

    live = True
    coded = False
    unreadable = 0

    def __init__(self, options: CameraOptions, wanted: FrameWanted, pace: Pace) -> None:
        self._options = options
        self._wanted = wanted
        self._pace = pace
        self._camera: Any = None
        self._job: Any = None
        self._stream: dict[str, Any] = {}
        self._controls: dict[str, Any] = {}
        self._rate = SensorRate(pace, self._controls)
        self._orientation = Orientation(0, hflip=False, vflip=False)  # what the ISP did not do

    def open(self) -> None:
        """Raises ConfigError without picamera2, CameraError without a camera."""
        index = self._options.pi.camera
        picamera2_class, libcamera, camera_id = find(index)
        _check_free(libcamera, camera_id)
        try:
            self._camera = picamera2_class(index)
            self._configure(libcamera.Transform)
            self._start()
        except (RuntimeError, IndexError, OSError, MemoryError) as error:
            raise _unusable(error) from error

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame of the sensor that is due."""
        self._follow_pace()
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            request = self._next_request(left_s)
            if request is None:
                return None
            try:
                buffer = request.make_buffer("main") if self._pace.due() else None
            finally:
                request.release()
            if buffer is not None:
                return Frame(self._upright(buffer), time.monotonic_ns())
        return None

    def rest(self) -> None:
        """Stop the sensor; the same object starts it again, for a second one would leak."""
        self._take_back_job()
        try:
            self._camera.stop()
        except RuntimeError as error:
            raise _unusable(error) from error

    def wake(self) -> None:
        """Start the sensor again. Raises CameraError."""
        try:
            self._start()
        except (RuntimeError, OSError, MemoryError) as error:
            raise _unusable(error) from error

    def close(self) -> None:
        """Stop the sensor, and let go of the camera."""
        if self._camera is not None:
            self._take_back_job()
            self._camera.close()
            self._camera = None

    def _start(self) -> None:
        self._camera.set_controls(self._controls)  # picamera2 hands them over once, at a start
        self._camera.start()

    def _follow_pace(self) -> None:
        change = self._rate.change()
        if change:
            self._controls |= change
            self._camera.set_controls(change)

    def _take_back_job(self) -> None:
        """stop() and close() would wait behind it, for a frame that may never come."""
        if self._job is not None:
            self._camera.cancel_all_and_flush()
            self._job = None

    def _next_request(self, timeout_s: float) -> Any:  # noqa: ANN401  picamera2's class
        """A finished request, which holds a buffer; None where none comes within `timeout_s`."""
        if self._job is None:
            self._job = self._camera.capture_request(wait=False)
        try:
            request = self._job.get_result(timeout=timeout_s)
        except TimeoutError:
            return None
        except Exception as error:  # libcamera's own, and CancelledError after its time-out
            msg = f"the camera failed: {str(error) or type(error).__name__}"
            raise CameraError(msg, reason="stalled") from error
        self._job = None
        return request

    def _configure(self, transform: Any) -> None:  # noqa: ANN401  libcamera's class
        options = self._options
        controls: dict[str, Any] = {}
        if options.fps is not None and sensor_rate.CONTROL in self._camera.camera_controls:
            period_us = round(1e6 / options.fps)
            controls[sensor_rate.CONTROL] = (period_us, period_us)
        size = framing.frame_size(self._camera.camera_properties, self._wanted)
        sensor = framing.widest_mode(self._camera.sensor_modes, size)
        half_turn = options.rotation in (180, 270)  # the ISP turns by 180 degrees, not by 90
        hflip, vflip = options.hflip != half_turn, options.vflip != half_turn
        self._camera.configure(
            self._camera.create_video_configuration(
                main={"size": size, "format": "BGR888"},
                sensor=sensor,
                buffer_count=options.pi.buffer_count,
                queue=False,
                transform=transform(hflip=hflip, vflip=vflip),
                controls=controls,
            )
        )
        given = self._camera.camera_configuration()
        self._stream, done = dict(given["main"]), given["transform"]
        self._controls = dict(given["controls"])
        self._rate = SensorRate(self._pace, self._controls)
        if self._stream["format"] not in formats.UNDERSTOOD:
            msg = f"the camera gives {self._stream['format']}, which is not understood"
            raise CameraError(msg, reason="unusable")
        quarter_turn = 90 if options.rotation in (90, 270) else 0
        self._orientation = Orientation(
            quarter_turn, hflip=hflip != done.hflip, vflip=vflip != done.vflip
        )
        crop = framing.middle(self._camera.camera_properties, self._stream["size"])
        if crop is not None and "ScalerCrop" in self._camera.camera_controls:
            self._controls["ScalerCrop"] = crop
        _log.info("the camera gives %dx%d %s", *self._stream["size"], self._stream["format"])

    def _upright(self, buffer: Pixels) -> Pixels:
        """A frame's bytes as `(height, width, 3)` RGB, as the owner wants it turned."""
        stream = self._stream
        rgb = formats.to_rgb(buffer, stream["format"], stream["size"], stream["stride"])
        return self._orientation.upright(rgb)


def find(index: int) -> tuple[Any, Any, str]:
    """picamera2's class, libcamera, and libcamera's name of a camera; it is not opened.

    Raises ConfigError without picamera2, CameraError where the camera is not listed.
    """
    try:
        picamera2_class, libcamera = _libraries()
        _look_again(picamera2_class)
        cameras = picamera2_class.global_camera_info()
    except RuntimeError as error:
        msg = f"libcamera cannot be started: {error}; `rpicam-hello --list-cameras` tries it"
        raise CameraError(msg, reason="unusable") from error
    if index >= len(cameras):
        msg = (
            f"no camera at camera.pi.camera {index}: check the ribbon cable; "
            f"`rpicam-hello --list-cameras` lists what is there"
        )
        raise CameraError(msg, reason="missing")
    return picamera2_class, libcamera, cameras[index]["Id"]


def _libraries() -> tuple[Any, Any]:
    """picamera2's camera class, and libcamera. Raises ConfigError without them."""
    try:
        import libcamera  # noqa: PLC0415
        from picamera2 import Picamera2  # noqa: PLC0415
    except (ImportError, ValueError) as error:
        if "numpy" in f"{error}".lower():
            msg = (
                f"picamera2 is built for another NumPy than {np.__version__} ({error}): "
                f"on Bookworm, `pip install 'numpy<2'` in this virtual environment"
            )
        else:
            msg = (
                f"picamera2 is not installed here ({error}): on Raspberry Pi OS, `sudo apt install "
                f"python3-picamera2`; a virtual environment must be made with `/usr/bin/python3 "
                f"-m venv --system-site-packages`; elsewhere choose opencv or stills"
            )
        raise ConfigError(msg, option="camera.source") from error
    return Picamera2, libcamera


def _look_again(picamera2_class: Any) -> None:  # noqa: ANN401  picamera2's class
    """Let libcamera list what is there now.

    It lists cameras when its manager is made, and hears of later ones through udev, which a
    private network cuts off. Newer picamera2 keeps one manager for good, and can renew it.
    """
    renew = getattr(picamera2_class._cm, "reset", None)  # noqa: SLF001  there is no public way
    if renew is not None:
        renew()


def _unusable(error: Exception) -> CameraError:
    msg = f"the camera cannot be started: {error}; `dmesg` may say more"
    return CameraError(msg, reason="unusable")


def _check_free(libcamera: Any, camera_id: str) -> None:  # noqa: ANN401  libcamera's module
    """Raises CameraError where another program has the camera."""
    camera = libcamera.CameraManager.singleton().get(camera_id)
    try:
        camera.acquire()
    except (RuntimeError, OSError) as error:
        msg = f"the camera is not free ({error}): is another program using it?"
        raise CameraError(msg, reason="busy") from error
    camera.release()
