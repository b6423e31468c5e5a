"""When the model is to look: at what is new, at once, and at what is not, now and then."""

import itertools
import tracemalloc
import weakref
from collections.abc import Iterable

import numpy as np
import pytest
from support.frames import noise
from support.views import FRAME_NS, SIDE, Light, film, picture, seen

from edgecam.arrays import Pixels
from edgecam.vision.motion import LEARN_FRAMES, MotionGate

NEVER_S = 1e9
WINDOW = 4  # looks of a decision
SCENE, OTHER = picture(1), picture(2)
NOISES = pytest.mark.parametrize("grain", [0.0, 1.0, 6.0])


class Asked:
    """A gate that is asked ten times a second."""

    def __init__(self, max_idle_s: float = NEVER_S, window: int = WINDOW) -> None:
        self.gate = MotionGate(max_idle_s, window)
        self.frames = 0

    def about(self, frames: Iterable[Pixels]) -> str:
        """`L` for each frame that is to be looked at, `-` for each that is not."""
        answers = []
        for frame in frames:
            self.frames += 1
            answers.append(self.gate.worth_a_look(frame, self.frames * FRAME_NS))
        return "".join("-L"[answer] for answer in answers)


def settled(light: Light, grain: float, max_idle_s: float = NEVER_S, window: int = WINDOW) -> Asked:
    """A gate that knows a scene and its noise."""
    asked = Asked(max_idle_s, window)
    assert asked.about(film([light] * 40, grain)).endswith("-" * 10)
    return asked


@NOISES
def test_a_still_scene_is_looked_at_until_it_is_known_and_then_no_more(grain: float) -> None:
    answers = Asked().about(film([SCENE] * 300, grain))
    assert answers == "L" * LEARN_FRAMES + "-" * (300 - LEARN_FRAMES)


@NOISES
def test_another_scene_is_looked_at_at_once_and_for_some_looks_more(grain: float) -> None:
    asked = settled(SCENE, grain)
    answers = asked.about(film([OTHER] * 40, grain, seed=100))
    assert answers == "L" * (1 + WINDOW) + "-" * (39 - WINDOW)


def test_how_many_looks_more_is_the_window_of_the_decision() -> None:
    asked = settled(SCENE, 1.0, window=2)
    assert asked.about(film([OTHER] * 9, 1.0, seed=100)) == "LLL------"
    asked.gate.window = 5
    assert asked.about(film([SCENE] * 9, 1.0, seed=200)) == "LLLLLL---"


def test_a_start_lasts_as_long_as_the_window_where_that_is_more_than_learning_takes() -> None:
    assert Asked(window=12).about(film([SCENE] * 20, 1.0)) == "L" * 13 + "-" * 7


def test_news_are_told_from_a_look_that_is_due_by_time_alone() -> None:
    asked = settled(SCENE, 1.0, max_idle_s=5)
    frames = film([*[SCENE] * 60, OTHER], 1.0, seed=100)
    looked = [asked.gate.news for frame in frames if asked.about([frame]) == "L"]
    assert looked == [False, True]
    asked.about(film([OTHER] * 20, 1.0, seed=200))
    assert not asked.gate.news


def test_after_max_idle_s_there_is_one_look_whatever_is_seen() -> None:
    answers = settled(SCENE, 1.0, max_idle_s=5).about(film([SCENE] * 200, 1.0, seed=100))
    period = ("-" * 49 + "L") * 5
    assert answers in period  # from somewhere in a period on
    assert answers.count("L") == 4


def test_idle_time_counts_from_the_last_look() -> None:
    asked = settled(SCENE, 1.0, max_idle_s=5)
    answers = asked.about(film([OTHER] * 60, 1.0, seed=100))
    assert answers == "L" * (1 + WINDOW) + "-" * 49 + "L" + "-" * (9 - WINDOW)


