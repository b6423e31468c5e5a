"""Configurations of a decision and looks at pictures, as Hypothesis draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.subjects import choose
from edgecam.vision.decision import Decision
from edgecam.vision.rules import Rules

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
        clear=draw(st.one_of(st.just(0.0), st.floats(0, 1))),
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
