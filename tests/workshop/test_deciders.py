"""Other ways of deciding do what they are said to do."""

import numpy as np
import pytest

from edgecam.config import DecisionOptions
from edgecam.workshop.decision.deciders import BestLabel, Decider, Ours

LABELS = ("cat", "dog", "owl")
SECOND = 10**9


def told(decider: Decider, *looks: str) -> list[str]:
    """What each look told; a look is the label that scored best: loudly, or (in brackets) low."""
    seen = []
    for number, look in enumerate(looks):
        scores = np.full(len(LABELS), 0.1, np.float32)
        scores[LABELS.index(look.strip("()"))] = 0.3 if look.startswith("(") else 0.8
        facts = decider.look(scores, number * SECOND)
        seen.append(" ".join(f"{'+' if came else '-'}{LABELS[label]}" for label, came in facts))
    return seen


def test_argmax_tells_the_best_of_every_look() -> None:
    seen = told(BestLabel(1, 0.0), "cat", "cat", "dog", "(owl)")
    assert seen == ["+cat", "", "-cat +dog", "-dog +owl"]


def test_under_the_threshold_the_scene_is_unknown() -> None:
    seen = told(BestLabel(1, 0.5), "(cat)", "cat", "(cat)", "(dog)", "dog")
    assert seen == ["", "+cat", "-cat", "", "+dog"]


def test_three_in_a_row_must_be_in_a_row() -> None:
    seen = told(BestLabel(3, 0.5), "cat", "cat", "dog", "cat", "cat", "cat", "cat")
    assert seen == ["", "", "", "", "", "+cat", ""]
    seen = told(BestLabel(3, 0.5), "cat", "cat", "cat", "(cat)", "(dog)", "(owl)")
    assert seen == ["", "", "+cat", "", "", "-cat"]


def test_what_was_interrupted_begins_anew() -> None:
    seen = told(BestLabel(2, 0.5), "cat", "cat", "dog", "cat", "dog", "dog")
    assert seen == ["", "+cat", "", "", "", "-cat +dog"]


def test_forced_passes_over_low_looks_and_never_is_at_a_loss() -> None:
    seen = told(BestLabel(2, 0.5, forced=True), "cat", "(dog)", "cat", "(dog)", "(dog)", "(dog)")
    assert seen == ["", "", "+cat", "", "", ""]


@pytest.mark.parametrize(("votes", "expected"), [(1, "+dog"), (2, "")])
def test_ours_decides_by_its_options(votes: int, expected: str) -> None:
    ours = Ours(DecisionOptions(votes=votes, window=2), LABELS)
    assert told(ours, "dog") == [expected]
