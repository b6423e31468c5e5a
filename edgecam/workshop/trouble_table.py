"""How surely camera trouble is noticed, and how often where there is none.

Every photograph goes through every variant: each trouble at several strengths, and what must be
no trouble. Frames come once a second, as often as `TroubleWatch` looks, each with a sensor's noise.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import quantiles

from edgecam.config import INSTALLATION
from edgecam.config.options import TroubleOptions
from edgecam.messages import MEASURED, Frame
from edgecam.vision.trouble import TroubleWatch
from edgecam.workshop import scenes, trouble_scenes
from edgecam.workshop.scenes import Photograph, Shot

FRAMES = 40
LONG = 80  # where a view must be learned first
START = 10  # frames before the trouble; in long ones, half of them
_SECOND_NS = 10**9

Make = Callable[[Photograph, Photograph], Iterator[Shot]]


@dataclass(frozen=True)
class Variant:
    """Something that happens to a camera, and the reasons that would be right."""

    name: str
    right: tuple[str, ...]
    """Empty: it is no trouble. More than one, where two are as good."""
    starts: int
    make: Make
    gain: float = 1.0


@dataclass(frozen=True)
class Row:
    """What came of a variant, over all photographs; `false` is any reason that is not right."""

    kind: str
    variant: str
    runs: int
    missed_percent: float
    false_percent: float
    delay_p50_s: float | None
    delay_p95_s: float | None
    told: dict[str, int]


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(prog="scripts/evaluate trouble", description=__doc__)
    parser.add_argument("--folder", type=Path, default=INSTALLATION / "models" / "samples")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    pictures = scenes.photographs(options.folder)
    rows = [evaluated(variant, pictures) for variant in VARIANTS]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        _print(rows)
    return 0


def evaluated(variant: Variant, pictures: Sequence[Photograph]) -> Row:
    """Put every photograph through a variant; the next one is what comes into its view."""
    missed = false = 0
    delays_s: list[float] = []
    told: dict[str, int] = {}
    for place, picture in enumerate(pictures):
        shots = variant.make(picture, pictures[(place + 1) % len(pictures)])
        if variant.gain:
            shots = scenes.noisy(shots, gain=variant.gain, seed=place)
        changes = _changes(shots)
        for _, reason in changes:
            told[reason] = told.get(reason, 0) + 1
        right = [at for at, reason in changes if reason in variant.right and at >= variant.starts]
        missed += bool(variant.right) and not right
        false += any(reason and reason not in variant.right for _, reason in changes)
        delays_s += [float(right[0] - variant.starts)] if right else []
    return Row(
        kind=variant.right[0] if variant.right else "none",
        variant=variant.name,
        runs=len(pictures),
        missed_percent=round(100 * missed / len(pictures), 1),
        false_percent=round(100 * false / len(pictures), 1),
        delay_p50_s=_quantile(delays_s, 50),
        delay_p95_s=_quantile(delays_s, 95),
        told=told,
    )


def _changes(shots: Iterator[Shot]) -> list[tuple[int, str]]:
    """The number of the frame and the reason, for each change that is told."""
    watch = TroubleWatch(TroubleOptions(), live=True)
    found = []
    for number, shot in enumerate(shots):
        change = watch.look(Frame(shot.pixels, number * _SECOND_NS))
        if change is not None:
            found.append((number, change.reason))
    return found


def _quantile(values: list[float], percent: int) -> float | None:
    if len(values) < 2:  # noqa: PLR2004  nothing lies between
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _still(picture: Photograph, _: Photograph) -> Iterator[Shot]:
    return scenes.still(picture, FRAMES)


def _after(trouble: Callable[[Photograph, int], Iterator[Shot]]) -> Make:
    """The view as it is, then the trouble."""

    def made(picture: Photograph, _: Photograph) -> Iterator[Shot]:
        return chain(scenes.still(picture, START), trouble(picture, FRAMES - START))

    return made


def _changing(effect: Callable[[Iterator[Shot]], Iterator[Shot]], frames: int = FRAMES) -> Make:
    return lambda picture, _: effect(scenes.still(picture, frames))


def _after_still(effect: Callable[[Iterator[Shot]], Iterator[Shot]]) -> Make:
    return _after(lambda picture, frames: effect(scenes.still(picture, frames)))


def _darkened(stops: float) -> Make:
    return _after_still(lambda shots: scenes.exposed(shots, [stops] * FRAMES))


def _dusk(stops: float) -> Make:
    return _changing(lambda shots: scenes.dusk(list(shots), stops=stops), LONG)


def _dark() -> Iterator[Variant]:
    for stops, gain in ((-4, 1), (-5, 1), (-5, 8), (-6, 1), (-7, 8)):
        yield Variant(f"{-stops} stops, gain {gain}", ("dark",), START, _darkened(stops), gain)


def _covered() -> Iterator[Variant]:
    for level, lean, gain in (
        *((40, 0, 1), (128, 0, 8), (230, 0, 1), (255, 0, 1)),
        *((60, 40, 4), (120, 100, 1), (40, 30, 8)),
    ):

        def made(
            picture: Photograph, frames: int, level: float = level, lean: float = lean
        ) -> Iterator[Shot]:
            return trouble_scenes.covered(picture, frames, level=level, lean=lean)

        name = f"level {level}, leaning {lean}, gain {gain}"
        yield Variant(name, ("covered",), START, _after(made), gain)
    yield Variant("tape", ("covered", "blurred"), START, _after(trouble_scenes.taped))


def _blurred() -> Iterator[Variant]:
    for sigma, gain in ((4, 1), (6, 1), (6, 8), (8, 4), (12, 1), (20, 4)):

        def made(shots: Iterator[Shot], sigma: float = sigma) -> Iterator[Shot]:
            return scenes.defocused(shots, sigma=sigma)

        # Where no edge is left, "covered" is as good a word.
        right = ("blurred", "covered") if sigma > 8 else ("blurred",)  # noqa: PLR2004  see above
        yield Variant(f"sigma {sigma} px, gain {gain}", right, START, _after_still(made), gain)
    for sigma, veil in ((8, 0.3), (8, 0.6)):

        def fog(shots: Iterator[Shot], sigma: float = sigma, veil: float = veil) -> Iterator[Shot]:
            return trouble_scenes.fogged(shots, sigma=sigma, veil=veil)

        name = f"fog, sigma {sigma} px, veil {veil:.0%}"
        yield Variant(name, ("blurred", "covered"), START, _after_still(fog))


def _moved() -> Iterator[Variant]:
    half = LONG // 2
    for part in (0.05, 0.1, 0.2, 0.4):

        def aside(picture: Photograph, _: Photograph, part: float = part) -> Iterator[Shot]:
            return trouble_scenes.shifted(picture, LONG, part=part)

        yield Variant(f"{part:.0%} aside", ("moved",), half, aside)
    for degrees in (5, 15, 45):

        def turned(picture: Photograph, _: Photograph, degrees: float = degrees) -> Iterator[Shot]:
            return trouble_scenes.tilted(picture, LONG, degrees=degrees)

        yield Variant(f"tilted by {degrees}°", ("moved",), half, turned)
    for gain in (1, 8):

        def away(picture: Photograph, other: Photograph) -> Iterator[Shot]:
            return scenes.cuts([picture, other], half)

        yield Variant(f"another view, gain {gain}", ("moved",), half, away, gain)


def _flicker() -> Iterator[Variant]:
    for depth, gain in ((0.05, 1), (0.1, 1), (0.15, 1), (0.3, 1), (0.15, 8)):

        def bands(shots: Iterator[Shot], depth: float = depth) -> Iterator[Shot]:
            return scenes.flickering(shots, 1.0, depth=depth)

        def alternates(shots: Iterator[Shot], depth: float = depth) -> Iterator[Shot]:
            return trouble_scenes.alternating(shots, depth=depth)

        name = f"{depth:.0%}, gain {gain}"
        yield Variant(f"bands of {name}", ("flicker",), START, _after_still(bands), gain)
        yield Variant(f"by turns, {name}", ("flicker",), START, _after_still(alternates), gain)


def _healthy() -> Iterator[Variant]:
    def fine(name: str, make: Make, gain: float = 1.0) -> Variant:
        return Variant(name, (), 0, make, gain)

    for gain in (1, 2, 4, 8):
        yield fine(f"still, gain {gain}", _still, gain)
    yield fine("dusk by 3 stops", _dusk(3))
    yield fine("dusk by 3 stops, gain 4", _dusk(3), 4)
    yield fine("3 stops darker at once", _darkened(-3))
    yield fine("1 stop lighter at once", _darkened(1))
    yield fine("shaking by 6 px", _changing(lambda shots: scenes.shaking(shots, pixels=6)))
    yield fine("shaking by 16 px", _changing(lambda shots: scenes.shaking(shots, pixels=16), LONG))
    yield fine("zooming", _changing(lambda shots: scenes.zooming(shots, 20), LONG))
    yield fine("rain", _changing(scenes.rainy, LONG))
    yield fine("smeared by 15 px", _changing(lambda shots: scenes.motion_blurred(shots, length=15)))
    yield fine("wet but for half", _changing(lambda shots: trouble_scenes.wet(shots, dry=0.5)))
    yield fine(
        "slides of 3 s", lambda one, two: scenes.cuts([one, two] * (LONG // 6), 3)
    )
    yield fine("a slow fade", lambda one, two: scenes.fades([one, two], 5, 20))
    for part in (0.1, 0.2, 0.3, 0.4):

        def parks(one: Photograph, two: Photograph, part: float = part) -> Iterator[Shot]:
            return trouble_scenes.parked(one, two, LONG, part)

        def passes(one: Photograph, two: Photograph, part: float = part) -> Iterator[Shot]:
            return trouble_scenes.passing(one, two, LONG, part)

        def hides(shots: Iterator[Shot], part: float = part) -> Iterator[Shot]:
            return scenes.occluded(shots, part=part)

        yield fine(f"an object parks on {part:.0%}", parks)
        yield fine(f"somebody passes, {part:.0%} wide", passes)
        yield fine(f"a board before {part:.0%}", _changing(hides, LONG))


VARIANTS = (
    *_dark(),
    *_covered(),
    *_blurred(),
    Variant(
        "the same frame",
        ("frozen",),
        START,
        lambda one, _: chain(scenes.noisy(scenes.still(one, START), gain=1), _still(one, one)),
        0.0,
    ),
    *_moved(),
    *_flicker(),
    *_healthy(),
)
