"""What is told of a camera, over real photographs: row 6 of the fault catalogue."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import msgspec
import numpy as np
import pytest
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.config.options import TroubleOptions
from edgecam.messages import MEASURED, SEEING, Frame
from edgecam.vision.trouble import TroubleWatch
from edgecam.vision.trouble import watch as module
from edgecam.vision.trouble.sight import Sight
from edgecam.workshop import scenes
from edgecam.workshop.scenes import Photograph, Shot
from edgecam.workshop.trouble import effects

SECOND_NS = 10**9
PICTURES = scenes.photographs(SAMPLES)
BY_NAME = {picture.name: picture for picture in PICTURES}
CAT, OWL, PANDA = (BY_NAME[name] for name in ("cat", "owl", "panda"))


def watching(*, live: bool = True, watch: Sequence[str] = MEASURED) -> TroubleWatch:
    options = msgspec.convert({"watch": watch}, TroubleOptions)
    return TroubleWatch(options, live=live)


def told(
    shots: Iterable[Shot], watch: TroubleWatch | None = None, period_s: float = 1.0
) -> list[tuple[float, str]]:
    """When something was told, in seconds from the first frame, and which reason; empty: ok."""
    watch = watch or watching()
    found = []
    for number, shot in enumerate(shots):
        at_s = number * period_s
        change = watch.look(Frame(shot.pixels, round(at_s * SECOND_NS)))
        if change is not None:
            found.append((at_s, change.reason))
    return found


def live(shots: Iterable[Shot]) -> Iterator[Shot]:
    """As a camera gives them: no two frames are alike."""
    for number, shot in enumerate(shots):
        pixels = shot.pixels.copy()
        pixels[0, 0] = number % 256
        yield replace(shot, pixels=pixels)


def then(*parts: Iterable[Shot]) -> Iterator[Shot]:
    return live(chain(*parts))


def once(shots: Iterator[Shot], frames: int) -> Iterator[Shot]:
    shot = next(shots)
    return iter([shot] * frames)


SPOILED: dict[str, Callable[[Photograph, int], Iterator[Shot]]] = {
    "dark": lambda one, frames: once(scenes.exposed(scenes.still(one, 1), [-6]), frames),
    "covered": lambda one, frames: effects.covered(one, frames, level=60, lean=40),
    "blurred": lambda one, frames: once(scenes.defocused(scenes.still(one, 1), sigma=8), frames),
    "flicker": lambda one, frames: scenes.flickering(scenes.still(one, frames), 1, depth=0.2),
}


@pytest.mark.parametrize("reason", SPOILED)
@pytest.mark.parametrize("picture", [CAT, PANDA], ids=lambda one: one.name)
def test_a_trouble_is_told_once_and_so_is_its_end(picture: Photograph, reason: str) -> None:
    spoiled = SPOILED[reason](picture, 30)
    found = told(then(scenes.still(picture, 5), spoiled, scenes.still(picture, 30)))
    assert [what for _, what in found] == [reason, ""]
    begins_s, ends_s = (at_s for at_s, _ in found)
    assert 15 <= begins_s <= 28  # 10 s after the fifth; flicker is seen over eight looks
    assert 38 <= ends_s <= 48  # a third of that after the 35th


def test_a_view_that_moved_is_told() -> None:
    found = told(then(scenes.still(CAT, 40), scenes.still(OWL, 20)))
    assert found == [(51.0, "moved")]


def seen_for(watch: TroubleWatch, picture: Photograph, from_s: int, to_s: int) -> list[str]:
    """What was told while a picture was seen once a second."""
    found = []
    for at_s in range(from_s, to_s):
        pixels = picture.pixels.copy()
        pixels[0, 0] = at_s % 256
        change = watch.look(Frame(pixels, at_s * SECOND_NS))
        if change is not None:
            found.append(f"{at_s} {change.reason}")
    return found


def test_a_new_view_that_rests_for_ten_minutes_becomes_the_usual_one() -> None:
    watch = watching(watch=["moved"])
    assert seen_for(watch, CAT, 0, 40) == []
    assert seen_for(watch, OWL, 40, 640) == ["51 moved"]  # it came at 40, and rests from 41 on
    assert seen_for(watch, OWL, 640, 700) == ["645 "]
    assert seen_for(watch, CAT, 700, 720) == ["711 moved"]  # what was usual before is so no more


def test_a_view_that_does_not_rest_for_so_long_never_becomes_usual() -> None:
    watch = watching(watch=["moved"])
    assert seen_for(watch, CAT, 0, 40) == []
    assert seen_for(watch, OWL, 40, 600) == ["51 moved"]
    assert seen_for(watch, PANDA, 600, 1100) == []
    assert seen_for(watch, CAT, 1100, 1110) == ["1104 "]  # the reference is what it was


def test_a_sleep_is_no_rest_of_a_view() -> None:
    """A view that nobody looked at for hours has been seen to rest for minutes only."""
    watch = watching(watch=["moved"])
    assert seen_for(watch, CAT, 0, 40) == []
    assert seen_for(watch, OWL, 40, 100) == ["51 moved"]
    watch.rest()
    assert seen_for(watch, OWL, 9000, 9590) == []
    assert seen_for(watch, OWL, 9590, 9620) == ["9605 "]


def test_the_same_frame_is_frozen_and_a_new_one_is_not() -> None:
    still = scenes.still(CAT, 14)
    found = told(chain(live(scenes.still(CAT, 3)), still, live(scenes.still(CAT, 14))))
    assert [what for _, what in found] == ["frozen", ""]


def test_no_photograph_is_trouble_or_even_looks_like_it() -> None:
    """As `edgecam demo` shows them, several seconds each."""
    watch = watching(live=False)
    for number, shot in enumerate(scenes.cuts(PICTURES, 3)):
        assert watch.look(Frame(shot.pixels, number * SECOND_NS)) is None
        assert not watch.blind, shot.shown


HEALTHY: dict[str, Callable[[], Iterator[Shot]]] = {
    "noise": lambda: scenes.grainy(scenes.still(CAT, 15), gain=8),
    "dusk": lambda: scenes.grainy(scenes.dusk(list(scenes.still(PANDA, 20)), stops=3), gain=4),
    "rain": lambda: live(scenes.rainy(scenes.still(CAT, 50))),
    "wind": lambda: live(scenes.shaking(scenes.still(OWL, 50), pixels=12)),
    "smeared": lambda: live(scenes.motion_blurred(scenes.still(CAT, 20), length=15)),
    "slides": lambda: live(scenes.cuts([CAT, OWL, PANDA] * 6, 3)),
    "a car parks": lambda: live(effects.parked(CAT, OWL, 70, 0.2)),
    "people pass": lambda: live(effects.passing(CAT, PANDA, 60, 0.3)),
    "a lamp goes on": lambda: then(
        once(scenes.exposed(scenes.still(CAT, 1), [-2]), 20), scenes.still(CAT, 20)
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_no_trouble_is_not_told(name: str) -> None:
    assert told(HEALTHY[name]()) == []


def test_short_troubles_are_not_told() -> None:
    hand = effects.covered(CAT, 8, level=60, lean=40)
    assert told(then(scenes.still(CAT, 5), hand, scenes.still(CAT, 20))) == []


def test_nothing_is_decided_from_the_first_sign_on_until_it_is_over() -> None:
    watch = watching()
    hand = effects.covered(CAT, 20, level=60, lean=40)
    blind = []
    for number, shot in enumerate(then(scenes.still(CAT, 3), hand, scenes.still(CAT, 20))):
        watch.look(Frame(shot.pixels, number * SECOND_NS))
        blind.append(watch.blind)
    assert blind == [False] * 3 + [True] * 24 + [False] * 16


@pytest.mark.parametrize(
    ("fps", "judged", "frames"), [(10, True, 1), (20, True, 1), (30, True, 2), (10, False, 11)]
)
def test_of_what_is_judged_a_covered_lens_is_noticed_at_once(
    fps: int,
    judged: bool,  # noqa: FBT001  a parameter
    frames: int,
) -> None:
    hand = next(effects.covered(CAT, 1, level=60, lean=40)).pixels
    noticed = []
    for phase in range(10):
        watch = watching()
        for number in range(4 * fps):
            covered = number >= 2 * fps + phase
            pixels = hand if covered else CAT.pixels
            watch.look(Frame(pixels, number * SECOND_NS // fps), judged=judged)
            if watch.blind:
                noticed.append(number - (2 * fps + phase) + 1)
                break
    assert len(noticed) == 10
    assert max(noticed) == frames


def test_what_somebody_else_told_is_forgotten() -> None:
    watch = watching()
    black = np.zeros_like(CAT.pixels)
    told_of = [watch.look(Frame(black, number * SECOND_NS)) for number in range(15)]
    assert [change.reason for change in told_of if change] == ["dark"]
    blind = [watch.blind]
    watch.forget()
    assert [*blind, watch.blind] == [True, False]
    again = [watch.look(Frame(black, number * SECOND_NS)) for number in range(15, 30)]
    assert [change.reason for change in again if change] == ["dark"]


def test_labels_go_on_while_a_camera_has_moved_or_lamps_flicker() -> None:
    flickering = SPOILED["flicker"](CAT, 30)
    for shots, reason in ((scenes.cuts([CAT, OWL], 52), "moved"), (flickering, "flicker")):
        watch = watching()
        assert [what for _, what in told(live(shots), watch)] == [reason]
        assert reason in SEEING
        assert not watch.blind


def test_a_worse_trouble_takes_the_place_of_another() -> None:
    blurred, dark = SPOILED["blurred"](CAT, 20), SPOILED["dark"](CAT, 20)
    found = told(then(scenes.still(CAT, 2), blurred, dark, scenes.still(CAT, 20)))
    assert [what for _, what in found] == ["blurred", "dark", ""]


def test_a_number_comes_with_it() -> None:
    watch = watching()
    changes = [
        watch.look(Frame(shot.pixels, number * SECOND_NS))
        for number, shot in enumerate(live(SPOILED["blurred"](CAT, 15)))
    ]
    (change,) = filter(None, changes)
    assert change.reason == "blurred"
    assert 50 < change.measure < 240
    assert f"({change.measure / 1000:.3f})" in change.sentence


def lasted(shots: Iterable[Shot], watch: TroubleWatch | None = None) -> list[tuple[str, int]]:
    """What was told, and for how many seconds that had been seen."""
    watch = watch or watching()
    changes = (
        watch.look(Frame(shot.pixels, number * SECOND_NS)) for number, shot in enumerate(shots)
    )
    return [(change.reason, change.lasted_s) for change in changes if change]


def test_it_is_told_since_when_that_is_so() -> None:
    blurred, dark = SPOILED["blurred"](CAT, 20), SPOILED["dark"](CAT, 20)
    found = lasted(then(scenes.still(CAT, 2), blurred, scenes.still(CAT, 20), dark))
    assert found == [("blurred", 10), ("", 4), ("dark", 10)]


def test_a_lesser_trouble_begins_anew_where_a_worse_one_ends() -> None:
    blurred, dark = SPOILED["blurred"](CAT, 20), SPOILED["dark"](CAT, 20)
    found = lasted(then(blurred, dark, SPOILED["blurred"](CAT, 20)))
    assert found == [("blurred", 10), ("dark", 10), ("blurred", 4)]


def test_a_rest_ends_suspicions_and_keeps_what_was_told() -> None:
    watch = watching(watch=["covered"])
    hand = next(effects.covered(CAT, 1, level=60, lean=40)).pixels
    before = [watch.look(Frame(hand, at_s * SECOND_NS)) for at_s in range(6)]
    watch.rest()
    after = [watch.look(Frame(hand, at_s * SECOND_NS)) for at_s in range(1000, 1010)]
    assert [*before, *after] == [None] * 16
    told_of = watch.look(Frame(hand, 1010 * SECOND_NS))
    assert told_of is not None
    assert (told_of.reason, told_of.lasted_s) == ("covered", 10)
    watch.rest()
    assert watch.look(Frame(hand, 9000 * SECOND_NS)) is None  # nor is it told again
    assert watch.blind
    seen = [watch.look(Frame(CAT.pixels, at_s * SECOND_NS)) for at_s in range(9001, 9006)]
    assert [(change.reason, change.lasted_s) for change in seen if change] == [("", 4)]


@pytest.mark.parametrize("reason", MEASURED)
def test_what_is_not_watched_is_not_told(reason: str) -> None:
    others = [one for one in MEASURED if one != reason]
    frames = {"moved": scenes.cuts([CAT, OWL], 40), "frozen": scenes.still(CAT, 20)}
    shots = frames[reason] if reason in frames else SPOILED[reason](CAT, 30)
    shown = list(shots if reason == "frozen" else live(shots))
    assert reason not in [what for _, what in told(shown, watching(watch=others))]
    assert reason in [what for _, what in told(shown, watching(watch=[reason]))]


def test_pictures_and_files_never_freeze_move_or_flicker() -> None:
    shots = chain(scenes.cuts([CAT, OWL], 45), scenes.flickering(scenes.still(OWL, 40), 1))
    assert told(shots, watching(live=False)) == []
    assert told(SPOILED["covered"](CAT, 12), watching(live=False)) == [(10.0, "covered")]


@pytest.mark.parametrize(
    "shape", [(48, 64), (63, 900), (64, 64), (240, 320), (300, 1000), (1080, 1920)]
)
def test_frames_may_be_of_any_size_and_change_it(shape: tuple[int, int]) -> None:
    watch = watching()
    for number, pixels in enumerate([CAT.pixels, np.full((*shape, 3), 90, np.uint8), CAT.pixels]):
        assert watch.look(Frame(pixels, number * SECOND_NS)) is None
        assert watch.blind == (number == 1 and min(shape) >= 64)


def test_a_sensor_that_froze_is_blind_where_nothing_else_is_watched() -> None:
    watch = watching(watch=["frozen"])
    changes = [watch.look(Frame(CAT.pixels, at_s * SECOND_NS)) for at_s in range(12)]
    assert [change.reason for change in changes if change] == ["frozen"]
    assert watch.blind
    changes = [
        watch.look(Frame(shot.pixels, (12 + number) * SECOND_NS))
        for number, shot in enumerate(live(scenes.still(CAT, 12)))
    ]
    assert [change.reason for change in changes if change] == [""]
    assert not watch.blind


def test_flipped_and_cut_frames_are_understood() -> None:
    padded = np.zeros((500, 700, 3), np.uint8)
    padded[7:487, 9:649] = CAT.pixels
    cuts = (np.s_[7:487, 9:649], np.s_[486:6:-1], np.s_[7:487, 648:8:-1], np.s_[..., ::-1])
    for cut in cuts:
        watch = watching()
        assert watch.look(Frame(padded[cut], 0)) is None
        assert not watch.blind


def test_most_frames_cost_a_digest_alone() -> None:
    """Ten frames a second, of which the one in which the lens is uncovered lies between looks."""
    watch = watching()
    hand = next(effects.covered(CAT, 1, level=60, lean=40))
    assert watch.look(Frame(hand.pixels, 0)) is None
    for tenths in range(1, 10):
        watch.look(Frame(CAT.pixels, tenths * SECOND_NS // 10), judged=False)
        assert watch.blind
    watch.look(Frame(CAT.pixels, SECOND_NS))
    assert not watch.blind


@pytest.mark.parametrize("size", [(480, 640), (1080, 1920)])
def test_little_is_allocated_for_it(size: tuple[int, int]) -> None:
    watch = watching()
    frames = [_enlarged(shot.pixels, size) for shot in live(scenes.still(CAT, 4))]
    peaks = []
    for number in range(60):
        frame = Frame(frames[number % 4], number * SECOND_NS)
        tracemalloc.start()
        try:
            watch.look(frame)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[0] > 100_000  # its buffers: what is allocated can be seen
    assert max(peaks[40:]) <= 4096  # once a reference is learned


def _enlarged(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    rows, columns = (
        np.arange(new) * old // new for new, old in zip(size, pixels.shape, strict=False)
    )
    return np.ascontiguousarray(pixels[rows][:, columns])


def test_what_is_calm_is_measured_more_rarely_until_something_is_to_be_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    class Counted(Sight):
        def see(self, pixels: Pixels) -> None:
            super().see(pixels)
            seen.append(second)

    monkeypatch.setattr(module, "Sight", Counted)
    watch = watching()
    soft = next(scenes.defocused(scenes.still(CAT, 1), sigma=12)).pixels
    for second in range(32):
        blurred = second >= 20
        pixels = soft if blurred else CAT.pixels
        watch.look(Frame(pixels, second * SECOND_NS), judged=second in {0, 10, 11})
    assert seen == [0, 3, 6, 9, 10, 11, 14, 17, *range(20, 32)]
