"""A region whose scores a test makes up, look by look."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgecam.config import DecisionOptions
from edgecam.messages import Sighting
from edgecam.subjects import choose
from edgecam.vision.decision import Decision
from edgecam.vision.rules import Rules

LABELS = ("tabby cat", "tiger cat", "dog", "panda")
CAT = ["tabby cat", "tiger cat"]
SECOND = 10**9
_PLAIN: dict[str, Any] = {"appear": 0.5, "disappear": 0.3, "clear": 0.0, "cooldown_s": 0.0}


def rules(options: DecisionOptions, labels: Sequence[str] = LABELS) -> Rules:
    return Rules.build(options, choose(options, labels))


class Region:
    """A region that is looked at once a second; scores by label, every look clear."""

    def __init__(self, known: Sequence[str] = LABELS, **options: Any) -> None:
        self.options = DecisionOptions(**{**_PLAIN, **options})
        self.known = known
        self.table = [*known, *sorted(self.options.groups)]
        self.decision = Decision(rules(self.options, known), 2)
        self.facts: list[Sighting] = []
        self.looks = 0

    def look(self, **scores: float) -> list[str]:
        """One look; what came (+) and went (-)."""
        self.looks += 1
        array = np.zeros(len(self.known), np.float32)
        for name, score in scores.items():
            array[self.known.index(name.replace("_", " "))] = score
        return self._told(self.decision.look(array, self.looks * SECOND))

    def reload(self, **options: Any) -> list[str]:
        """Other rules, half a second after the last look; what came and went."""
        self.options = DecisionOptions(**{**_PLAIN, **options})
        at_ns = self.looks * SECOND + SECOND // 2
        self.decision, facts = self.decision.under(rules(self.options, self.known), at_ns)
        told = self._told(facts)
        self.table = [*self.known, *sorted(self.options.groups)]
        return told

    def rest(self) -> list[str]:
        """Nobody looks from half a second after the last look on; what went."""
        return self._told(self.decision.rest(self.looks * SECOND + SECOND // 2))

    def _told(self, facts: list[Sighting]) -> list[str]:
        self.facts += facts
        return [f"{'+' if fact.appeared else '-'}{self.table[fact.label]}" for fact in facts]
