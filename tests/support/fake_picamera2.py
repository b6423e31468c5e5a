"""The parts of picamera2 and libcamera that `edgecam.vision.camera.pi` uses, without a Pi.

Behaves as picamera2 0.3.38 and libcamera's Raspberry Pi pipeline do where it matters here:

- `ScalerCropMaximum` is (0, 0, 0, 0) until a sensor mode has been chosen by `configure`;
- the mode is chosen by the size of the raw stream or of `sensor`, and small modes see less;
- without `ScalerCrop` the largest middle part of the mode that has the frame's shape is shown;
  a `ScalerCrop` of another shape is stretched;
- what cannot be had is adjusted without an error; controls that are not advertised are refused;
- one job is done a frame, in order; a buffer that is not released is never filled again;
- one program at a time can acquire a camera; `Picamera2` does so when it is made;
- `stop()` and `close()` wait behind a capture that was asked for, for ever where no frame comes;
- controls are handed over once: at a start, or else with the next request that is given back, which
  waits behind those that are queued already; and they are gone after a stop.
"""

import errno
import sys
import threading
import types
from collections import deque
from typing import Any

import cv2
import numpy as np
import pytest

from edgecam.arrays import Pixels
from support.fake_isp import PIXEL_BYTES, Mode, Size, encoded, scene_part, unlike
from support.fake_requests import FakeJob, FakeRequest


class Hardware:
    """What is on the ribbon cable. The scene covers the whole sensor, which is a camera v2's."""

    def __init__(self, scene: Pixels) -> None:
        self.scene = scene
        self.cameras = 1
        self.renewed = 0  # how often libcamera was made to list its cameras
        self.without_devices = False  # libcamera finds nothing in /dev and /sys to look through
        self.busy = False  # another program has the camera
        self.snatched = False  # another program takes it after we asked whether it is free
        self.out_of_memory = False
        self.stuck_asleep = False  # it cannot be started again
        self.usb = False
        self.sensor_size: Size = (3280, 2464)
        self.modes = [
            Mode((640, 480), (1000, 752, 1280, 960), 103.33),
            Mode((1640, 1232), (0, 0, 3280, 2464), 41.85),
            Mode((1920, 1080), (680, 692, 1920, 1080), 47.57),
            Mode((3280, 2464), (0, 0, 3280, 2464), 21.19),
        ]
        self.advertised = {
            "FrameDurationLimits",
            "NoiseReductionMode",
            "ScalerCrop",
            "ExposureTime",
        }
        self.gives_format: str | None = None  # in place of what is asked for
        self.gives_size: Size | None = None
        self.mirrors = True  # otherwise what is asked for is adjusted to no mirroring
        self.line_bytes = 64  # lines begin at multiples of this
        self.delivering = True
        self.failure: Exception | None = None
        self.opened: list[FakePicamera2] = []
        self.unstuck = threading.Event()

    @property
    def camera(self) -> "FakePicamera2":
        """The camera that is in use."""
        return self.opened[-1]

    def deliver(self, *, again: bool = True) -> None:
        """Let frames come (again)."""
        self.delivering = again
        self.camera.frame_arrived()


class Transform:
    """`libcamera.Transform`."""

    def __init__(self, *, hflip: bool = False, vflip: bool = False) -> None:
        self.hflip = hflip
        self.vflip = vflip


class FakeCamera:
    """`libcamera.Camera`, as far as it says whether it is free."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware

    def acquire(self) -> None:
        if self._hardware.busy:
            msg = "Failed to acquire camera: Device or resource busy"
            raise RuntimeError(msg)
        self._hardware.busy = True

    def release(self) -> None:
        self._hardware.busy = self._hardware.snatched


class FakeManager:
    """`libcamera.CameraManager`, and the wrapper that picamera2 keeps of it."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware

    def singleton(self) -> "FakeManager":
        return self

    def get(self, camera_id: str) -> FakeCamera:
        assert camera_id in [each["Id"] for each in info(self._hardware)]
        return FakeCamera(self._hardware)

    def reset(self) -> None:
        if self._hardware.without_devices:
            msg = "Failed to start CameraManager: No such device"
            raise RuntimeError(msg)
        self._hardware.renewed += 1


def info(hardware: Hardware) -> list[dict[str, Any]]:
    """What is known of each camera."""
    return [
        {"Model": "imx219", "Num": number, "Id": f"/base/soc/i2c0mux/i2c@{number}/imx219@10"}
        for number in range(hardware.cameras)
    ]


