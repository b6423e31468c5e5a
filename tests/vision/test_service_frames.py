"""Frames that are none, frames of a frozen camera, answers that are none."""

import time
from typing import Any, TypeGuard

import msgspec
import numpy as np
import pytest
from support.fake_cameras import FreezingCamera, ScriptedCamera, StallingCamera
from support.vision_half import Start, VisionHalf, photograph
from support.waiting import wait_until

from edgecam.arrays import Scores
from edgecam.config.options import TroubleOptions
from edgecam.messages import TROUBLES, CameraState, Event, VisionHealth
from edgecam.model import Model
from edgecam.vision.classifier import Classifier, UnusableScores

FROZEN, COVERED = (TROUBLES.index(reason) + 1 for reason in ("frozen", "covered"))

pytestmark = pytest.mark.usefixtures("hurry")


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
def test_a_frame_of_a_wrong_shape_or_dtype_is_dropped_and_counted(start: Start, kind: str) -> None:
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


QUICK = TroubleOptions(after_s=1.0)


def test_a_frozen_sensor_is_told_and_not_believed(start: Start) -> None:
    panda, castle = photograph("panda.jpg"), photograph("castle.jpg")
    camera = FreezingCamera(panda)
    half = start(camera, stall_s=0.4, trouble=msgspec.structs.replace(QUICK, watch=["frozen"]))
    wait_until(lambda: half.camera_troubles == [0, FROZEN])
    wait_until(lambda: skipped(half) >= 3)
    time.sleep(0.5)  # longer than stall_s: it waits for the camera, and is alive
    assert half.service.alive
    assert half.failed() is None
    assert half.sightings == [(0, "giant panda", True)]
    camera.freezes = False
    camera.shown = castle
    wait_until(lambda: half.camera_troubles == [0, FROZEN, 0])
    wait_until(lambda: (0, "castle", True) in half.sightings)


def test_a_covered_camera_says_nothing_of_what_it_shows(start: Start) -> None:
    """Neither before it is told nor after; and the half is ready, alive and well."""
    panda = photograph("panda.jpg")
    camera = FreezingCamera(np.full_like(panda, 90), freezes=False)
    half = start(camera, stall_s=0.4, trouble=QUICK)
    wait_until(lambda: half.service.ready)
    wait_until(lambda: half.camera_troubles == [COVERED])
    assert half.service.frames == 0
    assert half.service.alive
    camera.shown = panda
    wait_until(lambda: half.camera_troubles[:2] == [COVERED, 0])
    wait_until(lambda: half.sightings == [(0, "giant panda", True)])
    (state,) = [one.event for one in half.publisher.events if _is_trouble(one.event)]
    assert state.measure == 0  # nothing has an outline


def _is_trouble(event: Event) -> TypeGuard[CameraState]:
    return isinstance(event, CameraState) and event.trouble > 0


def test_a_picture_that_is_shown_for_long_is_no_frozen_camera(start: Start) -> None:
    half = start(ScriptedCamera([photograph("panda.jpg")] * 12), trouble=QUICK)
    wait_until(lambda: half.service.finished)
    assert half.camera_troubles == [0]


class Doubtful(Classifier):
    """Every other answer is none."""

    def __init__(self, found: Model) -> None:
        super().__init__(found, "litert", 1)
        self.looks = 0

    def look(self, *given: Any) -> Scores:
        self.looks += 1
        if self.looks % 2:
            raise UnusableScores
        return super().look(*given)


def test_an_answer_that_is_none_is_skipped_and_counted(start: Start, found: Model) -> None:
    panda = photograph("panda.jpg")
    half = start(StallingCamera([panda, panda, panda, panda]), classifier=Doubtful(found))
    wait_until(lambda: skipped(half) == 2)
    wait_until(lambda: half.sightings)
    assert half.sightings == [(0, "giant panda", True)]
    assert half.failed() is None
