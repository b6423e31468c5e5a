"""What is decided on and how: a configuration, as arrays over its subjects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgecam.config import DecisionOptions
from edgecam.subjects import Subject
from edgecam.vision.nearness import NEAR


@dataclass(frozen=True)
class Rules:
    """Shared by all regions.

    `subjects[i]` is what the score `i` stands for: the sum of the model's scores
    `members[starts[i]:starts[i + 1]]`. Thresholds are `(subjects,)`; `appear_unclear` is for looks
    that are not clear.
    """

    subjects: tuple[Subject, ...]
    members: NDArray[np.intp]
    starts: NDArray[np.intp]
    appear: NDArray[np.float32]
    appear_unclear: NDArray[np.float32]
    disappear: NDArray[np.float32]
    clear: float
    votes: int
    window: int
    cooldown_ns: int
    near: float = NEAR
    """By how much a score may miss a vote and still be near one; others are for comparison."""

    @classmethod
    def build(cls, options: DecisionOptions, subjects: Sequence[Subject]) -> "Rules":
        """The rules of a configuration for the subjects that it chose."""
        counts = [len(subject.members) for subject in subjects]
        appear = np.array([subject.appear for subject in subjects], np.float32)
        return cls(
            subjects=tuple(subjects),
            members=np.array([i for subject in subjects for i in subject.members], np.intp),
            starts=np.cumsum([0, *counts])[:-1].astype(np.intp),
            appear=appear,
            appear_unclear=np.maximum(appear, np.float32(options.clear)),
            disappear=np.array([subject.disappear for subject in subjects], np.float32),
            clear=options.clear,
            votes=options.votes,
            window=options.window,
            cooldown_ns=round(options.cooldown_s * 1e9),
        )
