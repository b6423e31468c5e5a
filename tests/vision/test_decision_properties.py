"""What holds of every decision, whatever the scores; and the same facts as a slow reference."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.slow_decision import SlowDecision, f32

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.messages import Sighting
from edgecam.subjects import choose
from edgecam.vision.decision import Decision, Rules

LABELS = ("ant", "bee", "cat", "dog", "elk")
SECOND = 10**9


@dataclass(frozen=True)
class Scene:
    options: DecisionOptions
    looks: list[tuple[Scores, int]]


def thresholds(draw: st.DrawFn) -> tuple[float, float]:
    one, other = draw(st.floats(0.01, 1)), draw(st.floats(0.01, 1))
    return max(one, other), min(one, other)


@st.composite
def options(draw: st.DrawFn) -> DecisionOptions:
    appear, disappear = thresholds(draw)
    window = draw(st.integers(1, 7))
    names = st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True)
    groups = draw(st.dictionaries(st.sampled_from(["herd", "pair"]), names, max_size=2))
    if draw(st.booleans()):
        groups["cat"] = ["cat", "dog"]
    members = {name for group in groups.values() for name in group}
    table = [*(name for name in LABELS if name not in members), *groups]
    own = {}
    for name in draw(st.sets(st.sampled_from(table), max_size=min(3, len(table)))):
        high, low = thresholds(draw)
        own[name] = ThresholdOptions(appear=high, disappear=low)
    return DecisionOptions(
        appear=appear,
        disappear=disappear,
        votes=draw(st.integers(1, window)),
        window=window,
        cooldown_s=draw(st.sampled_from([0.0, 0.5, 3.0])),
        only=draw(st.one_of(st.just([]), st.lists(st.sampled_from(table), max_size=3))),
        ignore=draw(st.one_of(st.just([]), st.lists(st.sampled_from(table), max_size=2))),
        groups=groups,
        labels=own,
    )


def as_scores(drawn: Sequence[int]) -> Scores:
    # Sums of 1024ths are exact in 32 bits, in whatever order they are added up.
    return np.array(drawn, np.float32) / np.float32(1024)


SCORES = st.lists(
    st.one_of(st.integers(0, 1024), st.sampled_from([0, 100, 500, 900, 1024])),
    min_size=len(LABELS),
    max_size=len(LABELS),
).map(as_scores)
GAPS_NS = (1, SECOND // 10, SECOND)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Looks at one to five pictures, in any order, at any pace."""
    pictures = draw(st.lists(SCORES, min_size=1, max_size=5))
    steps = st.tuples(st.integers(0, len(pictures) - 1), st.sampled_from(GAPS_NS))
    at_ns = 1000
    looks = []
    for picture, gap_ns in draw(st.lists(steps, min_size=1, max_size=40)):
        at_ns += gap_ns
        looks.append((pictures[picture], at_ns))
    return Scene(draw(options()), looks)


def rules_of(chosen: DecisionOptions) -> Rules:
    return Rules.build(chosen, choose(chosen, LABELS))


def decision(chosen: DecisionOptions, region: int = 0) -> Decision:
    return Decision(rules_of(chosen), region)


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
    chosen = DecisionOptions(appear=threshold, disappear=threshold, votes=window, window=window)
    fast = decision(chosen)
    drawn = np.full(len(LABELS), f32(threshold), np.float32)
    facts = [fact for number in range(window) for fact in fast.look(drawn, number + 1)]
    assert [fact.label for fact in facts] == list(range(len(LABELS)))
    assert all(0 <= fact.confidence <= 1000 for fact in facts)