@NOISES
@pytest.mark.parametrize("corner", [(0, 0), (60, 60), (118, 37)])
@pytest.mark.parametrize("brighter", [-60.0, 60.0])
def test_a_small_thing_is_looked_at_at_once(
    grain: float, corner: tuple[int, int], brighter: float
) -> None:
    light = SCENE.copy()
    y, x = corner
    light[y : y + SIDE // 4, x : x + SIDE // 4] += brighter
    assert settled(SCENE, grain).about(film([light], grain, seed=100)) == "L"


@pytest.mark.parametrize(
    ("side", "height", "row"),
    [
        *((SIDE, 1, row) for row in range(64, 67)),
        *((420, 2, row) for row in range(64, 68)),
        *((1080, 5, row) for row in (64, 67)),
    ],
)
def test_a_thin_line_is_not_passed_over_wherever_it_is(side: int, height: int, row: int) -> None:
    """A two hundredth of the view's height, and a quarter of its width."""
    dim = picture(1, side) / 2
    light = dim.copy()
    light[row : row + height, side // 4 : side // 2] = 255
    asked = Asked()
    asked.about([seen(dim, 1.0, seed) for seed in range(2)] * 6)
    assert asked.about([seen(dim, 1.0, 2)]) == "-"
    assert asked.about([seen(light, 1.0, 3)]) == "L"


@pytest.mark.parametrize("side", [448, 504, 1008])
@pytest.mark.parametrize("place", range(28, 34))
def test_a_thin_bar_is_not_passed_over_wherever_it_is(side: int, place: int) -> None:
    """A sixty-third of the view's width, and half its height."""
    dim = picture(1, side) / 2
    light, width = dim.copy(), side // 63
    light[side // 4 : 3 * side // 4, place * width : (place + 1) * width] += 60
    asked = Asked()
    asked.about([seen(dim, 1.0, seed) for seed in range(2)] * 6)
    assert asked.about([seen(dim, 1.0, 2)]) == "-"
    assert asked.about([seen(light, 1.0, 3)]) == "L"


@pytest.mark.parametrize("colour", [(20, -20, 0), (-20, 10, 10)])
def test_a_change_of_colour_alone_is_one(colour: tuple[int, int, int]) -> None:
    light = SCENE.copy()
    light[40:80, 40:80] += colour
    assert settled(SCENE, 3.0).about(film([light], 3.0, seed=100)) == "L"


@pytest.mark.parametrize("grain", [0.0, 6.0])
def test_what_is_passed_over_is_never_far_from_what_was_looked_at(grain: float) -> None:
    """So slow a fade that no frame differs from the one before by more than its noise."""
    asked, looked, looks = settled(SCENE, grain), SCENE, 0
    for step in range(400):
        light = SCENE + (OTHER - SCENE) * step / 400
        if asked.about(film([light], grain, seed=100 + step)) == "L":
            looked, looks = light, looks + 1
        assert np.sqrt(np.mean((light - looked) ** 2)) < 2
    assert looks > 50


def test_light_that_goes_slowly_is_followed() -> None:
    asked, looked_stops = settled(SCENE, 2.0), 0.0
    for stops in np.linspace(0, 2, 300).tolist():
        if asked.about(film([SCENE * 2**-stops], 2.0, seed=round(1000 * stops))) == "L":
            looked_stops = stops
        assert stops - looked_stops < 0.03
    assert looked_stops > 1.9


def test_a_lamp_is_looked_at_at_once() -> None:
    asked = settled(SCENE, 2.0)
    assert asked.about(film([SCENE * 1.1] * 20, 2.0, seed=100)).startswith("L")


def flicker(light: Light, number: int) -> Light:
    """Bands of light that wander by a thirtieth of their length from frame to frame."""
    rows = np.arange(len(light)) / len(light) * 1.3
    bands = 1 + 0.15 * np.sin(2 * np.pi * (rows - number / 30))
    return np.asarray(light * bands[:, None, None])


def test_flicker_becomes_known_and_hides_nothing() -> None:
    asked = Asked()
    answers = asked.about(film((flicker(SCENE, number) for number in range(400)), 1.0))
    assert answers[:30].count("L") > 15
    assert answers[-150:].count("-") > 90
    after = asked.about(film((flicker(OTHER, number) for number in range(400, 420)), 1.0, 400))
    assert after.startswith("L" * (1 + WINDOW))


def test_rain_becomes_known_and_hides_nothing() -> None:
    def rainy(light: Light, number: int) -> Light:
        random, wet = np.random.default_rng(number), light.copy()
        for y, x in random.integers(0, (SIDE - 6, SIDE), (60, 2)):
            wet[y : y + 6, x] += 40
        return wet

    asked = Asked()
    answers = asked.about(film((rainy(SCENE, number) for number in range(200)), 1.0))
    assert answers[-100:].count("-") > 90
    assert asked.about(film([rainy(OTHER, 300)], 1.0)) == "L"


def test_noise_that_grows_at_once_becomes_known() -> None:
    asked = settled(SCENE, 0.5)
    answers = asked.about(film([SCENE] * 250, 8.0, seed=100))
    assert answers.startswith("L" * (1 + WINDOW))
    assert answers.endswith("-" * 50)


def test_motion_never_becomes_known() -> None:
    wide = np.concatenate([picture(3), picture(4), picture(3)], axis=1)
    views = (wide[:, step % (2 * SIDE) :][:, :SIDE] for step in range(0, 1600, 4))
    assert set(Asked().about(film(views, 1.0))) == {"L"}


def test_a_flash_is_looked_at_and_so_is_what_follows() -> None:
    asked = settled(SCENE, 1.0)
    answers = asked.about(film([SCENE * 2, *[SCENE] * 19], 1.0, seed=100))
    assert answers == "L" * (2 + WINDOW) + "-" * (18 - WINDOW)


def test_it_says_that_something_moves_until_that_has_settled() -> None:
    asked, moving = settled(SCENE, 1.0), []
    for frame in film([SCENE, *[OTHER] * 9], 1.0, seed=100):
        asked.about([frame])
        moving.append(asked.gate.moving)
    assert moving == [False] + [True] * WINDOW + [False] * (9 - WINDOW)


@pytest.mark.parametrize("moved_before", [False, True])
def test_frames_of_another_size_have_just_come_into_view(*, moved_before: bool) -> None:
    asked, moving = settled(SCENE, 1.0), []
    if moved_before:
        asked.about(film([OTHER], 1.0))
    assert asked.gate.moving == moved_before
    for frame in film([picture(1, 80)] * (WINDOW + 3), 1.0):
        asked.about([frame])
        moving.append(asked.gate.moving)
    assert moving == [True] * WINDOW + [False] * 3


def test_motion_at_the_start_is_not_taken_for_noise() -> None:
    asked = Asked()
    asked.about(film([SCENE, OTHER] * 10 + [SCENE] * 10, 1.0))
    light = SCENE.copy()
    light[40:80, 40:80] += 12
    assert asked.about(film([light], 1.0, seed=100)) == "L"


def test_frames_of_another_size_are_looked_at() -> None:
    asked = settled(SCENE, 1.0)
    smaller = film([picture(1, 80)] * 20, 1.0)
    assert asked.about(smaller) == "L" * LEARN_FRAMES + "-" * (20 - LEARN_FRAMES)
    assert asked.about(film([SCENE], 1.0)) == "L"


def test_regions_have_memories_of_their_own() -> None:
    still, moving = settled(SCENE, 1.0), settled(OTHER, 1.0)
    frames = itertools.cycle([SCENE, OTHER])
    assert moving.about(film(itertools.islice(frames, 20), 1.0)) == "L" * 20
    assert still.about(film([SCENE] * 20, 1.0, seed=100)) == "-" * 20


def test_the_same_frames_get_the_same_answers() -> None:
    frames = [seen(light, 2.0, seed) for seed, light in enumerate([SCENE, OTHER, SCENE] * 20)]
    assert Asked().about(frames) == Asked().about(frames)


@pytest.mark.parametrize("value", [0, 255])
def test_what_is_black_or_white_is_still_and_a_light_in_it_is_not(value: int) -> None:
    frame = np.full((SIDE, SIDE, 3), value, np.uint8)
    asked = Asked()
    assert asked.about([frame] * 20).endswith("-" * 10)
    lit = frame.copy()
    lit[70:80, 70:80] = 128
    assert asked.about([lit]) == "L"


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 500), (500, 1), (31, 33), (63, 65), (224, 224), (1080, 1920)]
)
def test_views_may_have_any_size(shape: tuple[int, int]) -> None:
    frame = noise(*shape)
    other = np.asarray(255 - frame, np.uint8)
    asked = Asked()
    assert asked.about([frame] * 12) == "L" * LEARN_FRAMES + "-" * (12 - LEARN_FRAMES)
    assert asked.about([other]) == "L"


def test_views_may_be_parts_of_frames() -> None:
    frame = noise(480, 640)
    part = frame[30:450, 110:530]
    asked = Asked()
    assert asked.about([part] * 10 + [part.copy()] * 10).endswith("-" * 12)
    frame[200:300, 300:400] ^= 255
    assert asked.about([part]) == "L"


def test_a_view_is_not_kept() -> None:
    gate, view = MotionGate(NEVER_S, WINDOW), noise(480, 640)
    gate.worth_a_look(view, 1)
    kept = weakref.ref(view)
    del view
    assert kept() is None


def test_little_is_allocated_for_a_frame() -> None:
    gate = MotionGate(NEVER_S, WINDOW)
    frames = [noise(480, 640, seed) for seed in range(4)]
    for number, frame in enumerate(frames):
        gate.worth_a_look(frame, number)
    tracemalloc.start()
    try:
        np.zeros((32, 96), np.float32)
        assert tracemalloc.get_traced_memory()[1] > 4096  # NumPy reports what it allocates
        for number, frame in enumerate(frames):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            gate.worth_a_look(frame, 100 + number)
            assert tracemalloc.get_traced_memory()[1] - before <= 4096
    finally:
        tracemalloc.stop()
