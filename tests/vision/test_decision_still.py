"""What a region decides while nothing new is to be seen in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drawn_looks import LABELS, SECOND, Scene, decision, scenes
from support.slow_decision import SlowDecision
from support.watched_region import SECOND as LOOK_NS
from support.watched_region import Region, rules

from edgecam.config import DecisionOptions
from edgecam.vision.decision import Decision


@settings(max_examples=200, deadline=None)
@given(scenes(), st.data())
def test_the_same_facts_as_the_slow_reference_where_some_looks_are_spared(
    scene: Scene, data: st.DataObject
) -> None:
    fast = decision(scene.options, 3)
    slow = SlowDecision(scene.options, LABELS, 3)
    for number, (drawn, at_ns) in enumerate(scene.looks):
        if number and data.draw(st.booleans()):
            assert fast.repeat(at_ns) == slow.repeat(at_ns)
        else:
            assert fast.look(drawn, at_ns) == slow.look([float(one) for one in drawn], at_ns)
        assert fast.settled == slow.settled()
        assert fast.near == slow.near()


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_once_settled_the_same_scores_again_bring_nothing(scene: Scene) -> None:
    """So nothing is lost where they are not looked at: but for cooldowns, which `repeat` ends."""
    options = DecisionOptions(
        votes=scene.options.votes, window=scene.options.window, cooldown_s=0.0
    )
    region = decision(options)
    for drawn, at_ns in scene.looks:
        region.look(drawn, at_ns)
    drawn, at_ns = scene.looks[-1]
    for number in range(1, 2 * options.window):
        was_settled = region.settled
        facts = region.look(drawn, at_ns + number * SECOND)
        assert not (was_settled and facts)
        assert region.settled or not was_settled
    assert region.settled


def test_one_odd_look_before_a_still_scene_turns_nothing() -> None:
    region = Region(votes=3, window=5)
    for score in (0.1, 0.1, 0.1, 0.1, 0.9):
        region.look(dog=score)
    assert still(region, 20) == []
    present = Region(votes=3, window=5)
    for score in (0.9, 0.9, 0.9, 0.9, 0.1):
        present.look(dog=score)
    assert still(present, 20) == []
    # What the same looks do where they are looks:
    assert [present.look(dog=0.1) for _ in range(2)] == [[], ["-dog"]]


def still(region: Region, moments: int) -> list[str]:
    """What becomes known in a second each in which nothing new is to be seen."""
    told = []
    for _ in range(moments):
        region.looks += 1
        facts = region.decision.repeat(region.looks * LOOK_NS)
        told += ["+" if fact.appeared else "-" for fact in facts]
    return told


def test_votes_too_few_to_turn_anything_ask_for_more_looks() -> None:
    region = Region(votes=2, window=3)
    settled = []
    for score in (0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1):
        region.look(dog=score)
        settled.append(region.decision.settled)
    # No window yet, twice; a vote to appear; it appeared; a vote to go; and it went.
    assert settled == [False, False, True, False, True, False, False, True, True]


@pytest.mark.parametrize(
    ("present", "scores", "near"),
    [
        (False, {"dog": 0.44}, False),
        (False, {"dog": 0.46}, True),
        (False, {"dog": 0.46, "panda": 0.46}, True),
        (True, {"dog": 0.36}, False),
        (True, {"dog": 0.34}, True),
        (True, {"dog": 0.9, "panda": 0.46}, True),
    ],
)
def test_a_score_close_to_its_threshold_is_near_a_change(
    *, present: bool, scores: dict[str, float], near: bool
) -> None:
    region = Region(votes=1, window=1)  # appears at 0.5, goes under 0.3
    region.look(dog=0.9 if present else 0.0)
    assert not region.decision.near
    assert region.look(**scores) == []
    assert region.decision.settled
    assert region.decision.near == near


@pytest.mark.parametrize(
    ("scores", "near"),
    [
        ({"dog": 0.5}, False),  # 0.5 of 0.7 is not clear, nor nearly
        ({"dog": 0.5, "tabby_cat": 0.16}, True),
        ({"dog": 0.66}, True),
        ({"tabby_cat": 0.4, "tiger_cat": 0.4}, False),  # clear, but of nothing
    ],
)
def test_a_look_that_is_nearly_clear_is_near_too(scores: dict[str, float], *, near: bool) -> None:
    region = Region(votes=1, window=1, clear=0.7)
    region.look(**scores)
    assert region.decision.near == near


def test_what_was_near_is_forgotten_after_a_window_or_a_change() -> None:
    region, near = Region(votes=2, window=3), []
    for score in (0.46, 0.1, 0.1, 0.1, 0.46, 0.9, 0.9, 0.9):
        region.look(dog=score)
        near.append(region.decision.near)
    assert near == [True, True, True, False, True, True, False, False]


def test_after_a_reload_votes_are_asked_for_anew() -> None:
    region = Region(votes=1, window=2)
    region.look(dog=0.9)
    region.look(dog=0.9)
    assert region.decision.settled
    region.reload(votes=1, window=2)
    assert not region.decision.settled


def test_only_a_cooldown_makes_a_decision_wait() -> None:
    region = Region(votes=1, window=1, cooldown_s=4.0)
    waiting = []
    for scores in ({"dog": 0.9}, {}, {"dog": 0.9}, {"dog": 0.9}, {"dog": 0.9}):
        region.look(**scores)
        waiting.append(region.decision.waiting)
    assert waiting == [False, False, True, True, False]


def test_a_cooldown_ends_in_a_still_scene_too() -> None:
    region = Region(votes=1, window=1, cooldown_s=4.0)
    assert [region.look(dog=score) for score in (0.9, 0.1, 0.9)] == [["+dog"], ["-dog"], []]
    assert region.decision.settled
    assert [still(region, 1) for _ in range(3)] == [[], ["+"], []]


def test_where_everything_is_left_out_there_is_nothing_to_settle() -> None:
    region = Region(votes=1, window=1, only=["dog"], ignore=["panda"])
    assert not region.decision.settled
    none = Decision(rules(DecisionOptions(ignore=["a"]), ("a",)), 0)
    assert none.look(np.ones(1, np.float32), 1) == []
    assert none.repeat(2) == []
    assert none.settled
