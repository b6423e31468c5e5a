"""What a camera with a motion gate tells, beside what the same camera tells without one.

Both see the same frames through the same model, with the default settings; the model looks once for
both, so that what differs is the gate alone.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edgecam import model, runtimes
from edgecam.arrays import Pixels, Scores
from edgecam.config import INSTALLATION, DecisionOptions, ModelOptions
from edgecam.config.options import MotionOptions
from edgecam.messages import Frame, Sighting
from edgecam.subjects import choose
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.region import Region
from edgecam.workshop.gate.clips import FPS, Clip, Photographs
from edgecam.workshop.scenes import Shot

_FRAME_NS = round(1e9 / FPS)
_SEARCHED = 100  # frames that an appearance may be late and still be the same one: `max_idle_s`
_FLAP = 150  # frames after it disappeared within which the same label that appears again is a flap


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

    def preprocessor(self, box: Sequence[float]) -> Preprocessor:
        """The way of a region into the model."""
        return Preprocessor(self.found, self.how.fit, self.how.crop, box)

    def look(self, pixels: Pixels, preprocessor: Preprocessor) -> Scores:
        """What a region of a frame scores."""
        preprocessor.fill(pixels, self.prepared)
        return self.classifier.look(self.prepared)


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
    late_frames: int
    """By how much the latest one was late."""
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
    for number, shot in enumerate(clip.shots(pictures, frames)):
        for each in watched:
            each.see(shot, number)
    return [each.outcome(name) for each in watched]


class _Watched:
    """A region, with a decision that gets every look and one that gets those the gate wants."""

    def __init__(self, name: str, seeing: Model, box: Sequence[float]) -> None:
        self._seeing = seeing
        self._ungated = Decision(seeing.rules, 0)
        self._region = Region(
            name,
            seeing.preprocessor(box),
            MotionGate(MotionOptions().max_idle_s),
            Decision(seeing.rules, 0),
        )
        self._told = _Told()
        self._told_gated = _Told()
        self._looked: list[bool] = []
        self._shown: list[str | None] = []

    def see(self, shot: Shot, number: int) -> None:
        at_ns = (number + 1) * _FRAME_NS
        region, decision = self._region, self._region.decision
        scores = self._seeing.look(shot.pixels, region.preprocessor)
        wanted = region.is_worth_a_look(Frame(shot.pixels, at_ns))
        self._told.add(number, self._ungated.look(scores, at_ns))
        facts = decision.look(scores, at_ns) if wanted else decision.repeat(at_ns)
        region.settled = decision.settled
        self._told_gated.add(number, facts)
        self._looked.append(wanted)
        self._shown.append(shot.shown)

    def outcome(self, clip: str) -> Outcome:
        late, extra = _matched(self._told.appeared, self._told_gated.appeared)
        found = [frames for frames in late if frames is not None]
        cuts = [
            number
            for number, (before, now) in enumerate(itertools.pairwise(self._shown), 1)
            if before is not None and now is not None and before != now
        ]
        return Outcome(
            clip=clip,
            region=self._region.name,
            frames=len(self._looked),
            saved=1 - sum(self._looked) / len(self._looked),
            cuts=len(cuts),
            cuts_unseen=sum(not self._looked[number] for number in cuts),
            appearances=len(late),
            missed=len(late) - len(found),
            late_frames=max([0, *found]),
            extra=extra,
            flaps=self._told.flaps,
            flaps_gated=self._told_gated.flaps,
        )


@dataclass
class _Told:
    """The facts of a decision, by frame and label."""

    appeared: list[tuple[int, int]] = field(default_factory=list)
    flaps: int = 0
    _gone: dict[int, int] = field(default_factory=dict)

    def add(self, number: int, facts: Iterable[Sighting]) -> None:
        for fact in facts:
            if not fact.appeared:
                self._gone[fact.label] = number
                continue
            self.appeared.append((number, fact.label))
            self.flaps += number - self._gone.get(fact.label, -_FLAP - 1) <= _FLAP


def _matched(
    without: Sequence[tuple[int, int]], gated: Sequence[tuple[int, int]]
) -> tuple[list[int | None], int]:
    """For each appearance without a gate by how many frames it is late with one; None: missed.

    And how many with the gate are none of these.
    """
    left = list(gated)
    late: list[int | None] = []
    for number, label in without:
        near = [one for one in left if one[1] == label and abs(one[0] - number) <= _SEARCHED]
        if not near:
            late.append(None)
            continue
        nearest = min(near, key=lambda one: abs(one[0] - number))
        left.remove(nearest)
        late.append(nearest[0] - number)
    return late, len(left)
