"""Turns scores over time into facts: what appeared and what disappeared.

A subject (a label, or a group of labels whose scores add up) appears when it scored at least
`appear` in `votes` of the last `window` looks, and not sooner than `cooldown_s` after it last
appeared. It disappears when it scored less than `disappear` in `votes` of them.

A scene that is none of the labels spreads its score over many of them, often with one ahead; a
photograph of one of them divides it among a few that look alike. So a look is clear where the labels
that are worth naming add up to `clear`, and in one that is not a subject must reach `clear` by
itself. Of six measures tried none told the two apart better; `docs/accuracy.md` has figures.

Pure: no clock, no I/O; the same looks give the same facts. Facts are computed for all subjects at
once, a few array operations a look.
"""

import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Scores
from edgecam.messages import Scored, Sighting, Tally
from edgecam.vision.nearness import Nearness
from edgecam.vision.rules import Rules
from edgecam.vision.votes import Votes

TALLIED = 3  # subjects that an explanation names
WORTH_NAMING = 0.05  # of a score; under it lies the tail that is no answer
_ROUNDING = 0.001  # of differences between scores


class Decision:
    """The memory of one region; feed it every look at that region, in order."""

    def __init__(self, rules: Rules, region: int) -> None:
        count = len(rules.subjects)
        self.quiet = False
        """As of the last look: whether the window is full and in it nobody voted, or came near to it.

        So it is nearly always. Then a look that does neither changes nothing, and is soon over:
        right after the model had the processor's caches each array operation costs microseconds.
        """
        self._rules = rules
        # Each label is a subject of its own, in the labels' order.
        self._one_to_one = np.array_equal(rules.members, np.arange(count))
        self._region = region
        self._looks = 0
        self._gathered = np.zeros(len(rules.members), np.float32)
        self._values = np.zeros((rules.window, count), np.float32)
        thresholds = (rules.appear, rules.appear_unclear, rules.disappear)
        self._nearness = Nearness(*thresholds, rules.window, rules.near)
        self._present = np.zeros(count, bool)
        self._absent = np.ones(count, bool)
        # Below it, a score is no vote for what is absent, nor near one; above it, for what is present.
        self._hopeless = rules.appear - np.float32(rules.near + _ROUNDING)
        self._secure = rules.disappear + np.float32(rules.near + _ROUNDING)
        self._low = self._hopeless.copy()  # infinite for what is present
        self._low_flags = bytearray(count)  # for each subject whether it is low, 0 or 1
        self._is_low: NDArray[np.bool_] = np.ndarray(count, np.bool_, self._low_flags)
        self._standing: list[int] = []  # what is present; what the region shows stands last
        # Only what can turn a subject is a vote: a high score of one that is absent, a low score of
        # one that is present.
        self._rising = Votes(rules.window, count)
        self._falling = Votes(rules.window, count)
        self._may_appear_ns = np.zeros(count, np.int64)

    def look(self, scores: Scores, at_ns: int) -> list[Sighting]:
        """The facts that follow from one more look, taken at a monotonic time."""
        rules = self._rules
        if len(rules.subjects) == 0:
            return []
        slot = self._looks % rules.window
        self._looks += 1
        values = self._values[slot]
        if self._one_to_one:
            np.copyto(values, scores[: len(values)])
        elif len(rules.members) == len(rules.subjects):
            np.take(scores, rules.members, out=values, mode="clip")
        else:
            np.take(scores, rules.members, out=self._gathered, mode="clip")
            np.add.reduceat(self._gathered, rules.starts, out=values)
        eventless = self._is_eventless(values)
        if self.quiet and eventless:
            return []
        if eventless:
            self._rising.pass_over(slot)
            self._falling.pass_over(slot)
        else:
            self._vote(scores, slot)
        facts = self._turn(at_ns)
        if eventless and not facts:
            self._nearness.pass_over(slot)
        else:
            if facts:
                self._nearness.forget()
            self._nearness.close(
                slot, values, self._present, lambda: self._is_clear(scores, rules.near)
            )
        pending = self._rising or self._falling or self._nearness
        self.quiet = self._looks >= rules.window and not pending
        return facts

    def repeat(self, at_ns: int) -> list[Sighting]:
        """The facts of a moment at which nothing new was to be seen.

        It is no look: nobody votes, or else one odd look would make up a majority by itself. So
        only the end of a cooldown can bring a fact.
        """
        return self._turn(at_ns)

    @property
    def settled(self) -> bool:
        """Whether the same scores again would bring nothing but the end of a cooldown.

        So it is where the window is full, and no subject has some votes, but too few.
        """
        votes = self._rules.votes
        full = self._looks >= self._rules.window or not self._rules.subjects
        return full and not (self._rising.short_of(votes) or self._falling.short_of(votes))

    @property
    def near(self) -> bool:
        """Whether one of the last looks, since something last changed, came close to a vote."""
        return bool(self._nearness)

    @property
    def waiting(self) -> bool:
        """Whether a subject would have appeared but for its cooldown, whose end brings a fact."""
        return bool(self._rising.with_at_least(self._rules.votes))

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
                heir._may_appear_ns[there] = self._may_appear_ns[place]
        for place in self._standing:
            there = places.get(self._rules.subjects[place].name)
            if there is not None:
                heir._place(there, present=True)
            else:
                ended.append(self._fact(place, at_ns, appeared=False, confidence=0))
        return heir, ended

    def rest(self, at_ns: int) -> list[Sighting]:
        """The end of what is present, since nobody looks from now on; cooldowns go on.

        Whoever looks again begins with an empty window: looks from before a rest say nothing of now.
        """
        present = self._standing.copy()
        for place in present:
            self._place(place, present=False)
        self._looks = 0
        self.quiet = False
        self._rising.clear()
        self._falling.clear()
        self._nearness.forget()
        return [self._fact(place, at_ns, appeared=False, confidence=0) for place in present]

    def tally(self) -> tuple[Tally, ...]:
        """The subjects that scored best over the last looks, and how their votes stand."""
        looks = self.looks
        if not looks or not self._rules.subjects:
            return ()
        values = self._values[:looks]
        means = values.mean(axis=0)
        best = np.argsort(-means, kind="stable")[:TALLIED]
        return tuple(self._stand(int(place), float(means[place])) for place in best)

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
    def window(self) -> int:
        """How many looks count, at most."""
        return self._rules.window

    @property
    def looks(self) -> int:
        """How many of the last looks count: at most the window."""
        return min(self._looks, self._rules.window)

    def _stand(self, place: int, mean: float) -> Tally:
        """How the votes for a subject stand; those for what is so already turn nothing."""
        values = self._values[: self.looks, place]
        present = bool(self._present[place])
        high = values >= self._rules.appear[place] if present else self._rising.cast[:, place]
        low = self._falling.cast[:, place] if present else values < self._rules.disappear[place]
        return Tally(
            label=self._rules.subjects[place].index,
            score=_thousandths(mean),
            high_votes=int(np.count_nonzero(high)),  # NumPy gives a number of its own from 2.4 on
            low_votes=int(np.count_nonzero(low)),
            present=present,
        )

    def _is_clear(self, scores: Scores, allowance: float = 0.0) -> bool:
        # In 64 bits, so that the order of the labels is no matter.
        named = scores[scores >= WORTH_NAMING]
        return float(named.sum(dtype=np.float64)) + allowance >= self._rules.clear

    def _is_eventless(self, values: NDArray[np.float32]) -> bool:
        """Whether no score is on the side of its threshold that would be a vote, or near it."""
        np.less(values, self._low, out=self._is_low)
        if 0 in self._low_flags:  # NumPy, just after invoke(), takes 5 µs more to see it
            return False
        return all(values[place] > self._secure[place] for place in self._standing)

    def _vote(self, scores: Scores, slot: int) -> None:
        """Count the votes of a look whose values are in place."""
        rules, values = self._rules, self._values[slot]
        np.less(values, rules.disappear, out=self._falling.cast[slot])
        self._falling.close(slot, self._present)
        np.greater_equal(values, rules.appear, out=self._rising.cast[slot])
        # Whether the look is clear matters only where it could bring something.
        if self._rising.close(slot, self._absent) and not self._is_clear(scores):
            np.greater_equal(values, rules.appear_unclear, out=self._rising.cast[slot])
            self._rising.close(slot, self._absent)

    def _turn(self, at_ns: int) -> list[Sighting]:
        """Tell of the subjects that have votes enough, so that what is shown changes only once.

        A region shows what appeared last, of several at once the surest. So what appears is told
        before what disappears, the surest first; and what is shown disappears last.
        """
        votes = self._rules.votes
        gone = self._falling.with_at_least(votes)
        sure = {
            place: self._mean(self._rising.forget(place), place)
            for place in self._rising.with_at_least(votes)
            if self._may_appear_ns[place] <= at_ns
        }
        come = sorted(sure, key=lambda place: -sure[place])
        gone.sort(key=self._standing.index)
        for place in reversed(come):
            self._place(place, present=True)
            self._may_appear_ns[place] = at_ns + self._rules.cooldown_ns
        facts = [self._fact(place, at_ns, appeared=True, confidence=sure[place]) for place in come]
        return facts + [self._disappeared(place, at_ns) for place in gone]

    def _disappeared(self, place: int, at_ns: int) -> Sighting:
        confidence = self._mean(self._falling.forget(place), place)
        self._place(place, present=False)
        return self._fact(place, at_ns, appeared=False, confidence=confidence)

    def _place(self, place: int, *, present: bool) -> None:
        self._present[place] = present
        self._absent[place] = not present
        self._low[place] = np.inf if present else self._hopeless[place]
        if present:
            self._standing.append(place)
        else:
            self._standing.remove(place)

    def _fact(self, place: int, at_ns: int, *, appeared: bool, confidence: int) -> Sighting:
        label = self._rules.subjects[place].index
        return Sighting(appeared, self._region, label, confidence, at_ns)

    def _mean(self, looks: NDArray[np.bool_], place: int) -> int:
        """The mean score of the looks that voted, in thousandths."""
        return _thousandths(float(self._values[looks, place].mean()))


def _thousandths(score: float) -> int:
    """A score as it crosses the wall; the sum of a group may be over 1."""
    return min(round(score * 1000), 1000)
