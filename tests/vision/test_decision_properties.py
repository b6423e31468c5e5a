"""What holds of every decision, whatever the scores; and the same facts as a slow reference."""

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drawn_looks import (
    LABELS,
    SCORES,
    SECOND,
    Scene,
    decision,
    options,
    rules_of,
    scenes,
)
from support.slow_decision import SlowDecision, f32

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.messages import Sighting
from edgecam.vision.decision import Decision


def all_facts(scene: Scene) -> list[Sighting]:
    fast = decision(scene.options)
    return [fact for look in scene.looks for fact in fast.look(*look)]


def of_label(facts: Sequence[Sighting], label: int) -> list[Sighting]:
    return [fact for fact in facts if fact.label == label]


@settings(max_examples=250, deadline=None)
@given(scenes())
def test_the_same_facts_as_the_slow_reference(scene: Scene) -> None:
    fast = decision(scene.options, 3)
    slow = SlowDecision(scene.options, LABELS, 3)
    for drawn, at_ns in scene.looks:
        assert fast.look(drawn, at_ns) == slow.look([float(score) for score in drawn], at_ns)


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_appearances_and_disappearances_of_a_label_take_turns(scene: Scene) -> None:
    facts = all_facts(scene)
    for label in {fact.label for fact in facts}:
        turns = [fact.appeared for fact in of_label(facts, label)]
        assert turns == [index % 2 == 0 for index in range(len(turns))]


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_appearances_of_a_label_are_never_closer_than_the_cooldown(scene: Scene) -> None:
    facts = all_facts(scene)
    for label in {fact.label for fact in facts}:
        at_ns = [fact.at_ns for fact in of_label(facts, label) if fact.appeared]
        gaps = [later - earlier for earlier, later in itertools.pairwise(at_ns)]
        assert all(gap >= scene.options.cooldown_s * 1e9 for gap in gaps)


@settings(max_examples=100, deadline=None)
@given(scenes(), options(), st.data())
def test_other_rules_in_the_middle_never_make_a_label_appear_twice(
    scene: Scene, others: DecisionOptions, data: st.DataObject
) -> None:
    """Told by name, as subscribers are: the index of a group may be another one under new rules."""
    before = data.draw(st.integers(0, len(scene.looks)))
    fast = decision(scene.options)
    seen: list[tuple[str, bool]] = []

    def tell(facts: Sequence[Sighting], told: DecisionOptions) -> None:
        table = [*LABELS, *sorted(told.groups)]
        seen.extend((table[fact.label], fact.appeared) for fact in facts)

    for look in scene.looks[:before]:
        tell(fast.look(*look), scene.options)
    fast, ended = fast.under(rules_of(others), scene.looks[-1][1])
    assert not any(fact.appeared for fact in ended)
    tell(ended, scene.options)
    for look in scene.looks[before:]:
        tell(fast.look(*look), others)
    for name in {name for name, _ in seen}:
        turns = [appeared for other, appeared in seen if other == name]
        assert turns == [index % 2 == 0 for index in range(len(turns))]


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_the_same_rules_again_end_nothing(scene: Scene) -> None:
    fast = decision(scene.options)
    for look in scene.looks:
        fast.look(*look)
    assert fast.under(rules_of(scene.options), scene.looks[-1][1])[1] == []


@settings(max_examples=60, deadline=None)
@given(scenes(), SCORES, st.integers(20, 40))
def test_constant_scores_bring_nothing_new_after_the_first_looks(
    scene: Scene, constant: Scores, count: int
) -> None:
    fresh, used = decision(scene.options), decision(scene.options)
    for look in scene.looks:
        used.look(*look)
    first_ns = scene.looks[-1][1] + 1
    settled_ns = first_ns + (scene.options.window + 1) * SECOND + 3 * SECOND
    for number in range(count):
        at_ns = first_ns + number * SECOND
        facts = fresh.look(constant, at_ns)
        assert not facts or number == scene.options.votes - 1
        facts = used.look(constant, at_ns)
        assert not facts or at_ns <= settled_ns


@settings(max_examples=40, deadline=None)
@given(scenes(), st.lists(SCORES, min_size=40, max_size=40), st.data())
def test_the_order_in_which_regions_are_looked_at_never_matters(
    scene: Scene, others: list[Scores], data: st.DataObject
) -> None:
    rules = rules_of(scene.options)

    def together(*, swapped: list[bool]) -> list[list[Sighting]]:
        left, right = Decision(rules, 0), Decision(rules, 1)
        seen: list[list[Sighting]] = [[], []]
        for number, (mine, at_ns) in enumerate(scene.looks):
            other, swap = others[number % len(others)], swapped[number]
            if swap:
                seen[1] += right.look(other, at_ns)
            seen[0] += left.look(mine, at_ns)
            if not swap:
                seen[1] += right.look(other, at_ns)
        return seen

    flips = data.draw(st.lists(st.booleans(), min_size=40, max_size=40))
    assert together(swapped=flips) == together(swapped=[False] * 40)
    assert together(swapped=flips)[0] == all_facts(scene)


@given(st.floats(0.01, 1), st.integers(1, 9))
def test_a_score_that_is_exactly_the_threshold_appears(threshold: float, window: int) -> None:
    chosen = DecisionOptions(
        appear=threshold, disappear=threshold, clear=0, votes=window, window=window
    )
    fast = decision(chosen)
    drawn = np.full(len(LABELS), f32(threshold), np.float32)
    facts = [fact for number in range(window) for fact in fast.look(drawn, number + 1)]
    assert [fact.label for fact in facts] == list(range(len(LABELS)))
    assert all(0 <= fact.confidence <= 1000 for fact in facts)
