"""What cameras go through: each trouble at several strengths, and what must be no trouble.

Frames come once a second, as often as `TroubleWatch` looks, each with a sensor's noise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from edgecam.workshop import scenes
from edgecam.workshop.scenes import Photograph, Shot
from edgecam.workshop.trouble import effects

FRAMES = 32
LONG = 72  # where a view must be learned first
START = 8  # frames before the trouble; in long ones, half of them

_UNSEEING = ("dark", "covered")

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
    clear: bool = True
    """Whether it must be noticed; the weaker ones show where that ends."""

    @property
    def kind(self) -> str:
        """What it is a variant of."""
        return self.right[0] if self.right else "none"

    @property
    def blind(self) -> bool:
        """Whether its frames show nothing; one that froze shows what was there."""
        return self.clear and self.kind in _UNSEEING

    @property
    def seeing(self) -> bool:
        """Whether labels should go on all the time."""
        return not self.clear or not {*_UNSEEING, "frozen"}.intersection(self.right)


def _still(picture: Photograph, _: Photograph) -> Iterator[Shot]:
    return scenes.still(picture, FRAMES)


def _after(trouble: Callable[[Photograph, int], Iterator[Shot]]) -> Make:
    """The view as it is, then the trouble."""

    def made(picture: Photograph, _: Photograph) -> Iterator[Shot]:
        return chain(scenes.still(picture, START), trouble(picture, FRAMES - START))

    return made


def _changing(effect: Callable[[Iterator[Shot]], Iterator[Shot]], frames: int = FRAMES) -> Make:
    return lambda picture, _: effect(scenes.still(picture, frames))


def _lasting(effect: Callable[[Iterator[Shot]], Iterator[Shot]]) -> Make:
    """The view as it is, then what an effect makes of it, once for all."""

    def made(picture: Photograph, frames: int) -> Iterator[Shot]:
        (shot,) = effect(scenes.still(picture, 1))
        return repeat(shot, frames)

    return _after(made)


def _after_still(effect: Callable[[Iterator[Shot]], Iterator[Shot]]) -> Make:
    return _after(lambda picture, frames: effect(scenes.still(picture, frames)))


def _darkened(stops: float) -> Make:
    return _lasting(lambda shots: scenes.exposed(shots, [stops]))


def _dusk(stops: float) -> Make:
    return _changing(lambda shots: scenes.dusk(list(shots), stops=stops), LONG)


def _dark() -> Iterator[Variant]:
    for stops, gain in ((-4, 1), (-4, 8), (-5, 1), (-5, 8), (-6, 1), (-6, 8), (-7, 8)):
        clear = stops < -5  # noqa: PLR2004  there the model still knows one or the other
        yield Variant(
            f"{-stops} stops, gain {gain}", ("dark",), START, _darkened(stops), gain, clear
        )


def _covered() -> Iterator[Variant]:
    for level, lean, gain in (
        *((40, 0, 1), (128, 0, 8), (230, 0, 1), (255, 0, 1)),
        *((60, 40, 4), (120, 100, 1), (40, 30, 8)),
    ):

        def made(
            picture: Photograph, frames: int, level: float = level, lean: float = lean
        ) -> Iterator[Shot]:
            return effects.covered(picture, frames, level=level, lean=lean)

        name = f"level {level}, leaning {lean}, gain {gain}"
        yield Variant(name, ("covered",), START, _after(made), gain)
    yield Variant("tape", ("covered", "blurred"), START, _after(effects.taped))


def _blurred() -> Iterator[Variant]:
    for sigma, gain in ((4, 1), (6, 1), (6, 8), (8, 4), (12, 1), (20, 4)):

        def made(shots: Iterator[Shot], sigma: float = sigma) -> Iterator[Shot]:
            return scenes.defocused(shots, sigma=sigma)

        # Where no edge is left, "covered" is as good a word.
        right = ("blurred", "covered") if sigma > 6 else ("blurred",)  # noqa: PLR2004  see above
        clear = sigma > 4  # noqa: PLR2004  there the model still knows most of them
        name = f"sigma {sigma} px, gain {gain}"
        yield Variant(name, right, START, _lasting(made), gain, clear)
    for sigma, veil in ((8, 0.3), (8, 0.6)):

        def fog(shots: Iterator[Shot], sigma: float = sigma, veil: float = veil) -> Iterator[Shot]:
            return effects.fogged(shots, sigma=sigma, veil=veil)

        name = f"fog, sigma {sigma} px, veil {veil:.0%}"
        yield Variant(name, ("blurred", "covered"), START, _lasting(fog))


def _moved() -> Iterator[Variant]:
    half = LONG // 2
    for part in (0.05, 0.1, 0.2, 0.4):

        def aside(picture: Photograph, _: Photograph, part: float = part) -> Iterator[Shot]:
            return effects.shifted(picture, LONG, part=part)

        clear = part > 0.2  # noqa: PLR2004  what lies aside may look alike
        yield Variant(f"{part:.0%} aside", ("moved",), half, aside, clear=clear)
    for degrees in (5, 15, 45):

        def turned(picture: Photograph, _: Photograph, degrees: float = degrees) -> Iterator[Shot]:
            return effects.tilted(picture, LONG, degrees=degrees)

        clear = degrees > 15  # noqa: PLR2004  less than one of eight directions
        yield Variant(f"tilted by {degrees}°", ("moved",), half, turned, clear=clear)
    for gain in (1, 8):

        def away(picture: Photograph, other: Photograph) -> Iterator[Shot]:
            return scenes.cuts([picture, other], half)

        yield Variant(f"another view, gain {gain}", ("moved",), half, away, gain)


def _flicker() -> Iterator[Variant]:
    for depth, gain in ((0.05, 1), (0.1, 1), (0.15, 1), (0.3, 1), (0.15, 8)):

        def bands(shots: Iterator[Shot], depth: float = depth) -> Iterator[Shot]:
            return scenes.flickering(shots, 1.0, depth=depth)

        def alternates(shots: Iterator[Shot], depth: float = depth) -> Iterator[Shot]:
            return effects.alternating(shots, depth=depth)

        name = f"{depth:.0%}, gain {gain}"
        clear = depth > 0.15  # noqa: PLR2004  below, some pictures are too dark or too bright for it
        for how, effect in (("bands of", bands), ("by turns,", alternates)):
            make = _after_still(effect)
            yield Variant(f"{how} {name}", ("flicker",), START, make, gain, clear)


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
    yield fine("smeared by 15 px", _lasting(lambda shots: scenes.motion_blurred(shots, length=15)))
    yield fine("wet but for half", _lasting(lambda shots: effects.wet(shots, dry=0.5)))
    yield fine("slides of 3 s", lambda one, two: scenes.cuts([one, two] * (LONG // 6), 3))
    yield fine("a slow fade", lambda one, two: scenes.fades([one, two], 5, 20))
    for part in (0.1, 0.2, 0.3, 0.4):

        def parks(one: Photograph, two: Photograph, part: float = part) -> Iterator[Shot]:
            return effects.parked(one, two, LONG, part)

        def passes(one: Photograph, two: Photograph, part: float = part) -> Iterator[Shot]:
            return effects.passing(one, two, LONG, part)

        def hides(shots: Iterator[Shot], part: float = part) -> Iterator[Shot]:
            return scenes.occluded(shots, part=part)

        yield fine(f"an object parks on {part:.0%}", parks)
        yield fine(f"somebody passes, {part:.0%} wide", passes)
        yield fine(f"a board before {part:.0%}", _changing(hides))


VARIANTS = (
    *_dark(),
    *_covered(),
    *_blurred(),
    Variant(
        "the same frame",
        ("frozen",),
        START,
        lambda one, _: chain(scenes.grainy(scenes.still(one, START), gain=1), _still(one, one)),
        0.0,
    ),
    *_moved(),
    *_flicker(),
    *_healthy(),
)
