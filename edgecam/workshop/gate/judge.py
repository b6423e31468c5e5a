"""What a camera with a motion gate tells, beside what the same camera tells without one.

Both see the same frames through the same model, with the default settings; the model looks once for
both, so that what differs is the gate alone.

A label whose score hovers around its threshold appears when noise happens to lift it often enough in a
row. Before a scene that stays as it is nothing in the picture says when, and every camera throws dice
of its own: one without a gate before the same scene, with other noise, tells such a label at another
time, or not. So where the camera with the gate did not tell an appearance, or told it late, the clip is
shown to `OTHERS` cameras without a gate, each with noise of its own. If most of these do not tell it
within a frame either, it is counted apart, as chance; if half of them do, it was missed or is late.
A clip without noise has no chance in it.
"""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from edgecam import model, runtimes
from edgecam.arrays import Pixels, Scores
from edgecam.config import INSTALLATION, DecisionOptions, ModelOptions
from edgecam.config.options import MotionOptions
from edgecam.messages import Frame
from edgecam.subjects import choose
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.region import Region
from edgecam.workshop.gate.clips import FPS, Clip, Photographs
from edgecam.workshop.gate.told import PUNCTUAL, Appearance, Match, Told, match
from edgecam.workshop.scenes import Shot

OTHERS = 4
"""Cameras without a gate, each with other noise."""
_FRAME_NS = round(1e9 / FPS)


class Model:
    """The bundled model with the default settings."""

    def __init__(self) -> None:
        how = ModelOptions(file=str(INSTALLATION / ModelOptions().file))
        decision = DecisionOptions()
        self.found = model.load(how)
        self.how = how
        self.rules = Rules.build(decision, choose(decision, self.found.labels))
        self.classifier = Classifier(self.found, runtimes.chosen(how.runtime), how.threads)
        self.prepared = self.classifier.blank()
        self._last: tuple[bytes, Scores] = (b"", self.classifier.no_scores())

    def preprocessor(self, box: Sequence[float]) -> Preprocessor:
        """The way of a region into the model."""
        return Preprocessor(self.found, self.how.fit, self.how.crop, box)

    def look(self, pixels: Pixels, preprocessor: Preprocessor) -> Scores:
        """What a region of a frame scores; the same input as before is not asked about again."""
        preprocessor.fill(pixels, self.prepared)
        digest = _digest(self.prepared)
        if digest != self._last[0]:
            self._last = digest, self.classifier.look(self.prepared)
        return self._last[1]


def _digest(prepared: NDArray[Any]) -> bytes:
    return hashlib.blake2b(prepared.data).digest()


@dataclass(frozen=True)
class Chance:
    """An appearance that was not told in time, but by most other cameras without a gate neither."""

    label: str
    frame: int
    late_frames: int | None
    """None: not told at all."""
    told_by: int
    """How many of `OTHERS` told it within a frame."""


@dataclass(frozen=True)
class Outcome:
    """What the gate did to one region of one clip. Appearances are those without a gate."""

    clip: str
    region: str
    frames: int
    saved: float
    """The part of the looks that were saved."""
    cuts: int
    """How often another thing was shown from one frame to the next."""
    cuts_unseen: int
    """Of these, how often the gate did not have the model look at once."""
    appearances: int
    missed: int
    """Of these, those that the camera with the gate did not tell."""
    late_frames: int
    """By how much the latest one was late."""
    chances: list[Chance]
    """Appearances that were not told, or late, and are not counted as such above."""
    told_again: float | None
    """The part of the appearances that a camera without a gate, but with other noise, tells within a
    frame, too; None where nobody had to ask."""
    extra: int
    """Appearances that there are with the gate only."""
    flaps: int
    """Without a gate, and"""
    flaps_gated: int
    """with it: labels that appeared again within 15 s after they went."""


