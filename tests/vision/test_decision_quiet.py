"""The short way of a look that changes nothing: the same facts as the long way, and taken often."""

import numpy as np
import pytest
from numpy.typing import NDArray
from support.watched_region import rules

from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.vision.decision import Decision

LABELS = tuple("abcdef")
STEPS = 120
LOOK_NS = 100_000_000
# Thresholds, near them on either side, and far from them.
SCORES = np.array([0, 0.01, 0.04, 0.06, 0.1, 0.14, 0.16, 0.34, 0.36, 0.4, 0.44, 0.46, 0.9])
FAR = np.array([0.0, 0.01])


def drawn(rng: np.random.Generator, shown: int | None) -> NDArray[np.float32]:
    """Long stretches of nothing or of one label, and odd scores between them."""
    scores = rng.choice(SCORES if rng.random() < 0.2 else FAR, len(LABELS))
    if shown is not None:
        scores[shown] = rng.choice(SCORES) if rng.random() < 0.1 else 0.8
    return scores.astype(np.float32)


@pytest.mark.parametrize("seed", range(150))
def test_the_short_way_brings_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    window = int(rng.integers(1, 7))
    known = rules(
        DecisionOptions(
            votes=int(rng.integers(1, window + 1)),
            window=window,
            cooldown_s=float(rng.choice([0.0, 1.0, 5.0])),
            groups={"both": ["b", "c"]} if rng.random() < 0.3 else {},
            labels={"d": ThresholdOptions(appear=0.44, disappear=0.44)},
        ),
        LABELS,
    )
    short, long = Decision(known, 0), Decision(known, 0)
    shown: int | None = None
    short_ways = 0
    for step in range(STEPS):
        at_ns = step * LOOK_NS
        if rng.random() < 0.1:
            shown = rng.choice([None, *range(len(LABELS))])
        turn = rng.random()
        if turn < 0.02:
            assert short.rest(at_ns) == long.rest(at_ns)
        elif turn < 0.1:
            assert short.repeat(at_ns) == long.repeat(at_ns)
        else:
            scores = drawn(rng, shown)
            short_ways += short.quiet
            long.quiet = False
            assert short.look(scores, at_ns) == long.look(scores, at_ns)
            assert short.tally() == long.tally()
        assert (short.settled, short.near, short.waiting) == (long.settled, long.near, long.waiting)
        if short.quiet:
            assert (short.settled, short.near, short.waiting) == (True, False, False)
    assert short_ways > 0 or window > 4