class FakePicamera2:
    """`picamera2.Picamera2`, for one set of hardware (see `install`)."""

    hardware: Hardware
    _cm: FakeManager

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= len(self.global_camera_info()):
            msg = f"No camera number {camera_num} found"
            raise RuntimeError(msg)
        if self.hardware.busy:
            msg = "Camera __init__ sequence did not complete."
            raise RuntimeError(msg)
        self.camera_num = camera_num
        self.held = 0
        self.exposures = 0
        self.most_waiting = 0
        self.started = self.closed = False
        self.starts = 0
        self.controls: dict[str, Any] = {}  # for the next start
        self.in_force: dict[str, Any] = {}
        self.frames_us: list[int] = []  # how long each took, as far as that was told
        self._queued: deque[dict[str, Any]] = deque()  # the controls of each request
        self.camera_config: dict[str, Any] = {}
        self.sensor_resolution = self.hardware.sensor_size
        self._mode: Mode | None = None
        self._jobs: list[FakeJob] = []
        self.hardware.opened.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return info(cls.hardware)

    @property
    def camera_properties(self) -> dict[str, Any]:
        if self.hardware.usb:
            return {"Model": "USB camera"}
        crop = (0, 0, 0, 0) if self._mode is None else self._mode.crop
        return {
            "ColorFilterArrangement": 0,
            "PixelArraySize": self.hardware.sensor_size,
            "PixelArrayActiveAreas": [(0, 0, *self.hardware.sensor_size)],
            "ScalerCropMaximum": crop,
        }

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        return dict.fromkeys(self.hardware.advertised, (0, 0, 0))

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        if self.hardware.usb:
            return [{"format": "YUYV"}]
        return [
            {"bit_depth": bits, "size": mode.size, "crop_limits": mode.crop, "fps": mode.fps}
            for bits in (8, 10)
            for mode in self.hardware.modes
        ]

    def create_video_configuration(
        self,
        *,
        main: dict[str, Any],
        raw: dict[str, Any] | None = None,
        sensor: dict[str, Any] | None = None,
        transform: Transform | None = None,
        buffer_count: int = 6,
        queue: bool = True,
        controls: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        usual: dict[str, Any] = {"format": "XBGR8888", "size": (1280, 720), "preserve_ar": True}
        if set(main) - {"format", "size", "stride", "preserve_ar"}:
            msg = "Bad key"
            raise ValueError(msg)
        main = usual | main
        width, height = main["size"]
        main["size"] = (width - width % 2, height - height % 2)
        defaults: dict[str, Any] = {}
        if {"NoiseReductionMode", "FrameDurationLimits"} <= self.hardware.advertised:
            defaults = {"NoiseReductionMode": 1, "FrameDurationLimits": (33333, 33333)}
        return {
            "main": main,
            "raw": None if self.hardware.usb else {"size": main["size"], **(raw or {})},
            "sensor": None if self.hardware.usb else sensor or {},
            "transform": transform or Transform(),
            "buffer_count": buffer_count,
            "queue": queue,
            "controls": defaults | (controls or {}),
        }

    def configure(self, config: dict[str, Any]) -> None:
        if self.hardware.out_of_memory:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        if self.started:
            msg = "Camera must be stopped before configuring"
            raise RuntimeError(msg)
        main = dict(config["main"])
        if any(side % 2 or side < 1 for side in main["size"]) or len(main["size"]) != 2:
            msg = "width and height should be even"
            raise RuntimeError(msg)
        main["format"] = self.hardware.gives_format or main["format"]
        main["size"] = self.hardware.gives_size or main["size"]
        width, height = main["size"]
        line = width * PIXEL_BYTES.get(main["format"], 1)
        main["stride"] = -(-line // self.hardware.line_bytes) * self.hardware.line_bytes
        planes = height if main["format"] in PIXEL_BYTES else height * 3 // 2
        main["framesize"] = main["stride"] * planes + 4096
        transform = config["transform"] if self.hardware.mirrors else Transform()
        self.camera_config = {**config, "main": main, "transform": transform}
        if not self.hardware.usb:
            wanted = config["sensor"].get("output_size") or config["raw"]["size"]
            self._mode = min(self.hardware.modes, key=lambda mode: unlike(wanted, mode.size))
        self.controls = {}
        self.set_controls(config["controls"])

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.hardware.advertised:
                msg = f"Control {name} is not advertised by libcamera"
                raise RuntimeError(msg)
        self.controls |= controls

    def camera_configuration(self) -> dict[str, Any]:
        return self.camera_config

    def start(self) -> None:
        if not self.camera_config:
            msg = "Camera has not been configured"
            raise RuntimeError(msg)
        if self.hardware.stuck_asleep:
            msg = "Failed to start camera: Input/output error"
            raise RuntimeError(msg)
        self.in_force, self.controls = self.controls, {}
        self._queued = deque({} for _ in range(self.camera_config["buffer_count"]))
        self.started = True
        self.starts += 1

    def stop(self) -> None:
        if self._jobs and not self.hardware.delivering:
            self.hardware.unstuck.wait()
        self._jobs = []
        self.in_force = {}
        self.started = False

    def capture_request(self, *, wait: bool) -> FakeJob:
        assert not wait, "an unbounded wait hangs where the camera does"
        job = FakeJob(self._request)
        self._jobs.append(job)
        self.most_waiting = max(self.most_waiting, len(self._jobs))
        self.frame_arrived()
        return job

    def frame_arrived(self) -> None:
        """Do the job that waits for a frame, where there is a buffer to put it into."""
        free = self.started and self.held < self.camera_config["buffer_count"]
        if self._jobs and (self.hardware.failure or (self.hardware.delivering and free)):
            self._jobs.pop(0).execute()

    def cancel_all_and_flush(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._jobs = []

    def close(self) -> None:
        if self._jobs and not self.hardware.delivering:
            self.hardware.unstuck.wait()
        self.started = False
        self.closed = True

    def _request(self) -> FakeRequest:
        if self.hardware.failure is not None:
            raise self.hardware.failure
        self.held += 1
        self.exposures += 1
        self.in_force |= self._queued.popleft()
        self.frames_us.append(self.in_force.get("FrameDurationLimits", (0, 0))[0])
        return FakeRequest(self._exposed(), self._take_back)

    def _take_back(self) -> None:
        self.held -= 1
        if self.started:
            self._queued.append(self.controls)
            self.controls = {}
        self.frame_arrived()

    def _exposed(self) -> Pixels:
        """The bytes of a frame of the scene."""
        main = self.camera_config["main"]
        seen = cv2.resize(self._in_view(), main["size"], interpolation=cv2.INTER_NEAREST)
        transform = self.camera_config["transform"]
        seen = seen[:, ::-1] if transform.hflip else seen
        seen = seen[::-1] if transform.vflip else seen
        return encoded(
            np.ascontiguousarray(seen), main["format"], main["stride"], main["framesize"]
        )

    def _in_view(self) -> Pixels:
        """The part of the scene that the ISP scales to the frame."""
        if self._mode is None:
            return self.hardware.scene
        left, top, width, height = self._mode.crop
        if "ScalerCrop" in self.in_force:
            x, y, w, h = self.in_force["ScalerCrop"]
            right, bottom = min(x + max(w, 64), left + width), min(y + max(h, 64), top + height)
            left, top = max(x, left), max(y, top)
            width, height = right - left, bottom - top
        else:
            frame_width, frame_height = self.camera_config["main"]["size"]
            scale = min(width / frame_width, height / frame_height)
            w, h = frame_width * scale, frame_height * scale
            left, top = round(left + (width - w) / 2), round(top + (height - h) / 2)
            width, height = round(w), round(h)
        return scene_part(
            self.hardware.scene, self.hardware.sensor_size, (left, top, width, height)
        )


def install(monkeypatch: pytest.MonkeyPatch, scene: Pixels) -> Hardware:
    """Put the two modules in place, for one test."""
    hardware = Hardware(scene)
    picamera2, libcamera = types.ModuleType("picamera2"), types.ModuleType("libcamera")
    manager = FakeManager(hardware)
    members = {"hardware": hardware, "_cm": manager}
    camera_class = type("Picamera2", (FakePicamera2,), members)
    monkeypatch.setattr(picamera2, "Picamera2", camera_class, raising=False)
    monkeypatch.setattr(libcamera, "Transform", Transform, raising=False)
    monkeypatch.setattr(libcamera, "CameraManager", manager, raising=False)
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    return hardware
