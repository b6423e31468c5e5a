"""The vision half with its motion gate: what does not change is not looked at again."""

import time
from typing import Any

import numpy as np
import pytest
from support.fake_cameras import FreezingCamera
from support.frames import noise
from support.vision_half import Start, photograph
from support.waiting import wait_until
from test_service_frames import Doubtful, skipped

from edgecam.arrays import Pixels, Scores
from edgecam.config import DecisionOptions
from edgecam.messages import Frame
from edgecam.model import Model
from edgecam.vision.classifier import Classifier

pytestmark = pytest.mark.usefixtures("hurry")


class Sensor(FreezingCamera):
    """A live camera with a little noise, so that it does not count as frozen."""

    captures = 0

    def capture(self, timeout_s: float) -> Frame | None:
        frame = super().capture(timeout_s)
        assert frame is not None
        self.captures += 1
        return Frame(grainy(frame.pixels, self.captures), frame.taken_ns)


def grainy(pixels: Pixels, seed: int) -> Pixels:
    """Each value at most one more than it was."""
    height, width = pixels.shape[:2]
    grain = noise(height, width, seed) % 2
    return np.asarray(np.maximum(pixels, 1) - grain, np.uint8)


def test_a_still_scene_is_passed_over_and_a_new_one_is_not(start: Start) -> None:
    camera = Sensor(photograph("panda.jpg"))
    half = start(camera, gated=True)
    statistics = half.service._statistics
    wait_until(lambda: statistics.still >= 30)
    assert half.service.alive
    assert half.sightings == [(0, "giant panda", True)]
    camera.shown = photograph("castle.jpg")
    wait_until(lambda: (0, "castle", True) in half.sightings)
    before = statistics.still
    wait_until(lambda: statistics.still >= before + 10)
    assert half.sightings[-2:] == [(0, "castle", True), (0, "giant panda", False)]


class Slow(Classifier):
    """Takes as long for a look as many frames take to come."""

    def __init__(self, found: Model) -> None:
        super().__init__(found, "litert", 1)

    def look(self, *given: Any) -> Scores:
        time.sleep(0.5)
        return super().look(*given)


def test_a_model_slower_than_the_frames_still_gets_its_votes(start: Start, found: Model) -> None:
    """Fifty frames a second, two looks a second; three of four must say the same."""
    camera = Sensor(photograph("panda.jpg"))
    half = start(camera, classifier=Slow(found), gated=True, decision=DecisionOptions())
    wait_until(lambda: half.camera_troubles == [0], 20.0)
    wait_until(lambda: (0, "giant panda", True) in half.sightings, 20.0)
    wait_until(lambda: half.service._statistics.still >= 10, 20.0)
    camera.shown = photograph("castle.jpg")
    wait_until(lambda: (0, "giant panda", False) in half.sightings, 20.0)
    wait_until(lambda: (0, "castle", True) in half.sightings, 20.0)


def test_a_half_is_not_ready_before_the_model_has_answered(start: Start, found: Model) -> None:
    half = start(Sensor(photograph("panda.jpg")), classifier=Slow(found), gated=True)
    wait_until(lambda: half.service.ready, 20.0)
    assert half.service._statistics.stage_ns("invoke").size > 0


def test_without_a_gate_every_frame_is_looked_at(start: Start) -> None:
    half = start(Sensor(photograph("panda.jpg")))
    wait_until(lambda: half.service.frames >= 30)
    assert half.service._statistics.still == 0


def test_an_answer_that_is_none_is_asked_for_again(start: Start, found: Model) -> None:
    classifier = Doubtful(found)
    half = start(Sensor(photograph("panda.jpg")), classifier=classifier, gated=True)
    wait_until(lambda: half.service._statistics.still >= 5)
    wait_until(lambda: skipped(half) >= 1)
    assert half.failed() is None
