"""The whole vision half with its threads, before the clips of the gate: nothing missed, nothing late.

The judge of the gate asks, looks and decides frame by frame. In the appliance the next frame is
prepared while one is judged, so that the gate is asked when the last look has not been made yet.
"""

import pytest
from support.film_camera import FilmCamera, OverlappedClassifier
from support.places import SAMPLES
from support.vision_half import Start
from support.waiting import wait_until

from edgecam.arrays import Pixels
from edgecam.config import DecisionOptions
from edgecam.config.options import TroubleOptions
from edgecam.messages import Sighting
from edgecam.model import Model
from edgecam.vision.motion import MotionGate
from edgecam.workshop import scenes
from edgecam.workshop.camera import Model as Seeing
from edgecam.workshop.gate import judge
from edgecam.workshop.gate.clips import CLIPS
from edgecam.workshop.gate.told import Appearance, Match, match

FRAMES = 8
PICTURES = scenes.photographs(SAMPLES)[:6]

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture(scope="module")
def seeing() -> Seeing:
    return Seeing()


def told(start: Start, found: Model, name: str, gate: MotionGate | None = None) -> list[Appearance]:
    """What the half tells of a clip, with gate, watch and decision as they are delivered."""
    camera = FilmCamera(CLIPS[name].shots(PICTURES, FRAMES, 0))
    classifier = OverlappedClassifier(found, camera)
    shipped = {"decision": DecisionOptions(), "trouble": TroubleOptions()}
    half = start(camera, classifier=classifier, gated=True, started=False, **shipped)
    if gate is not None:
        half.service._regions[0].gate = gate
    camera.show(half)
    wait_until(lambda: half.failed() or half.service.finished, 60.0)
    assert half.failed() is None
    assert half.service.stop()
    assert classifier.overlapped >= 1
    assert half.service._mailbox.dropped == 0
    assert half.service._statistics.still >= 1  # the gate had something to say
    # So had the watch for trouble: a wall that fills the frame counts as a covered lens.
    assert (half.service._preparation.skipped >= 1) == name.startswith("named things")
    events = [numbered.event for numbered in half.publisher.events]
    return [
        (event.at_ns // judge.at_ns(0) - 1, event.label)
        for event in events
        if isinstance(event, Sighting) and event.appeared
    ]


def compared(name: str, seeing: Seeing, gated: list[Appearance]) -> Match:
    clip = CLIPS[name]
    (without,) = judge.ungated(clip, clip.shots(PICTURES, FRAMES, 0), seeing)
    assert len(without) >= 2
    return match(without, gated)


@pytest.mark.parametrize(
    "name",
    ["cuts, noise of gain 8", "cuts, rain, gain 1", "fades", "slow pans", "named things, gain 4"],
)
def test_nothing_is_missed_nor_late_where_frames_overlap(
    start: Start, found: Model, seeing: Seeing, name: str
) -> None:
    compare = compared(name, seeing, told(start, found, name))
    assert all(compare.punctual)
    assert compare.extra == 0


class Blind(MotionGate):
    """Sees something new in the first frame only."""

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        assert view.size
        self.news = at_ns == judge.at_ns(0)
        return self.news


def test_a_gate_that_sees_nothing_is_found_out_here_too(
    start: Start, found: Model, seeing: Seeing
) -> None:
    name = "cuts, noise of gain 8"
    compare = compared(name, seeing, told(start, found, name, Blind(60.0, 4)))
    assert compare.late.count(None) >= 2
