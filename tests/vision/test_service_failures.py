"""What the vision half does when its camera or its model fails. Bad frames: test_service_frames.py."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fake_cameras import (
    BrokenCamera,
    FreezingCamera,
    HangingCamera,
    SilentCamera,
    StallingCamera,
)
from support.vision_half import Start, VisionHalf, photograph
from support.waiting import wait_until

from edgecam.arrays import Scores
from edgecam.errors import CameraError, ConfigError, HungError
from edgecam.messages import TROUBLES
from edgecam.model import Model
from edgecam.vision import capture, service
from edgecam.vision.classifier import Classifier

MISSING, STALLED, UNUSABLE = (
    TROUBLES.index(reason) + 1 for reason in ("missing", "stalled", "unusable")
)

pytestmark = pytest.mark.usefixtures("hurry")


def failure(half: VisionHalf, timeout_s: float = 5.0) -> Exception:
    """What ended a worker; its supervisor was woken for it."""
    wait_until(lambda: half.failed() is not None, timeout_s)
    assert half.woken.is_set()
    error = half.failed()
    assert error is not None
    return error


def test_a_live_camera_that_stalls_is_reported_and_ends_the_half(start: Start) -> None:
    half = start(StallingCamera([photograph("panda.jpg")], live=True), stall_s=0.4)
    error = failure(half)
    assert isinstance(error, CameraError)
    assert error.reason == "stalled"
    assert "0.4 s" in str(error)
    wait_until(lambda: half.camera_troubles[:2] == [0, STALLED])


def test_a_live_camera_that_never_begins_stalls_too(start: Start) -> None:
    half = start(StallingCamera([], live=True), stall_s=0.3)
    assert isinstance(failure(half), CameraError)
    wait_until(lambda: STALLED in half.camera_troubles)
    assert not half.service.ready


def test_a_camera_that_does_not_even_answer_is_noticed_from_outside(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "HANG_MARGIN_S", 0.2)
    camera = SilentCamera()
    half = start(camera, stall_s=0.3)
    wait_until(lambda: half.failed() is not None)
    error = half.failed()
    assert isinstance(error, CameraError)
    assert error.reason == "stalled"
    wait_until(lambda: STALLED in half.camera_troubles)
    camera.unstuck.set()


def test_a_source_that_waits_does_not_stall_by_itself(start: Start) -> None:
    half = start(StallingCamera([photograph("panda.jpg")]), stall_s=0.2)
    wait_until(lambda: half.service.ready)
    wait_until(lambda: not half.service.alive)  # which the watchdog sees, and nobody else
    assert half.failed() is None


def test_a_camera_that_is_missing_is_reported_and_waited_for(start: Start) -> None:
    half = start(BrokenCamera(CameraError("no camera", reason="missing")), stall_s=0.1)
    wait_until(lambda: half.camera_troubles == [MISSING])
    assert half.failed() is None
    assert half.service.alive
    assert not half.service.ready
    assert not half.service.finished


def test_a_camera_that_cannot_be_opened_again_is_reported_and_ends_the_half(start: Start) -> None:
    """As one does that is out of contiguous memory."""
    half = start(BrokenCamera(CameraError("no memory", reason="unusable")))
    assert str(failure(half)) == "no memory"
    wait_until(lambda: UNUSABLE in half.camera_troubles)


def test_a_camera_that_turns_grey_for_good_ends_the_half(start: Start) -> None:
    camera = FreezingCamera(photograph("panda.jpg"))
    half = start(camera, stall_s=0.3)
    wait_until(lambda: half.service.ready)
    camera.shown = np.zeros((48, 64), np.uint8)
    error = failure(half)
    assert isinstance(error, CameraError)
    assert str(error) == (
        "the camera has given frames of 64x48 (1 uint8 a pixel), which are not RGB of 8 bits, for 0.3 s; "
        "check its format"
    )
    wait_until(lambda: UNUSABLE in half.camera_troubles)


def test_what_the_owner_must_mend_is_no_trouble_of_the_camera(start: Start) -> None:
    half = start(BrokenCamera(ConfigError("no folder", option="camera.stills.folder")))
    error = failure(half)
    assert isinstance(error, ConfigError)
    assert error.option == "camera.stills.folder"
    half.service.stop()
    assert half.camera_troubles == []


def test_what_nobody_thought_of_ends_the_half_as_well(start: Start) -> None:
    half = start(BrokenCamera(ZeroDivisionError("surprise")))
    assert isinstance(failure(half), ZeroDivisionError)


class Silent(Classifier):
    """Does not answer until `unstuck` is set."""

    def __init__(self, found: Model) -> None:
        super().__init__(found, "litert", 1)
        self.unstuck = threading.Event()

    def look(self, prepared: NDArray[Any], scores: Scores | None = None) -> Scores:
        self.unstuck.wait()
        return super().look(prepared, scores)


def test_a_model_that_hangs_is_noticed_from_outside(
    start: Start, found: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "HANG_MARGIN_S", 0.2)
    silent = Silent(found)
    half = start(StallingCamera([photograph("panda.jpg")]), classifier=silent, stall_s=0.3)
    wait_until(lambda: half.failed() is not None)
    assert isinstance(half.failed(), HungError)
    assert "the model has not answered for 0.5 s" in str(half.failed())
    started_s = time.monotonic()
    assert not half.service.stop()
    assert time.monotonic() - started_s < service.STOP_TIMEOUT_S  # nobody waits for it again
    silent.unstuck.set()


def test_a_camera_that_does_not_close_does_not_hold_up_the_stop(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STOP_TIMEOUT_S", 0.3)
    camera = HangingCamera([photograph("panda.jpg")])
    half = start(camera)
    wait_until(lambda: half.sightings)
    started_s = time.monotonic()
    try:
        assert not half.service.stop()
        assert time.monotonic() - started_s < 3 * 0.3 + service.FLUSH_TIMEOUT_S + 1
        assert camera.closed == 1
    finally:
        camera.unstuck.set()


def test_a_camera_that_stalls_and_does_not_close_is_reported_all_the_same(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one failure that a cable pulled out makes: no frame comes, and close() waits for one."""
    monkeypatch.setattr(service, "STOP_TIMEOUT_S", 0.3)
    camera = HangingCamera([photograph("panda.jpg")])
    half = start(camera, stall_s=0.3)
    try:
        assert isinstance(failure(half, 3), CameraError)
        wait_until(lambda: STALLED in half.camera_troubles)
        assert not half.service.stop()
    finally:
        camera.unstuck.set()
