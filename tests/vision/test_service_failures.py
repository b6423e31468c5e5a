"""What the vision half does when its camera, its frames or its model are not as they should be."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support.fake_cameras import (
    BrokenCamera,
    HangingCamera,
    ScriptedCamera,
    SilentCamera,
    StallingCamera,
)
from support.vision_half import VisionHalf, load_classifier, load_model, photograph
from support.waiting import wait_until

from edgecam.arrays import Pixels, Scores
from edgecam.errors import CameraError, ConfigError
from edgecam.messages import TROUBLES, VisionHealth
from edgecam.model import Model
from edgecam.vision import capture, service
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier, UnusableScores
from edgecam.vision.preprocess import Preprocessor

MISSING, STALLED = TROUBLES.index("missing") + 1, TROUBLES.index("stalled") + 1

Start = Callable[..., VisionHalf]


@pytest.fixture(scope="module")
def found() -> Model:
    return load_model()


@pytest.fixture
def classifier(found: Model) -> Classifier:
    return load_classifier(found)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers notice a stop sooner than in 0.5 s."""
    monkeypatch.setattr("edgecam.vision.capture._SLICE_S", 0.05)
    monkeypatch.setattr("edgecam.vision.inference._SLICE_S", 0.05)
    monkeypatch.setattr("edgecam.vision.reporter._SLICE_S", 0.05)


@pytest.fixture
def start(found: Model, classifier: Classifier) -> Iterator[Start]:
    """Starts vision halves, and ends them with the test."""
    made: list[VisionHalf] = []

    def begin(camera: Camera, **options: Any) -> VisionHalf:
        made.append(VisionHalf(camera, **{"found": found, "classifier": classifier, **options}))
        return made[-1]

    yield begin
    for half in made:
        half.end()


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


def test_a_camera_that_cannot_be_opened_is_reported(start: Start) -> None:
    half = start(BrokenCamera(CameraError("no camera", reason="missing")))
    assert str(failure(half)) == "no camera"
    wait_until(lambda: MISSING in half.camera_troubles)


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


WRONG = {
    "grey": np.zeros((48, 64), np.uint8),
    "grey with an axis": np.zeros((48, 64, 1), np.uint8),
    "transparent": np.zeros((48, 64, 4), np.uint8),
    "float": np.zeros((48, 64, 3), np.float32),
    "signed": np.zeros((48, 64, 3), np.int8),
    "sixteen bits": np.zeros((48, 64, 3), np.uint16),
    "a row of pixels": np.zeros(48, np.uint8),
    "no pixels": np.zeros((0, 0, 3), np.uint8),
    "no rows": np.zeros((0, 64, 3), np.uint8),
    "no columns": np.zeros((48, 0, 3), np.uint8),
}


def skipped(half: VisionHalf) -> int:
    """As health tells it."""
    healths = [one for one in half.publisher.records if isinstance(one, VisionHealth)]
    return healths[-1].skipped if healths else 0


@pytest.mark.parametrize("kind", WRONG)
def test_a_frame_that_is_none_is_skipped_and_counted(start: Start, kind: str) -> None:
    wrong: Any = WRONG[kind]
    half = start(StallingCamera([wrong, photograph("panda.jpg")]))
    wait_until(lambda: half.failed() is not None or len(half.sightings) == 1)
    assert half.failed() is None
    assert half.sightings == [(0, "giant panda", True)]
    wait_until(lambda: skipped(half) == 1)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3), (7, 5, 3)])
def test_a_tiny_frame_is_a_frame(start: Start, shape: tuple[int, ...]) -> None:
    half = start(ScriptedCamera([np.zeros(shape, np.uint8)]), boxes=[(0, 0, 0.01, 0.01)])
    wait_until(lambda: half.service.finished)
    assert half.failed() is None
    assert half.service.ready


def test_frames_may_change_their_size(start: Start) -> None:
    panda = photograph("panda.jpg")
    half = start(ScriptedCamera([panda, panda[::2, ::2], panda[:, 80:560], panda]))
    wait_until(lambda: half.service.finished)
    wait_until(lambda: half.sightings)
    assert half.sightings == [(0, "giant panda", True)]


class Doubtful(Classifier):
    """Every other answer is none."""

    def __init__(self, found: Model) -> None:
        super().__init__(found, "litert", 1)
        self.looks = 0

    def look(self, pixels: Pixels, preprocessor: Preprocessor) -> Scores:
        self.looks += 1
        if self.looks % 2:
            raise UnusableScores
        return super().look(pixels, preprocessor)


def test_an_answer_that_is_none_is_skipped_and_counted(start: Start, found: Model) -> None:
    panda = photograph("panda.jpg")
    half = start(StallingCamera([panda, panda, panda, panda]), classifier=Doubtful(found))
    wait_until(lambda: skipped(half) == 2)
    wait_until(lambda: half.sightings)
    assert half.sightings == [(0, "giant panda", True)]
    assert half.failed() is None


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
