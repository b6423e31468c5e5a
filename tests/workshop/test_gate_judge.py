"""The motion gate beside a camera without one, through the real model: nothing is missed."""

import pytest
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.workshop import scenes
from edgecam.workshop.gate import judge as gate_judge
from edgecam.workshop.gate.clips import CLIPS
from edgecam.workshop.gate.judge import Model, Outcome, _matched, judge

FRAMES = 8
PICTURES = scenes.photographs(SAMPLES)[:6]


@pytest.fixture(scope="module")
def seeing() -> Model:
    return Model()


def outcome(name: str, seeing: Model, frames: int = FRAMES) -> Outcome:
    (only,) = judge(name, CLIPS[name], PICTURES, frames, seeing)
    return only


@pytest.mark.parametrize(
    "name",
    [
        *("cuts", "cuts, noise of gain 8", "cuts, dark, gain 4", "cuts, flicker, gain 2"),
        *("cuts, rain, gain 1", "cuts, flashes, gain 1", "cuts, other sizes"),
        *("fades", "slow pans", "day to dusk", "small things, gain 4"),
    ],
)
def test_nothing_is_missed_and_nothing_late(name: str, seeing: Model) -> None:
    found = outcome(name, seeing)
    assert (found.missed, found.cuts_unseen, found.extra) == (0, 0, 0)
    assert found.late_frames <= 1
    assert found.appearances >= 1


def test_a_still_scene_is_hardly_looked_at(seeing: Model) -> None:
    assert outcome("still, gain 1", seeing, frames=3).saved > 0.8  # of which two beginnings


def test_one_region_is_still_while_the_other_moves(seeing: Model) -> None:
    clip = CLIPS["one half moves, gain 2"]
    left, right = judge("halves", clip, PICTURES[:3], FRAMES, seeing)
    assert (left.region, right.region) == ("left", "right")
    assert left.saved > 0.7
    assert right.saved < 0.5
    assert left.missed == right.missed == 0


class Blind:
    """A gate that sees nothing new, ever."""

    def __init__(self, max_idle_s: float) -> None:
        assert max_idle_s == 10

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        assert view.shape == (420, 420, 3)
        assert at_ns > 0
        return False


class Slow(Blind):
    """A gate that looks at every tenth frame only."""

    frames = 0

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        assert view.size
        assert at_ns > 0
        self.frames += 1
        return self.frames % 10 == 0


def test_a_gate_that_sees_nothing_is_found_out(
    seeing: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_judge, "MotionGate", Blind)
    found = outcome("cuts", seeing)
    assert found.missed >= 2
    assert found.cuts_unseen == found.cuts == 5


def test_a_gate_that_is_slow_is_found_out(seeing: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_judge, "MotionGate", Slow)
    found = outcome("cuts", seeing, frames=25)
    assert found.missed == 0
    assert found.late_frames > 1


def test_an_appearance_is_matched_with_the_nearest_of_its_label() -> None:
    cat, dog = 1, 2
    without = [(10, cat), (20, dog), (400, cat)]
    gated = [(11, cat), (60, cat), (290, cat), (20, dog)]
    assert _matched(without, gated) == ([1, 0, None], 2)