def judge(
    name: str, clip: Clip, pictures: Photographs, frames: int, seeing: Model
) -> list[Outcome]:
    """Run a clip; an outcome for each of its regions."""
    watched = [_Watched(region, seeing, box) for region, box in clip.regions.items()]
    for number, shot in enumerate(clip.shots(pictures, frames, 0)):
        for each in watched:
            each.see(shot, number)
    seeds = range(1, OTHERS + 1) if any(each.is_late for each in watched) else ()
    others = [ungated(clip, clip.shots(pictures, frames, seed), seeing) for seed in seeds]
    return [
        each.outcome(name, [other[place] for other in others]) for place, each in enumerate(watched)
    ]


def ungated(clip: Clip, shots: Iterable[Shot], seeing: Model) -> list[list[Appearance]]:
    """What a camera without a gate tells of each region."""
    ways = [seeing.preprocessor(box) for box in clip.regions.values()]
    cameras = [(way, Decision(seeing.rules, 0), Told()) for way in ways]
    for number, shot in enumerate(shots):
        for way, decision, told in cameras:
            told.add(number, decision.look(seeing.look(shot.pixels, way), at_ns(number)))
    return [told.appeared for _, _, told in cameras]


def at_ns(number: int) -> int:
    """When a frame of a clip is taken."""
    return (number + 1) * _FRAME_NS


class _Watched:
    """A region, with a decision that gets every look and one that gets those the gate wants."""

    def __init__(self, name: str, seeing: Model, box: Sequence[float]) -> None:
        self._seeing = seeing
        self._ungated = Decision(seeing.rules, 0)
        self._region = Region(
            name,
            seeing.preprocessor(box),
            MotionGate(MotionOptions().max_idle_s, seeing.rules.window),
            Decision(seeing.rules, 0),
        )
        self._told = Told()
        self._told_gated = Told()
        self._looked: list[bool] = []
        self._shown: list[str | None] = []

    def see(self, shot: Shot, number: int) -> None:
        """Show a frame to both."""
        region, now_ns = self._region, at_ns(number)
        scores = self._seeing.look(shot.pixels, region.preprocessor)
        wanted = region.is_worth_a_look(Frame(shot.pixels, now_ns))
        self._told.add(number, self._ungated.look(scores, now_ns))
        self._told_gated.add(
            number, region.look(scores, now_ns) if wanted else region.repeat(now_ns)
        )
        self._looked.append(wanted)
        self._shown.append(shot.shown)

    @property
    def is_late(self) -> bool:
        """Whether the gate has something to answer for."""
        return not all(map(_in_time, self._gated().late))

    def outcome(self, clip: str, others: Sequence[Sequence[Appearance]]) -> Outcome:
        """What came of it, where `others` are the appearances of cameras without a gate."""
        gated, again = self._gated(), [match(self._told.appeared, other) for other in others]
        told_by = [sum(column) for column in zip(*(one.punctual for one in again), strict=True)]
        chances = {
            place: Chance(self._seeing.found.labels[label], number, late, told_by[place])
            for place, ((number, label), late) in enumerate(
                zip(self._told.appeared, gated.late, strict=True)
            )
            if not _in_time(late) and 2 * told_by[place] < OTHERS
        }
        counted = [late for place, late in enumerate(gated.late) if place not in chances]
        cuts = self._cuts()
        return Outcome(
            clip=clip,
            region=self._region.name,
            frames=len(self._looked),
            saved=1 - sum(self._looked) / len(self._looked),
            cuts=len(cuts),
            cuts_unseen=sum(not self._looked[number] for number in cuts),
            appearances=len(gated.late),
            missed=counted.count(None),
            late_frames=max([0, *(late for late in counted if late is not None)]),
            chances=list(chances.values()),
            told_again=sum(told_by) / (OTHERS * len(told_by)) if told_by else None,
            extra=gated.extra,
            flaps=self._told.flaps,
            flaps_gated=self._told_gated.flaps,
        )

    def _cuts(self) -> list[int]:
        """The frames in which another thing is shown than in the one before."""
        return [
            number
            for number, (before, now) in enumerate(itertools.pairwise(self._shown), 1)
            if before is not None and now is not None and before != now
        ]

    def _gated(self) -> Match:
        return match(self._told.appeared, self._told_gated.appeared)


def _in_time(late: int | None) -> bool:
    """Sooner is no fault: a gate can spare the looks that would have put something off."""
    return late is not None and late <= PUNCTUAL
