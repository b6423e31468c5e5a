"""What a camera as it is delivered tells, beside one whose every frame is judged.

The first has the motion gate, and the watch for trouble, which keeps frames of a blind camera from being
judged; the second has neither. Both see the same frames through the same model, with the default
settings; the model looks once for both, so that what differs is what those two pass over. To a user
it is all one which of them it was.

A label whose score hovers around its threshold appears when noise happens to lift it often enough in a
row. Before a scene that stays as it is nothing in the picture says when, and every camera throws dice
of its own: one without a gate before the same scene, with other noise, tells such a label at another
time, or not. So where the camera with the gate did not tell an appearance, or told it late, the clip is
shown to `OTHERS` cameras without a gate, each with noise of its own. If most of these do not tell it
within a frame either, it is counted apart, as chance; if half of them do, it was missed or is late.
A clip without noise has no chance in it.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgecam.config.options import TroubleOptions
from edgecam.messages import Frame
from edgecam.vision.decision import Decision
from edgecam.workshop.camera import Camera, Model, Seen
from edgecam.workshop.gate.clips import FPS, Clip, Photographs
from edgecam.workshop.gate.told import PUNCTUAL, Appearance, Match, Told, match
from edgecam.workshop.scenes import Shot

OTHERS = 4
"""Cameras without a gate, each with other noise."""
_FRAME_NS = round(1e9 / FPS)


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
    """What came of one region of one clip. Appearances are those of the camera without a gate."""

    clip: str
    region: str
    frames: int
    blind: int
    """Of these, those that were not judged, because the watch took the camera for blind."""
    saved: float
    """The part of the others that the gate had the model pass over."""
    cuts: int
    """How often another thing was shown from one frame to the next."""
    cuts_unseen: int
    """Of these, how often the model did not look at once, though the camera did not count as blind."""
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
    camera = Camera(seeing, clip.regions, TroubleOptions())
    watched = [_Watched(region, seeing, box) for region, box in clip.regions.items()]
    for number, shot in enumerate(clip.shots(pictures, frames, 0)):
        seen = camera.see(Frame(shot.pixels, at_ns(number)))
        for each, of_region in zip(watched, seen, strict=True):
            each.see(shot, number, of_region, blind=camera.blind)
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
    """What the camera tells of a region, and what is told where every frame is judged."""

    def __init__(self, name: str, seeing: Model, box: Sequence[float]) -> None:
        self._name = name
        self._seeing = seeing
        self._way = seeing.preprocessor(box)
        self._ungated = Decision(seeing.rules, 0)
        self._told = Told()
        self._told_gated = Told()
        self._looked: list[bool] = []
        self._blind: list[bool] = []
        self._shown: list[str | None] = []

    def see(self, shot: Shot, number: int, gated: Seen, *, blind: bool) -> None:
        """One more frame, and what the camera made of it."""
        scores = self._seeing.look(shot.pixels, self._way)
        self._told.add(number, self._ungated.look(scores, at_ns(number)))
        self._told_gated.add(number, gated.facts)
        self._looked.append(gated.looked)
        self._blind.append(blind)
        self._shown.append(shot.shown)

    @property
    def is_late(self) -> bool:
        """Whether the camera has something to answer for."""
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
        judged = len(self._blind) - sum(self._blind)
        return Outcome(
            clip=clip,
            region=self._name,
            frames=len(self._looked),
            blind=sum(self._blind),
            saved=1 - sum(self._looked) / judged if judged else 0.0,
            cuts=len(cuts),
            cuts_unseen=sum(not (self._looked[at] or self._blind[at]) for at in cuts),
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
