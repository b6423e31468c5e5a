"""The vision half that looks less while nothing moves, and not at all outside of its hours."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from support.fake_cameras import ScriptedCamera
from support.frames import noise
from support.vision_half import COOL, Start, VisionHalf, photograph
from support.waiting import wait_until

from edgecam.appliance.schedule import Schedule
from edgecam.arrays import Pixels
from edgecam.config.options import ScheduleOptions, TroubleOptions
from edgecam.link import Ask
from edgecam.messages import SLOWED, Frame, Sighting, VisionHealth
from edgecam.vision import governor as module
from edgecam.vision.camera.pace import Pace
from edgecam.vision.governor import Governor, Idling

pytestmark = pytest.mark.usefixtures("hurry")

SIDE = 400
IDLE = 1 << SLOWED.index("idle")
MIDNIGHT_S = 1_795_000_000  # a wall clock of the test's: what counts is what is added to it


class Sensor(ScriptedCamera):
    """50 exposures a second of one scene; those that are not due are passed over undecoded."""

    def __init__(self, shown: Pixels, pace: Pace) -> None:
        super().__init__([], live=True)
        self.shown = shown[:SIDE, :SIDE]  # another size would be another camera
        self.exposures = 0
        self._pace = pace

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(min(timeout_s, 0.02))
        self.exposures += 1
        if not self._pace.due():
            return None
        self.captures += 1
        grain = noise(SIDE, SIDE, self.captures) % 2  # so that it does not count as frozen
        pixels = np.asarray(np.maximum(self.shown, 1) - grain, np.uint8)
        return Frame(pixels, time.monotonic_ns())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing need be still for long."""
    monkeypatch.setitem(module.IDLING, "eco", Idling(after_s=0.3, share=0.0, fps=2.0))


def last(half: VisionHalf) -> VisionHealth:
    """What it last said of itself."""
    said = [record for record in half.publisher.records if isinstance(record, VisionHealth)]
    return said[-1]


def healthy(half: VisionHalf, condition: Callable[[VisionHealth], object]) -> None:
    """Wait until health is so."""
    wait_until(lambda: half.service.health() is not None, 20)
    half.publisher.wait_for(lambda one: isinstance(one, VisionHealth) and condition(one))


@pytest.mark.usefixtures("impatient")
def test_what_stands_still_is_seldom_looked_at_and_what_moves_at_once(start: Start) -> None:
    governor = Governor(COOL, None, 30.0)
    camera = Sensor(photograph("panda.jpg"), governor.pace)
    half = start(camera, governor=governor, power="eco", gated=True)
    healthy(half, lambda one: one.slowed == IDLE)
    captures, exposures = camera.captures, camera.exposures
    wait_until(lambda: camera.exposures >= exposures + 100, 20)
    # Of two seconds and more of exposures four or so were decoded.
    assert camera.captures - captures < (camera.exposures - exposures) / 5
    assert half.service.alive
    camera.shown = photograph("castle.jpg")[:SIDE, :SIDE]
    captures = camera.captures
    wait_until(lambda: not governor.slowed)
    assert camera.captures <= captures + 2  # one before the scene, and the one that shows it
    wait_until(lambda: (0, "castle", True) in half.sightings)
    wait_until(lambda: governor.slowed == IDLE, 20)
    assert last(half).still > 0


@pytest.mark.usefixtures("impatient")
def test_in_the_dark_nothing_moves(start: Start) -> None:
    governor = Governor(COOL, None, 30.0)
    camera = Sensor(np.zeros((SIDE, SIDE, 3), np.uint8), governor.pace)
    dark = TroubleOptions(watch=["dark"], after_s=1.0)
    half = start(camera, governor=governor, power="eco", gated=True, trouble=dark)
    wait_until(lambda: half.service._preparation.blind, 20)
    healthy(half, lambda one: one.slowed == IDLE)


