"""What a decider told, held against what was shown."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from edgecam.workshop.decision.deciders import Fact

_HOUR_S = 3600.0


@dataclass(frozen=True)
class Truth:
    """What a showing is: the labels that may be told of it, none for a scene of nothing.

    `recognisable`: the model names one of them first in the photograph as it is.
    """

    accepted: frozenset[int]
    recognisable: bool
    nothing: bool


@dataclass
class Outcome:
    """What was told over many showings; begin each with `show`, then give every frame's facts."""

    fps: float
    flaps: int = 0
    """Appearances in photographs beyond the first of each accepted label."""
    false_matches: int = 0
    """Appearances in scenes that show nothing."""
    delays_s: list[float | None] = field(default_factory=list)
    """Of each recognisable photograph: from its first frame until an accepted label is there."""
    photograph_frames: int = 0
    nothing_frames: int = 0
    held_frames: int = 0
    """Frames of scenes of nothing in which any label was said to be there."""

    def __post_init__(self) -> None:
        self._present: set[int] = set()
        self._told: set[int] = set()
        self._frame = 0
        self._awaited = False
        self._truth = Truth(frozenset(), recognisable=False, nothing=True)

    def show(self, truth: Truth) -> None:
        """Something else is shown from the next frame on."""
        self._truth = truth
        self._told = set()
        self._frame = 0
        self._awaited = truth.recognisable
        if truth.recognisable:
            self.delays_s.append(None)

    def frame(self, facts: Iterable[Fact]) -> None:
        """What was told at one frame."""
        for label, appeared in facts:
            if appeared:
                self._appeared(label)
            else:
                self._present.discard(label)
        if self._truth.nothing:
            self.nothing_frames += 1
            self.held_frames += bool(self._present)
        else:
            self.photograph_frames += 1
        if self._awaited and self._present & self._truth.accepted:
            self._awaited = False
            self.delays_s[-1] = self._frame / self.fps
        self._frame += 1

    def _appeared(self, label: int) -> None:
        self._present.add(label)
        if self._truth.nothing:
            # What still looks out from behind a board is no false match.
            self.false_matches += label not in self._truth.accepted
        elif label in self._truth.accepted and label not in self._told:
            self._told.add(label)
        else:
            self.flaps += 1

    @property
    def flaps_per_h(self) -> float:
        """Appearances too many in an hour of photographs."""
        return self.flaps / max(self.photograph_frames, 1) * self.fps * _HOUR_S

    @property
    def false_per_h(self) -> float:
        """False matches in an hour of nothing."""
        return self.false_matches / max(self.nothing_frames, 1) * self.fps * _HOUR_S

    @property
    def held_percent(self) -> float:
        """The part of the time of nothing in which something was said to be there."""
        return 100 * self.held_frames / max(self.nothing_frames, 1)

    @property
    def missed_percent(self) -> float:
        """The part of recognisable photographs that was never told."""
        return 100 * self.delays_s.count(None) / max(len(self.delays_s), 1)

    def delay_s(self, percentile: float) -> float | None:
        """Of what was told, how long it took; None where nothing was."""
        told = [delay for delay in self.delays_s if delay is not None]
        return float(np.percentile(told, percentile)) if told else None


def later_s(outcome: Outcome, other: Outcome) -> float | None:
    """How much later one told than another, on the average over what both told; None: over nothing.

    Delays of different photographs do not compare: who tells the hard ones too takes longer.
    """
    pairs = zip(outcome.delays_s, other.delays_s, strict=True)
    later = [mine - its for mine, its in pairs if mine is not None and its is not None]
    return sum(later) / len(later) if later else None
