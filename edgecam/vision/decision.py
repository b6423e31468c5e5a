"""Turns scores over time into facts: what appeared and what disappeared.

A subject (a label, or a group of labels whose scores add up) appears when it scored at least
`appear` in `votes` of the last `window` looks, and not sooner than `cooldown_s` after it last
appeared. It disappears when it scored less than `disappear` in `votes` of them.

Pure: no clock, no I/O; the same looks give the same facts. Facts are computed for all subjects at
once, a few array operations a look.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.messages import Scored, Sighting, Tally
from edgecam.subjects import Subject

TALLIED = 3  # subjects that an explanation names


@dataclass(frozen=True)
class Rules:
    """What is decided on and how; shared by all regions.

    `subjects[i]` is what the score `i` stands for: the sum of the model's scores
    `members[starts[i]:starts[i + 1]]`. Thresholds are `(subjects,)`.
    """

    subjects: tuple[Subject, ...]
    members: NDArray[np.intp]
    starts: NDArray[np.intp]
    appear: NDArray[np.float32]
    disappear: NDArray[np.float32]
    votes: int
    window: int
    cooldown_ns: int

    @classmethod
    def build(cls, options: DecisionOptions, subjects: Sequence[Subject]) -> "Rules":
        """The rules of a configuration for the subjects that it chose."""
        counts = [len(subject.members) for subject in subjects]
        return cls(
            subjects=tuple(subjects),
            members=np.array([i for subject in subjects for i in subject.members], np.intp),
            starts=np.cumsum([0, *counts])[:-1].astype(np.intp),
            appear=np.array([subject.appear for subject in subjects], np.float32),
            disappear=np.array([subject.disappear for subject in subjects], np.float32),
            votes=options.votes,
            window=options.window,
            cooldown_ns=round(options.cooldown_s * 1e9),
        )


class Decision:
    """The memory of one region; feed it every look at that region, in order."""

    def __init__(self, rules: Rules, region: int) -> None:
        count = len(rules.subjects)
        self._rules = rules
        self._region = region
        self._looks = 0
        self._gathered = np.zeros(len(rules.members), np.float32)
        self._values = np.zeros((rules.window, count), np.float32)
        self._high = np.zeros((rules.window, count), bool)
        self._low = np.zeros((rules.window, count), bool)
        self._high_votes = np.zeros(count, np.int16)
        self._low_votes = np.zeros(count, np.int16)
        self._present = np.zeros(count, bool)
        self._may_appear_ns = np.zeros(count, np.int64)

    def look(self, scores: Scores, at_ns: int) -> list[Sighting]:
        """The facts that follow from one more look, taken at a monotonic time."""
        if len(self._rules.subjects) == 0:
            return []
        slot = self._looks % self._rules.window
        self._looks += 1
        values = self._values[slot]
        np.take(scores, self._rules.members, out=self._gathered, mode="clip")
        np.add.reduceat(self._gathered, self._rules.starts, out=values)
        self._vote(self._high, self._high_votes, slot, values >= self._rules.appear)
        self._vote(self._low, self._low_votes, slot, values < self._rules.disappear)
        votes = self._rules.votes
        gone = self._present & (self._low_votes >= votes)
        come = (self._high_votes >= votes) & ~self._present & (self._may_appear_ns <= at_ns)
        facts = [self._disappeared(int(i), at_ns) for i in np.flatnonzero(gone)]
        return facts + [self._appeared(int(i), at_ns) for i in np.flatnonzero(come)]

    def under(self, rules: Rules, at_ns: int) -> tuple["Decision", list[Sighting]]:
        """The same region under other rules, and the end of what these no longer know.

        What is present stays so, cooldowns go on; votes are counted anew.
        """
        heir = Decision(rules, self._region)
        places = {subject.name: place for place, subject in enumerate(rules.subjects)}
        ended = []
        for place, subject in enumerate(self._rules.subjects):
            there = places.get(subject.name)
            if there is not None:
                heir._present[there] = self._present[place]
                heir._may_appear_ns[there] = self._may_appear_ns[place]
            elif self._present[place]:
                ended.append(self._fact(place, at_ns, appeared=False, confidence=0))
        return heir, ended

    def tally(self) -> tuple[Tally, ...]:
        """The subjects that scored best over the last looks, and how their votes stand."""
        looks = min(self._looks, self._rules.window)
        if not looks or not self._rules.subjects:
            return ()
        means = self._values[:looks].mean(axis=0)
        best = np.argsort(-means, kind="stable")[:TALLIED]
        return tuple(
            Tally(
                label=self._rules.subjects[place].index,
                score=_thousandths(float(means[place])),
                high_votes=int(self._high_votes[place]),
                low_votes=int(self._low_votes[place]),
                present=bool(self._present[place]),
            )
            for place in best
        )

    def best(self, count: int) -> tuple[Scored, ...]:
        """The subjects that scored best at the last look; those that scored nothing left out."""
        if not self._looks or not self._rules.subjects:
            return ()
        values = self._values[(self._looks - 1) % self._rules.window]
        scored = [
            Scored(self._rules.subjects[place].index, _thousandths(float(values[place])))
            for place in np.argsort(-values, kind="stable")[:count]
        ]
        return tuple(one for one in scored if one.score)

    @property
    def looks(self) -> int:
        """How many of the last looks count: at most the window."""
        return min(self._looks, self._rules.window)

    @staticmethod
    def _vote(
        cast: NDArray[np.bool_], counts: NDArray[np.int16], slot: int, now: NDArray[np.bool_]
    ) -> None:
        """Replace the oldest votes by the newest, keeping the counts."""
        counts -= cast[slot]
        counts += now
        cast[slot] = now

    def _appeared(self, place: int, at_ns: int) -> Sighting:
        self._present[place] = True
        self._may_appear_ns[place] = at_ns + self._rules.cooldown_ns
        sighting = self._fact(place, at_ns, appeared=True, confidence=self._mean(self._high, place))
        self._forget(self._low, self._low_votes, place)
        return sighting

    def _disappeared(self, place: int, at_ns: int) -> Sighting:
        self._present[place] = False
        sighting = self._fact(place, at_ns, appeared=False, confidence=self._mean(self._low, place))
        self._forget(self._high, self._high_votes, place)
        return sighting

    def _fact(self, place: int, at_ns: int, *, appeared: bool, confidence: int) -> Sighting:
        label = self._rules.subjects[place].index
        return Sighting(appeared, self._region, label, confidence, at_ns)

    @staticmethod
    def _forget(cast: NDArray[np.bool_], counts: NDArray[np.int16], place: int) -> None:
        """Drop votes from before a turn: they must not turn it back (votes <= window / 2)."""
        cast[:, place] = False
        counts[place] = 0

    def _mean(self, cast: NDArray[np.bool_], place: int) -> int:
        """The mean score of the looks that voted, in thousandths."""
        return _thousandths(float(self._values[cast[:, place], place].mean()))


def _thousandths(score: float) -> int:
    """A score as it crosses the wall; the sum of a group may be over 1."""
    return min(round(score * 1000), 1000)
