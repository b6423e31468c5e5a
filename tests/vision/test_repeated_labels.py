"""A model may name two outputs alike (ImageNet has two cranes): they are one subject."""

from typing import Any

import numpy as np
import pytest

from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.subjects import choose
from edgecam.vision.decision import Decision
from edgecam.vision.rules import Rules

LABELS = ("crane", "owl", "crane", "stork")
BIRD = {"bird": ["crane", "owl"]}


def facts(*looks: tuple[float, float, float, float], **options: Any) -> list[tuple[bool, int]]:
    """What appeared or disappeared, by index of the wall's labels, over these looks."""
    chosen = DecisionOptions(appear=0.5, clear=0, votes=1, window=1, cooldown_s=0.0, **options)
    decision = Decision(Rules.build(chosen, choose(chosen, LABELS)), 0)
    return [
        (fact.appeared, fact.label)
        for second, scores in enumerate(looks)
        for fact in decision.look(np.array(scores, np.float32), second * 10**9)
    ]


def test_their_scores_add_up_and_they_appear_once() -> None:
    assert facts((0.3, 0, 0.3, 0), (0.6, 0, 0, 0), (0, 0, 0.6, 0), (0, 0, 0, 0)) == [
        (True, 0),
        (False, 0),
    ]


@pytest.mark.parametrize("options", [{"only": ["crane"]}, {"ignore": ["owl", "stork"]}])
def test_both_are_meant_by_their_name(options: dict[str, list[str]]) -> None:
    assert facts((0, 0.6, 0.4, 0), (0.2, 0, 0.4, 0), **options) == [(True, 0)]
    assert facts((0, 0, 0.6, 0), **options) == [(True, 0)]


def test_a_group_that_names_them_takes_both() -> None:
    assert facts((0.2, 0.2, 0.2, 0), groups=BIRD) == [(True, len(LABELS))]


def test_thresholds_are_of_both() -> None:
    own = {"crane": ThresholdOptions(appear=0.9, disappear=0.1)}

    assert facts((0.4, 0, 0.4, 0), labels=own) == []
    assert facts((0.4, 0, 0.55, 0), labels=own) == [(True, 0)]