@pytest.mark.usefixtures("impatient")
def test_for_performance_every_exposure_is_looked_at(start: Start) -> None:
    governor = Governor(COOL, None, 30.0)
    camera = Sensor(photograph("panda.jpg"), governor.pace)
    half = start(camera, governor=governor, power="performance", gated=True)
    wait_until(lambda: camera.exposures >= 60, 20)
    assert camera.captures == pytest.approx(camera.exposures, abs=1)
    assert last(half).slowed == 0


@pytest.mark.usefixtures("impatient")
def test_a_source_that_waits_for_its_reader_is_never_idle(start: Start) -> None:
    governor = Governor(COOL, None, 30.0)
    camera = Sensor(photograph("panda.jpg"), governor.pace)
    camera.live = False
    half = start(camera, governor=governor, power="eco", gated=True)
    wait_until(lambda: camera.exposures >= 60, 20)
    assert governor.slowed == 0
    assert half.failed() is None


def test_it_sleeps_without_being_taken_for_stalled_and_wakes(start: Start) -> None:
    now_s = [float(MIDNIGHT_S)]
    hour = time.strftime("%H", time.localtime(MIDNIGHT_S))
    schedule = Schedule(ScheduleOptions([f"{hour}:00-{hour}:59"]), lambda: now_s[0], lambda: True)
    camera = Sensor(photograph("panda.jpg"), Pace(None))
    half = start(camera, schedule=schedule, stall_s=0.5, health_interval_s=30.0)
    wait_until(lambda: half.sightings, 20)
    healthy(half, lambda one: not one.asleep)
    now_s[0] += 2 * 3600
    healthy(half, lambda one: one.asleep)  # long before the interval is over
    wait_until(lambda: camera.rests == 1)
    frames, asleep_s = half.service.frames, time.monotonic()
    wait_until(lambda: time.monotonic() - asleep_s > 1.0)  # twice what a stall takes
    assert half.service.frames <= frames + 2  # one was being judged, and one waited
    assert half.service.alive
    assert half.service.ready
    assert half.failed() is None
    now_s[0] -= 2 * 3600
    wait_until(lambda: half.service.frames > frames + 2)
    assert half.service.alive
    assert half.failed() is None
    assert (camera.rests, camera.wakes) == (1, 1)
    assert half.camera_troubles == [0]


def test_what_is_present_ends_with_the_look_and_appears_again_after_the_rest(start: Start) -> None:
    camera = Sensor(photograph("panda.jpg"), Pace(None))
    half = start(camera, gated=True)
    panda = (0, "giant panda")
    wait_until(lambda: half.sightings == [(*panda, True)], 20)
    for rests in (1, 2):
        before_ns = time.monotonic_ns()
        half.service.pause(paused=True)
        wait_until(lambda: half.sightings[-1] == (*panda, False))
        assert camera.rests == rests
        ended = half.publisher.events[-1].event
        assert before_ns <= ended.at_ns <= time.monotonic_ns()
        assert (ended.region, ended.confidence) == (0, 0) if isinstance(ended, Sighting) else False
        asked = half.service.explain(Ask(1, 0))
        assert asked is not None
        assert (asked.looks, asked.tallies) == (0, ())
        half.service.pause(paused=False)
        # The scene is as it was, so the gate alone would see no reason to look at it again.
        wait_until(lambda: half.sightings[-1] == (*panda, True), 20)
    assert half.sightings == [(*panda, True), (*panda, False)] * 2 + [(*panda, True)]
    assert half.failed() is None


def test_one_that_starts_asleep_is_ready_alive_and_says_so(start: Start) -> None:
    hours = time.strftime("%H:00-%H:01", time.localtime(MIDNIGHT_S + 7200))
    schedule = Schedule(ScheduleOptions([hours]), lambda: float(MIDNIGHT_S), lambda: True)
    camera = Sensor(photograph("panda.jpg"), Pace(None))
    half = start(camera, schedule=schedule)
    healthy(half, lambda one: one.asleep)
    assert (half.service.ready, half.service.alive, half.service.frames) == (True, True, 0)
    assert camera.exposures == 0
