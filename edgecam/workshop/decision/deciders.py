"""Ways of making facts out of scores that ours is compared with, and ours beside them."""

from collections.abc import Sequence
from typing import Protocol

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.subjects import choose
from edgecam.vision.decision import Decision
from edgecam.vision.rules import Rules

_UNKNOWN = -1

Fact = tuple[int, bool]
"""A label's index, and whether it appeared; else it disappeared."""


class Decider(Protocol):
    """Something that is shown every look, in order."""

    def look(self, scores: Scores, at_ns: int) -> list[Fact]:
        """What is told after one more look."""


class BestLabel:
    """The label that scored best is what is there, once it did so `in_a_row` times.

    1 in a row without a threshold is the usual example: the argmax of each frame. Where the best
    scored less than `threshold`, the scene is unknown; or, with `forced`, the look does not count,
    and what was there stays. Three in a row and forced is what Frigate does for the state of a scene
    (`verify_state_change` and `process_frame` in its custom_classification.py, at 03d0139, 2026).
    """

    def __init__(self, in_a_row: int, threshold: float, *, forced: bool = False) -> None:
        self._in_a_row = in_a_row
        self._threshold = threshold
        self._forced = forced
        self._there = self._next = _UNKNOWN
        self._count = 0

    def look(self, scores: Scores, at_ns: int) -> list[Fact]:
        """What is told after one more look; the time does not matter."""
        del at_ns
        best = int(scores.argmax())
        if scores[best] < self._threshold:
            if self._forced:
                return []
            best = _UNKNOWN
        self._count = self._count + 1 if best == self._next else 1
        self._next = best
        if best == self._there or self._count < self._in_a_row:
            return []
        before, self._there = self._there, best
        facts = [(before, False), (best, True)]
        return [fact for fact in facts if fact[0] != _UNKNOWN]


class Ours:
    """`Decision` by some options, for one region."""

    def __init__(self, options: DecisionOptions, labels: Sequence[str]) -> None:
        self._decision = Decision(Rules.build(options, choose(options, labels)), 0)

    def look(self, scores: Scores, at_ns: int) -> list[Fact]:
        """What is told after one more look."""
        return [(fact.label, fact.appeared) for fact in self._decision.look(scores, at_ns)]
