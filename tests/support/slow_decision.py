"""What `edgecam.vision.decision` should decide, written again in plain Python, slowly and simply.

Every look at the past goes through the whole history: no counts are kept. Scores and thresholds
are 32-bit floats, as the model gives them.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from edgecam.config import DecisionOptions
from edgecam.messages import Sighting
from edgecam.vision.nearness import NEAR


def f32(value: float) -> float:
    """A number as 32 bits hold it."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


@dataclass
class Subject:
    """A label or a group, and everything that was ever seen of it."""

    label: int
    members: list[int]
    appear: float
    disappear: float
    values: list[float] = field(default_factory=list)
    counts: list[bool] = field(default_factory=list)  # whether it may vote to appear in that look
    present: bool = False
    turned: int = 0  # looks before this one no longer vote against its present state
    last_appeared_ns: int | None = None
    sure: int = 0  # how surely it last appeared

    def votes(self, window: int, *, high: bool) -> list[float]:
        """The scores among the last looks that are high enough, or low enough."""
        first = max(len(self.values) - window, 0)
        return [
            value
            for look, value in enumerate(self.values)
            if look >= first
            and ((value >= self.appear and self.counts[look]) if high else value < self.disappear)
            and look >= self.turned
        ]


class SlowDecision:
    """One region."""

    def __init__(self, options: DecisionOptions, labels: Sequence[str], region: int) -> None:
        self.options = options
        self.region = region
        self.subjects = _subjects(options, labels)
        self.nears: list[bool] = []  # of each look since something last changed

    def look(self, scores: Sequence[float], at_ns: int) -> list[Sighting]:
        """The facts of one look, appearances first."""
        named = [score for score in scores if score >= f32(0.05)]
        for subject in self.subjects:
            value = f32(sum(scores[i] for i in subject.members))
            clear = sum(named) >= self.options.clear or value >= f32(self.options.clear)
            subject.values.append(value)
            subject.counts.append(clear)
        was_present = [subject.present for subject in self.subjects]
        absent = [one for one, was in zip(self.subjects, was_present, strict=True) if not was]
        present = [one for one, was in zip(self.subjects, was_present, strict=True) if was]
        facts = self._appearances(absent, at_ns) + self._disappearances(present, at_ns)
        if facts:
            self.nears = [False] * len(self.nears)
        self.nears.append(any(self._is_near(one, sum(named)) for one in self.subjects))
        return facts

    def repeat(self, at_ns: int) -> list[Sighting]:
        """The facts of a moment without a look."""
        return self._appearances([one for one in self.subjects if not one.present], at_ns)

    def settled(self) -> bool:
        """Whether the last looks leave no subject with some votes, but too few."""
        window, enough = self.options.window, self.options.votes
        cast = [len(one.votes(window, high=not one.present)) for one in self.subjects]
        full = all(len(one.values) >= window for one in self.subjects)
        return full and not any(0 < votes < enough for votes in cast)

    def near(self) -> bool:
        """Whether a change was nearly voted for in the last looks."""
        return any(self.nears[-self.options.window :])

    def _is_near(self, subject: Subject, named: float) -> bool:
        value = subject.values[-1]
        if subject.present:
            return f32(value - f32(NEAR)) < subject.disappear
        raised = f32(value + f32(NEAR))
        clear = named + NEAR >= self.options.clear or raised >= f32(self.options.clear)
        return raised >= subject.appear and clear

    def _appearances(self, absent: Sequence[Subject], at_ns: int) -> list[Sighting]:
        """The surest first."""
        facts = []
        for subject in absent:
            votes = subject.votes(self.options.window, high=True)
            if len(votes) >= self.options.votes and self._cooled(subject, at_ns):
                subject.last_appeared_ns = at_ns
                facts.append(self._turn(subject, votes, at_ns))
                subject.sure = facts[-1].confidence
        return sorted(facts, key=lambda fact: -fact.confidence)

    def _disappearances(self, present: Sequence[Subject], at_ns: int) -> list[Sighting]:
        """What the region shows, which is what appeared last, and then the surest, last."""
        facts = []
        of_equals_the_first_last = reversed(present)
        shown_last = sorted(
            of_equals_the_first_last, key=lambda one: (one.last_appeared_ns or 0, one.sure)
        )
        for subject in shown_last:
            votes = subject.votes(self.options.window, high=False)
            if len(votes) >= self.options.votes:
                facts.append(self._turn(subject, votes, at_ns))
        return facts

    def _cooled(self, subject: Subject, at_ns: int) -> bool:
        last_ns = subject.last_appeared_ns
        return last_ns is None or at_ns - last_ns >= round(self.options.cooldown_s * 1e9)

    def _turn(self, subject: Subject, votes: list[float], at_ns: int) -> Sighting:
        subject.present = not subject.present
        subject.turned = len(subject.values)
        mean = f32(f32(sum(votes)) / len(votes))
        return Sighting(
            appeared=subject.present,
            region=self.region,
            label=subject.label,
            confidence=min(round(mean * 1000), 1000),
            at_ns=at_ns,
        )


def _subjects(options: DecisionOptions, labels: Sequence[str]) -> list[Subject]:
    """Labels in no group, in order; then groups by name."""
    grouped = {name for names in options.groups.values() for name in names}
    made = [(name, index, [index]) for index, name in enumerate(labels) if name not in grouped]
    for position, group in enumerate(sorted(options.groups)):
        members = [i for i, name in enumerate(labels) if name in options.groups[group]]
        made.append((group, len(labels) + position, members))
    subjects = []
    for name, label, members in made:
        if name in options.ignore or (options.only and name not in options.only):
            continue
        own = options.labels.get(name)
        appear = own.appear if own and own.appear is not None else options.appear
        disappear = own.disappear if own and own.disappear is not None else options.disappear
        subjects.append(Subject(label, members, f32(appear), f32(disappear)))
    return subjects
