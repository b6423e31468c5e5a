"""Labels that hover: what noise alone brings before a still scene, and what the gate leaves of that.

Each photograph stands still in four noises. The model looks at `LOOKS` frames of each such scene;
clips of any length are drawn from their scores, since nothing but noise tells one frame from another.
A clip goes to three cameras: one that looks at every frame; another of these, which sees other noise;
and one with the motion gate, for which labels near their thresholds bring more looks
(`edgecam.vision.nearness`, `edgecam.vision.region`). What the first told is looked for in what the
others told. The same photographs give the same figures.

`near`: how near a score has to be to its threshold to bring more looks; `appeared`: what the first
camera told in all scenes; `other`: of these, what the other told within a frame, and within 10 s;
`gate`: the same of the camera with the gate; `extra`: what only that one told; `looks`: of one a
frame, in the mean of all scenes, and in the worst.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from edgecam.arrays import Scores
from edgecam.config.options import MotionOptions
from edgecam.messages import Frame
from edgecam.vision.decision import Decision
from edgecam.vision.motion import LEARN_FRAMES, MotionGate
from edgecam.vision.nearness import NEAR
from edgecam.vision.preprocess import WHOLE
from edgecam.vision.region import Region
from edgecam.vision.rules import Rules
from edgecam.workshop.camera import Model
from edgecam.workshop.gate.clips import FPS, STANDING, Photographs
from edgecam.workshop.gate.judge import at_ns
from edgecam.workshop.gate.told import Appearance, Match, Told, match
from edgecam.workshop.paper import paper

LOOKS = 120
NEARS = (NEAR, 0.1, 0.0)
"""What is compared in the shortest clip; longer ones are of what is delivered alone."""
LENGTHS_S = (24.0, 120.0, 600.0)
_HOVERING = (0.2, 0.6)  # scores of which it is told how far they spread: around `decision.appear`
_ELSE = 1000  # more than there are scenes: seeds of the other camera
# What the gate sees: anything that stays exactly as it is.
_UNCHANGED = np.full((48, 64, 3), 128, np.uint8)


@dataclass(frozen=True)
class Spread:
    """How far scores spread from frame to frame in one noise."""

    noise: str
    scores: int
    """Labels that score from 0.2 to 0.6 in the mean of a scene, in all scenes."""
    deviation_median: float
    """Of these, the standard deviation from frame to frame; and"""
    deviation_most: float
    scenes: int
    calm: int
    """Of these, those in which no look came near a change."""


@dataclass(frozen=True)
class Row:
    """What the three cameras told of all scenes."""

    near: float
    seconds: float
    appeared: int
    other_within_frame: int
    other_within_10_s: int
    gate_within_frame: int
    gate_within_10_s: int
    extra: int
    looks: float
    looks_most: float


@dataclass(frozen=True)
class Scene:
    """One photograph in one noise: what the model says of its frames, `(LOOKS, labels)`."""

    noise: str
    scores: NDArray[np.float32]

    def drawn(self, frames: int, seed: int) -> Iterator[Scores]:
        """So many frames, in any order, and as often as chance has it."""
        for place in np.random.default_rng(seed).integers(0, len(self.scores), frames):
            yield self.scores[place]


@dataclass(frozen=True)
class Hovering:
    """Both tables."""

    spreads: list[Spread]
    rows: list[Row]


def measured(pictures: Photographs, seeing: Model) -> Hovering:
    """All of it; what is being done is told on standard error."""
    found = list(scenes(pictures, seeing))
    return Hovering(spreads(found, seeing.rules), rows(found, seeing))


def scenes(pictures: Photographs, seeing: Model) -> Iterator[Scene]:
    """Every photograph in every noise, as the model sees them."""
    way = seeing.preprocessor(WHOLE)
    for picture in pictures:
        print(picture.name, file=sys.stderr, flush=True)
        for noise, clip in STANDING.items():
            shots = clip.shots([picture], LOOKS, 0)
            yield Scene(noise, np.array([seeing.look(shot.pixels, way) for shot in shots]))


def spreads(found: Sequence[Scene], rules: Rules) -> list[Spread]:
    """Noise by noise."""
    return [
        _spread(noise, [one for one in found if one.noise == noise], rules) for noise in STANDING
    ]


def rows(found: Sequence[Scene], seeing: Model) -> list[Row]:
    """How near has to be what brings more looks, side by side, and then what becomes of it later."""
    made = []
    for seconds in LENGTHS_S:
        print(f"clips of {seconds:g} s", file=sys.stderr, flush=True)
        frames = round(seconds * FPS)
        told = list(_ungated(found, seeing.rules, frames))
        nears = NEARS if seconds == LENGTHS_S[0] else (NEAR,)
        made += [_row(found, seeing, near, frames, told) for near in nears]
    return made


def show(hovering: Hovering) -> None:
    """Both tables."""
    first = Table("noise", title="Scores of 0.2 to 0.6 before a scene that stays as it is")
    for heading in ("scores", "deviation", "most", "scenes", "calm"):
        first.add_column(heading, justify="right")
    for one in hovering.spreads:
        deviations = (f"{value:.3f}" for value in (one.deviation_median, one.deviation_most))
        first.add_row(one.noise, str(one.scores), *deviations, str(one.scenes), str(one.calm))
    second = Table("near", title="Labels that hover, and a gate that sees nothing new")
    headings = ("seconds", "appeared", "other: frame", "in 10 s", "gate: frame", "in 10 s", "extra")
    for heading in (*headings, "looks", "most"):
        second.add_column(heading, justify="right", no_wrap=True)
    for row in hovering.rows:
        told = (row.other_within_frame, row.other_within_10_s)
        gated = (row.gate_within_frame, row.gate_within_10_s, row.extra)
        counts = (f"{row.seconds:g}", *map(str, (row.appeared, *told, *gated)))
        second.add_row(f"{row.near:g}", *counts, f"{row.looks:.1%}", f"{row.looks_most:.1%}")
    console = paper()
    console.print(first)
    console.print(second)


def _spread(noise: str, found: Sequence[Scene], rules: Rules) -> Spread:
    deviations = [
        deviation
        for one in found
        for mean, deviation in zip(one.scores.mean(0), one.scores.std(0), strict=True)
        if _HOVERING[0] <= mean < _HOVERING[1]
    ]
    return Spread(
        noise,
        scores=len(deviations),
        deviation_median=float(np.median(deviations)) if deviations else 0.0,
        deviation_most=float(max(deviations, default=0.0)),
        scenes=len(found),
        calm=sum(_is_calm(one, rules) for one in found),
    )


def _is_calm(scene: Scene, rules: Rules) -> bool:
    """Whether no look came near a change, after those that each scene has at its beginning."""
    decision = Decision(rules, 0)
    for number, scores in enumerate(scene.scores):
        decision.look(scores, at_ns(number))
        if number >= LEARN_FRAMES and (decision.near or not decision.settled):
            return False
    return True


@dataclass(frozen=True)
class _Ungated:
    """What two cameras without a gate told of a scene, each in noise of its own."""

    first: list[Appearance]
    other: list[Appearance]


def _ungated(found: Sequence[Scene], rules: Rules, frames: int) -> Iterator[_Ungated]:
    for seed, scene in enumerate(found):
        first, other = (_every_frame(scene.drawn(frames, at), rules) for at in (seed, seed + _ELSE))
        yield _Ungated(first, other)


def _every_frame(looks: Iterable[Scores], rules: Rules) -> list[Appearance]:
    decision, told = Decision(rules, 0), Told()
    for number, scores in enumerate(looks):
        told.add(number, decision.look(scores, at_ns(number)))
    return told.appeared


def _row(
    found: Sequence[Scene], seeing: Model, near: float, frames: int, told: Sequence[_Ungated]
) -> Row:
    others, gates, looks = [], [], []
    for seed, (scene, ungated) in enumerate(zip(found, told, strict=True)):
        gated, looked = _gated(scene.drawn(frames, seed), seeing, near)
        others.append(match(ungated.first, ungated.other))
        gates.append(match(ungated.first, gated))
        looks.append(looked / frames)
    return Row(
        near,
        frames / FPS,
        appeared=sum(len(ungated.first) for ungated in told),
        other_within_frame=_within_frame(others),
        other_within_10_s=_told_at_all(others),
        gate_within_frame=_within_frame(gates),
        gate_within_10_s=_told_at_all(gates),
        extra=sum(one.extra for one in gates),
        looks=float(np.mean(looks)),
        looks_most=max(looks),
    )


def _within_frame(matches: Sequence[Match]) -> int:
    return sum(sum(one.punctual) for one in matches)


def _told_at_all(matches: Sequence[Match]) -> int:
    return sum(late is not None for one in matches for late in one.late)


def _gated(looks: Iterable[Scores], seeing: Model, near: float) -> tuple[list[Appearance], int]:
    """What the camera with the gate told, and at how many frames it looked."""
    rules, told = replace(seeing.rules, near=near), Told()
    gate = MotionGate(MotionOptions().max_idle_s, rules.window)
    region = Region("scene", seeing.preprocessor(WHOLE), gate, Decision(rules, 0))
    for number, scores in enumerate(looks):
        frame = Frame(_UNCHANGED, at_ns(number))
        wanted = region.is_worth_a_look(frame)
        facts = region.look(scores, frame.taken_ns) if wanted else region.repeat(frame.taken_ns)
        told.add(number, facts)
    return told.appeared, region.looks
