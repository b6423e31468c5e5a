"""Whether the camera is there and free, and picamera2 installed; what may be tried again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import fake_picamera2
from support.fake_picamera2 import Hardware
from support.paces import pace_of

from edgecam.config import CameraOptions
from edgecam.config.options import PiOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.vision.camera.pi import PiCamera
from edgecam.vision.preprocess import FrameWanted

SQUARE = FrameWanted(68, square=True)


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Hardware:
    return fake_picamera2.install(monkeypatch, np.zeros((616, 820, 3), np.uint8))


def made(options: CameraOptions) -> PiCamera:
    return PiCamera(options, SQUARE, pace_of(options))


def opened(**options: Any) -> PiCamera:
    camera = made(CameraOptions(**options))
    camera.open()
    return camera


@pytest.mark.parametrize(("cameras", "wanted"), [(0, 0), (1, 1)])
def test_no_camera_is_a_missing_one(hardware: Hardware, cameras: int, wanted: int) -> None:
    hardware.cameras = cameras
    camera = made(CameraOptions(pi=PiOptions(camera=wanted)))
    with pytest.raises(CameraError, match=rf"camera\.pi\.camera {wanted}.*ribbon cable") as caught:
        camera.open()
    assert caught.value.reason == "missing"
    camera.close()
    assert hardware.opened == []


def test_the_camera_that_is_asked_for_is_opened(hardware: Hardware) -> None:
    hardware.cameras = 2
    opened(pi=PiOptions(camera=1))
    assert hardware.camera.camera_num == 1


def test_a_camera_that_another_program_uses_is_a_busy_one(hardware: Hardware) -> None:
    hardware.busy = True
    with pytest.raises(CameraError, match="another program") as caught:
        opened()
    assert caught.value.reason == "busy"


def test_a_missing_or_busy_camera_may_be_opened_again_in_the_same_process(
    hardware: Hardware,
) -> None:
    """Each Picamera2 that is made leaks, so none is made before it can have its camera."""
    hardware.cameras = 0
    camera = made(CameraOptions())
    with pytest.raises(CameraError, match="ribbon cable"):
        camera.open()
    hardware.cameras, hardware.busy = 1, True
    with pytest.raises(CameraError, match="another program"):
        camera.open()
    assert hardware.opened == []
    hardware.busy = False
    camera.open()
    assert camera.capture(1.0) is not None
    assert hardware.renewed == 3
    assert len(hardware.opened) == 1


def test_a_libcamera_that_cannot_start_is_told_as_such(hardware: Hardware) -> None:
    hardware.without_devices = True
    with pytest.raises(CameraError, match=r"libcamera cannot be started.*No such device") as caught:
        opened()
    assert caught.value.reason == "unusable"


def test_out_of_contiguous_memory_is_none_that_may_be_opened_again(hardware: Hardware) -> None:
    hardware.out_of_memory = True
    with pytest.raises(CameraError, match="Cannot allocate memory") as caught:
        opened()
    assert caught.value.reason == "unusable"


def test_a_camera_that_was_taken_from_under_us_is_none_that_may_be_opened_again(
    hardware: Hardware,
) -> None:
    hardware.snatched = True
    with pytest.raises(CameraError, match="did not complete") as caught:
        opened()
    assert caught.value.reason == "unusable"


def test_without_picamera2_the_owner_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(ConfigError, match="python3-picamera2") as caught:
        opened()
    assert caught.value.option == "camera.source"


def test_a_picamera2_that_is_built_for_another_numpy_is_the_owners_to_mend(
    hardware: Hardware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As simplejpeg, which picamera2 imports, does under NumPy 2 on Bookworm."""
    (tmp_path / "picamera2.py").write_text(
        "raise ValueError('numpy.dtype size changed, may indicate binary incompatibility')",
        encoding="ascii",
    )
    monkeypatch.delitem(sys.modules, "picamera2")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"numpy\.dtype size changed.*numpy<2") as caught:
        opened()
    assert caught.value.option == "camera.source"
    assert hardware.opened == []


def test_picamera2_is_imported_by_opening_and_by_nothing_before(tmp_path: Path) -> None:
    for name in ("picamera2", "libcamera"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')", encoding="ascii")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from edgecam.config import CameraOptions\n"
        "from edgecam.vision import camera\n"
        "from edgecam.vision.preprocess import FrameWanted\n"
        "from edgecam.vision.camera.pace import Pace\n"
        "wanted = FrameWanted(224, square=True)\n"
        "made = camera.build(CameraOptions(source='pi'), wanted, Pace(None))\n"
        "assert not {'picamera2', 'libcamera'} & set(sys.modules)\n"
        "print('not yet', flush=True)\n"
        "made.open()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("not yet\n", "imported\n")
