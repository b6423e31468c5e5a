"""Turns scores over time into facts: what appeared, what disappeared, what a region shows now.

A subject (a label, or a group of labels whose scores add up) appears when it scored at least
`appear` in `votes` of the last `window` looks, and not sooner than `cooldown_s` after it last
appeared. It disappears when it scored less than `disappear` in `votes` of them. A region shows the
subject that appeared last among those present, or "unknown".

Pure: no clock, no I/O; the same looks give the same facts. Facts are computed for all subjects at
once, a few array operations a look.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Scores
from edgecam.config import DecisionOptions
from edgecam.errors import ConfigError
from edgecam.messages import UNKNOWN, RegionState, Sighting


@dataclass(frozen=True)
class Rules:
    """What is decided on and how; shared by all regions.

    `subjects[i]` is an index into the wall's label table; its score is the sum of the model's
    scores `members[starts[i]:starts[i + 1]]`. Thresholds are `(subjects,)`.
    """

    subjects: NDArray[np.intp]
    members: NDArray[np.intp]
    starts: NDArray[np.intp]
    appear: NDArray[np.float32]
    disappear: NDArray[np.float32]
    votes: int
    window: int
    cooldown_ns: int

    @classmethod
    def build(cls, options: DecisionOptions, labels: Sequence[str]) -> "Rules":
        """The rules of a configuration for a model's labels.

        Raises ConfigError for a label that neither the model nor a group knows.
        """
        groups = {name: options.groups[name] for name in sorted(options.groups)}
        members = _group_members(groups, labels)
        taken = {index for group in members.values() for index in group}
        alone: dict[str, list[int]] = {}  # of labels that stand twice in a model, both are one
        for index, name in enumerate(labels):
            if index not in taken:
                alone.setdefault(name, []).append(index)
        named = [*alone.items(), *members.items()]
        _check_known(options, labels, groups)
        chosen = [
            (name, indices)
            for name, indices in named
            if name not in options.ignore and (not options.only or name in options.only)
        ]
        subjects = [
            len(labels) + list(groups).index(name) if name in groups else indices[0]
            for name, indices in chosen
        ]
        own = options.labels
        return cls(
            subjects=np.array(subjects, np.intp),
            members=np.array([i for _, indices in chosen for i in indices], np.intp),
            starts=np.cumsum([0, *(len(indices) for _, indices in chosen)])[:-1].astype(np.intp),
            appear=_thresholds(chosen, options.appear, {n: o.appear for n, o in own.items()}),
            disappear=_thresholds(
                chosen, options.disappear, {n: o.disappear for n, o in own.items()}
            ),
            votes=options.votes,
            window=options.window,
            cooldown_ns=round(options.cooldown_s * 1e9),
        )


class Decision:
    """The memory of one region; feed it every look at that region, in order."""

    def __init__(self, rules: Rules, region: int, at_ns: int) -> None:
        """`at_ns`: since when the region shows "unknown"."""
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
        self._appearances = 0
        self._sightings: dict[int, Sighting] = {}  # subject → its appearance, while present
        self.state = RegionState(region, UNKNOWN, 0, at_ns)

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
        facts += [self._appeared(int(i), at_ns) for i in np.flatnonzero(come)]
        if facts:
            self._update_state(at_ns)
        return facts

    @staticmethod
    def _vote(
        cast: NDArray[np.bool_], counts: NDArray[np.int16], slot: int, now: NDArray[np.bool_]
    ) -> None:
        """Replace the oldest votes by the newest, keeping the counts."""
        counts -= cast[slot]
        counts += now
        cast[slot] = now

    def _appeared(self, subject: int, at_ns: int) -> Sighting:
        self._appearances += 1
        self._present[subject] = True
        self._may_appear_ns[subject] = at_ns + self._rules.cooldown_ns
        sighting = Sighting(
            appeared=True,
            region=self._region,
            label=int(self._rules.subjects[subject]),
            confidence=self._mean(self._high, subject),
            appearance=self._appearances,
            start_ns=at_ns,
            at_ns=at_ns,
        )
        self._sightings[subject] = sighting
        self._forget(self._low, self._low_votes, subject)
        return sighting

    def _disappeared(self, subject: int, at_ns: int) -> Sighting:
        self._present[subject] = False
        began = self._sightings.pop(subject)
        sighting = Sighting(
            appeared=False,
            region=self._region,
            label=began.label,
            confidence=self._mean(self._low, subject),
            appearance=began.appearance,
            start_ns=began.start_ns,
            at_ns=at_ns,
        )
        self._forget(self._high, self._high_votes, subject)
        return sighting

    @staticmethod
    def _forget(cast: NDArray[np.bool_], counts: NDArray[np.int16], subject: int) -> None:
        """Drop votes from before a turn: they must not turn it back (votes <= window / 2)."""
        cast[:, subject] = False
        counts[subject] = 0

    def _mean(self, cast: NDArray[np.bool_], subject: int) -> int:
        """The mean score of the looks that voted, in thousandths."""
        mean = float(self._values[cast[:, subject], subject].mean())
        return min(round(mean * 1000), 1000)

    def _update_state(self, at_ns: int) -> None:
        latest = max(
            self._sightings.values(),
            key=lambda sighting: (sighting.start_ns, sighting.confidence, -sighting.label),
            default=None,
        )
        if latest is not None:
            self.state = RegionState(self._region, latest.label, latest.confidence, latest.start_ns)
        elif self.state.label != UNKNOWN:
            self.state = RegionState(self._region, UNKNOWN, 0, at_ns)


def _group_members(
    groups: Mapping[str, Sequence[str]], labels: Sequence[str]
) -> dict[str, list[int]]:
    members = {}
    for group, names in groups.items():
        for position, name in enumerate(names):
            if name not in labels:
                raise _unknown_label(f"decision.groups.{group}[{position}]", name, labels)
        if group in labels and group not in names:
            msg = f'"{group}" is already a label of the model; name it as a member, or rename'
            raise ConfigError(msg, option=f"decision.groups.{group}")
        members[group] = [index for index, label in enumerate(labels) if label in names]
    return members


def _check_known(
    options: DecisionOptions, labels: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> None:
    """Raises ConfigError for names that nothing stands behind, or only a group."""
    table = [*labels, *groups]
    group_of = {name: group for group, names in groups.items() for name in names}
    for option, names in (
        ("only", options.only),
        ("ignore", options.ignore),
        ("labels", options.labels),
    ):
        for position, name in enumerate(names):
            place = f".{name}" if option == "labels" else f"[{position}]"
            if name not in table:
                raise _unknown_label(f"decision.{option}{place}", name, table)
            if name in group_of and name not in groups:
                msg = f'"{name}" counts as "{group_of[name]}" (decision.groups); name that instead'
                raise ConfigError(msg, option=f"decision.{option}{place}")


def _unknown_label(option: str, name: str, known: Sequence[str]) -> ConfigError:
    near = [label for label in known if name.lower() in re.split(r"\W+", label.lower())]
    near = near[:5] or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    names = " or ".join(f'"{label}"' for label in near)
    hint = f"; did you mean {names}?" if near else ""
    return ConfigError(f'"{name}" is no label of the model and no group{hint}', option=option)


def _thresholds(
    chosen: Sequence[tuple[str, Sequence[int]]], usual: float, own: Mapping[str, float | None]
) -> NDArray[np.float32]:
    values = [own.get(name) for name, _ in chosen]
    return np.array([usual if value is None else value for value in values], np.float32)
