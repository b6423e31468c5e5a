"""Shows that the real picamera2 and libcamera do what camera/pi.py relies on; prints some figures.

Run by the package's own Python in a machine that `virtual_camera.fit` has given a camera.
"""

import importlib
import sys
import time
from pathlib import Path

import cv2
import libcamera
import numpy as np

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import PiOptions
from edgecam.errors import CameraError
from edgecam.vision.camera.pace import CAMERA_EARLY, Pace
from edgecam.vision.camera.pi import PiCamera
from edgecam.vision.preprocess import FrameWanted

WANTED = FrameWanted(256, square=True)
NEAR = 4.0  # grey levels, on the average: what halving the colours' resolution costs at most
FRAMES = 60  # more than the camera takes to show every photograph


def main(folder: Path) -> None:
    """Raises AssertionError where something is otherwise."""
    photographs = [_read(file) for file in folder.glob("*-0.jpg")]
    farthest = max(_shows(CameraOptions(fps=None), photographs))
    _turned(photographs)
    _paced()
    _stalled()
    _refused(CameraOptions(pi=PiOptions(camera=1)), "missing")
    camera = libcamera.CameraManager.singleton().cameras[0]
    camera.acquire()
    _refused(CameraOptions(), "busy")
    camera.release()
    print(f"NV12 {photographs[0].shape[1]}x{photographs[0].shape[0]}, off by {farthest:.1f} of 255")


def _camera(options: CameraOptions) -> PiCamera:
    return PiCamera(options, WANTED, Pace(options.fps, early=CAMERA_EARLY))


def _shows(options: CameraOptions, photographs: list[Pixels]) -> list[float]:
    """How far each frame is from the photograph that it shows; every one of them is shown."""
    camera = _camera(options)
    camera.open()
    taken = (camera.capture(1.0) for _ in range(FRAMES))
    frames = [frame.pixels.copy() for frame in taken if frame is not None]
    camera.close()
    assert len(frames) == FRAMES, f"{FRAMES - len(frames)} frames did not come"
    off = np.array([[_apart(frame, each) for each in photographs] for frame in frames])
    assert off.min(axis=1).max() < NEAR, f"a frame shows no photograph: {off.min(axis=1).max()}"
    assert set(off.argmin(axis=1)) == set(range(len(photographs))), "one is never shown"
    swapped = min(_apart(frame[:, :, ::-1], each) for frame in frames for each in photographs)
    assert swapped > NEAR, f"red and blue could be swapped, and nobody would see: {swapped}"
    return list(off.min(axis=1))


def _turned(photographs: list[Pixels]) -> None:
    """A quarter turn is ours to do; mirroring is libcamera's, whose `virtual` only says it did."""
    _shows(CameraOptions(fps=None, rotation=90), [np.rot90(each, -1) for each in photographs])


def _paced() -> None:
    """The camera advertises FrameDurationLimits and does not heed it."""
    camera = _camera(CameraOptions(fps=5.0))
    camera.open()
    taken_ns = [frame.taken_ns for _ in range(6) if (frame := camera.capture(1.0)) is not None]
    camera.close()
    assert len(taken_ns) == 6
    assert taken_ns[-1] - taken_ns[0] > 0.9e9, "more frames than asked"


def _stalled() -> None:
    """A wait is bounded, and so is closing a camera from which nothing comes."""
    camera = _camera(CameraOptions())
    camera.open()
    assert camera.capture(1.0) is not None
    # So frames are withheld, and in this process alone.
    vars(importlib.import_module("virtual_camera"))["WITHHELD"] = Path("/")
    began_s = time.monotonic()
    while camera.capture(0.2) is not None:  # what was under way
        assert time.monotonic() - began_s < 5.0, "frames come nevertheless"
    camera.close()
    assert time.monotonic() - began_s < 10.0, "closing waits for a frame"


def _refused(options: CameraOptions, reason: str) -> None:
    camera = _camera(options)
    try:
        camera.open()
        given = "opened"
    except CameraError as error:
        given = error.reason
    finally:
        camera.close()
    assert given == reason, f"{given}, not {reason}"


def _read(file: Path) -> Pixels:
    """A photograph as the camera shows it.

    It hands the full range of a JPEG's brightness on as the narrow one (16 to 235, ITU-R BT.601)
    that video has, and that it says its frames have; so their contrast is higher.
    """
    pixels = cv2.imread(str(file))
    assert pixels is not None, file
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb).astype(np.float32))
    luma, red, blue = 1.164 * (luma - 16), red - 128, blue - 128
    rgb = (luma + 1.596 * red, luma - 0.813 * red - 0.391 * blue, luma + 2.018 * blue)
    return np.dstack(rgb).clip(0, 255).astype(np.uint8)


def _apart(one: Pixels, other: Pixels) -> float:
    """The mean difference of two pictures, in grey levels."""
    return float(np.abs(one.astype(int) - other).mean()) if one.shape == other.shape else 255.0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
