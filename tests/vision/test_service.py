"""The vision half at work. What it does when something breaks is in test_service_failures.py."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.fake_cameras import FastCamera, ScriptedCamera, StallingCamera
from support.vision_half import ALWAYS, NOT_LIVE, Start, VisionHalf, photograph
from support.waiting import wait_until

from edgecam.config import DecisionOptions
from edgecam.config.options import LiveOptions
from edgecam.link import Ask, Hello, Numbered, Pause, Tables
from edgecam.messages import CameraState, Explanation, Frame, Look, Sighting, VisionHealth
from edgecam.model import Model
from edgecam.subjects import choose
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier
from edgecam.vision.rules import Rules

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def start(found: Model, classifier: Classifier) -> Iterator[Start]:
    """Starts vision halves, and ends them with the test."""
    made: list[VisionHalf] = []

    def begin(camera: Camera, **options: Any) -> VisionHalf:
        made.append(VisionHalf(camera, found=found, classifier=classifier, **options))
        return made[-1]

    yield begin
    for half in made:
        assert half.end()


def healths(half: VisionHalf) -> list[VisionHealth]:
    return [record for record in half.publisher.records if isinstance(record, VisionHealth)]


def test_what_the_pictures_show_comes_over_the_wall(start: Start) -> None:
    names = ("panda.jpg", "castle.jpg", "panda.jpg")
    half = start(ScriptedCamera([photograph(name) for name in names]))
    wait_until(lambda: half.service.finished, 20)
    wait_until(lambda: len(half.sightings) == 5)
    assert half.sightings == [
        (0, "giant panda", True),
        (0, "castle", True),
        (0, "giant panda", False),
        (0, "giant panda", True),
        (0, "castle", False),
    ]
    assert half.camera_troubles == [0]
    assert half.failed() is None
    assert isinstance(half.publisher.records[0], Hello)


def test_before_the_first_look_nothing_is_said(start: Start) -> None:
    half = start(StallingCamera([]), boxes=[(0, 0, 0.5, 1), (0.5, 0, 1, 1)])
    wait_until(lambda: half.publisher.records)
    assert isinstance(half.publisher.records[0], Hello)
    assert half.publisher.records[1:] == []


def test_each_region_is_decided_by_itself(start: Start) -> None:
    panda, castle = photograph("panda.jpg"), photograph("castle.jpg")
    rows = min(len(panda), len(castle))
    first = np.hstack((panda[:rows, :rows], castle[:rows, :rows]))
    second = np.hstack((castle[:rows, :rows], castle[:rows, :rows]))
    half = start(ScriptedCamera([first, second]), boxes=[(0, 0, 0.5, 1), (0.5, 0, 1, 1)])
    wait_until(lambda: half.service.finished, 20)
    wait_until(lambda: len(half.sightings) == 4)
    assert half.sightings == [
        (0, "giant panda", True),
        (1, "castle", True),
        (0, "castle", True),
        (0, "giant panda", False),
    ]


def test_ready_only_after_the_first_look(start: Start) -> None:
    gate = threading.Event()

    class Gated(StallingCamera):
        def capture(self, timeout_s: float) -> Frame | None:
            return super().capture(timeout_s) if gate.wait(min(timeout_s, 0.02)) else None

    half = start(Gated([photograph("panda.jpg")]))
    wait_until(lambda: half.publisher.records)
    assert not half.service.ready
    assert half.camera_troubles == []
    assert healths(half) == []
    gate.set()
    wait_until(lambda: half.service.ready)
    assert not half.service.finished
    wait_until(lambda: half.camera_troubles == [0])
    wait_until(lambda: healths(half))


def test_finished_only_after_every_frame_of_an_ending_source_was_looked_at(start: Start) -> None:
    camera = ScriptedCamera([photograph("panda.jpg")] * 12)
    half = start(camera)
    seen: list[tuple[bool, int]] = []

    def ended() -> bool:
        finished = half.service.finished
        seen.append((finished, half.service._statistics.frames))
        return finished

    wait_until(ended, 20)
    assert seen[-1] == (True, 12)
    assert camera.captures == 12
    assert camera.closed == 1
    assert half.service._mailbox.dropped == 0


def test_a_source_that_has_ended_is_not_finished_while_its_last_frame_waits(start: Start) -> None:
    half = start(ScriptedCamera([photograph("panda.jpg")]), started=False)
    half.service._capture.start(half.woken.set)
    wait_until(lambda: not half.service._mailbox.empty)
    half.service._capture.stop()
    wait_until(lambda: half.service._capture.ended)
    waiting = half.service.finished
    half.service._inference.start(half.woken.set)
    half.service._reporter.start(half.woken.set)
    wait_until(lambda: half.service.finished)
    assert not waiting
    assert half.service._statistics.frames == 1


def test_a_source_that_waits_is_not_asked_before_its_last_frame_was_taken(start: Start) -> None:
    camera = ScriptedCamera([photograph("panda.jpg")] * 8)
    half = start(camera)
    ahead = []

    def ended() -> bool:
        looked = half.service._statistics.frames
        ahead.append(camera.captures - looked)
        return half.service.finished

    wait_until(ended, 20)
    # One being looked at, one in the mailbox, and one more where `captures` was read later.
    assert max(ahead) <= 3


def test_a_live_camera_that_is_too_fast_drops_and_holds_few_frames(start: Start) -> None:
    camera = FastCamera()
    half = start(camera, boxes=[(0, 0, 1, 1)] * 4)
    wait_until(lambda: camera.captures >= 300, 20)
    wait_until(lambda: healths(half) and healths(half)[-1].dropped >= 20)
    assert half.service.alive
    assert half.failed() is None
    assert camera.most_held <= 4  # made, in the mailbox, being looked at, being let go of
    last = healths(half)[-1]
    assert last.fps_milli
    assert last.p50_us
    assert last.p95_us
    assert last.p50_us <= last.p95_us
    assert last.last_frame_age_ms is not None
    assert last.last_frame_age_ms < 5000
    assert half.service._statistics.frames + half.service._mailbox.dropped <= camera.captures


def test_health_tells_no_rate_before_there_is_one_and_then_at_once(start: Start) -> None:
    more = threading.Event()

    class OneThenMore(StallingCamera):
        def capture(self, timeout_s: float) -> Frame | None:
            if self.captures and not more.wait(min(timeout_s, 0.02)):
                return None
            return super().capture(timeout_s)

    half = start(OneThenMore([photograph("panda.jpg")] * 2), health_interval_s=60)
    wait_until(lambda: healths(half))
    (first,) = healths(half)
    assert first.fps_milli is None
    assert first.p50_us
    assert first.last_frame_age_ms is not None
    more.set()
    wait_until(lambda: len(healths(half)) == 2)
    assert healths(half)[-1].fps_milli


def test_pictures_that_nobody_can_read_are_counted_in_health(start: Start) -> None:
    camera = StallingCamera([photograph("panda.jpg")])
    camera.unreadable = 3
    half = start(camera)
    wait_until(lambda: healths(half))
    assert healths(half)[-1].unreadable == 3


def test_what_was_seen_last_still_gets_out(start: Start) -> None:
    half = start(StallingCamera([photograph("panda.jpg")]))
    wait_until(lambda: half.service.ready)
    assert half.service.stop()
    assert half.sightings == [(0, "giant panda", True)]


def test_stop_is_quick(start: Start) -> None:
    half = start(FastCamera())
    wait_until(lambda: half.service.ready)
    started_s = time.monotonic()
    assert half.service.stop()
    assert time.monotonic() - started_s < 4


def test_looks_are_shown_where_the_live_feed_is_on(start: Start) -> None:
    camera = ScriptedCamera([photograph("panda.jpg")])
    half = start(camera, live=LiveOptions(enabled=True, top_k=2))
    half.publisher.wait_for(lambda record: isinstance(record, Look))
    (look,) = [record for record in half.publisher.records if isinstance(record, Look)]
    assert look.region == 0
    assert 1 <= len(look.top) <= 2
    assert half.tables.labels[look.top[0].label] == "giant panda"


def test_a_pause_stops_the_looking_and_is_no_stall(start: Start) -> None:
    half = start(FastCamera(), stall_s=0.5)
    wait_until(lambda: half.service.ready)
    half.publisher.send(Pause(paused=True))
    wait_until(lambda: half.service.alive and half.service._capture.paused)
    time.sleep(0.3)  # what was in the mailbox is looked at
    frames = half.service.frames
    time.sleep(0.8)  # longer than a stall
    assert half.service.frames == frames
    assert half.failed() is None
    assert half.service.alive
    half.publisher.send(Pause(paused=False))
    wait_until(lambda: half.service.frames > frames)


def test_a_question_is_answered_with_what_a_region_stands_on(start: Start) -> None:
    half = start(StallingCamera([photograph("panda.jpg")]))
    wait_until(lambda: half.sightings)
    half.publisher.send(Ask(5, 0))
    half.publisher.send(Ask(6, 1))  # there is no such region, and no answer
    half.publisher.wait_for(lambda record: isinstance(record, Explanation))
    (answer,) = [one for one in half.publisher.records if isinstance(one, Explanation)]
    assert (answer.number, answer.region, answer.looks) == (5, 0, 1)
    assert half.tables.labels[answer.tallies[0].label] == "giant panda"
    assert answer.tallies[0].present


class Repeating(FastCamera):
    """Shows the same photograph for ever."""

    def capture(self, timeout_s: float) -> Frame | None:
        time.sleep(min(timeout_s, 0.02))
        return Frame(photograph("panda.jpg"), time.monotonic_ns())


def test_other_rules_end_what_they_do_not_know_under_the_tables_before(
    start: Start, found: Model
) -> None:
    half = start(Repeating())
    wait_until(lambda: half.sightings)
    options = DecisionOptions(votes=1, window=1, cooldown_s=0, groups={"bear": ["giant panda"]})
    tables = Tables.build(found, half.tables.regions, options)
    rules = Rules.build(options, choose(options, found.labels))
    half.service.reload(rules, tables, NOT_LIVE, "performance", ALWAYS)
    group = len(found.labels)
    half.wait_for_event(lambda one: getattr(one.event, "label", None) == group)
    panda = found.labels.index("giant panda")
    said: list[object] = []
    for record in half.publisher.records:
        if isinstance(record, Hello):
            said.append(record.tables)
        elif isinstance(record, Numbered) and isinstance(record.event, Sighting):
            said.append((record.event.label, record.event.appeared))
    assert said == [
        half.tables.fingerprint,
        (panda, True),
        (panda, False),
        tables.fingerprint,
        (group, True),
    ]


def test_time_does_not_run_backwards_with_two_regions_and_a_camera_in_trouble(
    start: Start,
) -> None:
    """The main thread tells of the trouble while frames from before are still looked at."""
    half = start(FastCamera(), boxes=[(0, 0, 0.5, 1), (0.5, 0, 1, 1)])
    wait_until(lambda: half.service.ready)
    for _ in range(20):
        half.service._reporter.report(CameraState(1, 0, time.monotonic_ns(), 0))
        time.sleep(0.01)
    wait_until(lambda: half.camera_troubles.count(1) == 20)
    times_ns = [numbered.event.at_ns for numbered in half.publisher.events]
    assert times_ns == sorted(times_ns)
    assert times_ns[-1] <= time.monotonic_ns()
