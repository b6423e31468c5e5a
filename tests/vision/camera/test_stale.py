"""When a stream counts as one that shows nothing new."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.vision.camera.stale import LONGEST_PATIENCE_NS, PATIENCE_NS, Staleness

SECOND = 10**9
PATIENCE_S = PATIENCE_NS // SECOND
LONGEST_S = LONGEST_PATIENCE_NS // SECOND


def seconds(frames: list[Pixels]) -> list[int]:
    """At which of these frames, one a second, the stream is to be opened anew."""
    staleness = Staleness()
    return [at_s for at_s, pixels in enumerate(frames) if staleness.look(pixels, at_s * SECOND)]


def test_a_stream_that_shows_the_same_is_opened_anew_and_later_each_time() -> None:
    first, then = PATIENCE_S, 3 * PATIENCE_S
    assert seconds([noise(48, 64)] * (7 * PATIENCE_S)) == [first, then]


def test_the_patience_has_an_end() -> None:
    said = seconds([noise(48, 64)] * 5000)
    waits = [later - sooner for sooner, later in pairwise([0, *said])]
    assert waits[:7] == [PATIENCE_S * 2**doubled for doubled in range(7)]
    assert set(waits[7:]) == {LONGEST_S}


def stale_for(frames: int) -> list[Pixels]:
    return [noise(48, 64)] * frames


def changing_for(frames: int) -> list[Pixels]:
    return [noise(48, 64, seed=seed) for seed in range(100, 100 + frames)]


def test_what_changed_for_longer_than_the_patience_is_noticed_at_once_again() -> None:
    before = stale_for(3 * PATIENCE_S + 1)  # opened anew twice; the patience is 4 times the first
    frames = [*before, *changing_for(4 * PATIENCE_S + 1), *stale_for(2 * PATIENCE_S)]
    begins = len(frames) - 2 * PATIENCE_S
    assert seconds(frames) == [PATIENCE_S, 3 * PATIENCE_S, begins + PATIENCE_S]


def test_what_changed_for_a_moment_or_now_and_then_is_not() -> None:
    before = stale_for(3 * PATIENCE_S + 1)
    for_a_moment = [*changing_for(2 * PATIENCE_S), *stale_for(4 * PATIENCE_S)]
    now_and_then = [*changing_for(1), *stale_for(2 * PATIENCE_S)] * 5
    for after in (for_a_moment, now_and_then):
        assert seconds([*before, *after]) == [PATIENCE_S, 3 * PATIENCE_S]


def test_one_that_was_away_is_given_its_time_and_keeps_the_patience() -> None:
    staleness, pixels = Staleness(), noise(48, 64)
    staleness.look(pixels, 0)
    assert staleness.look(pixels, PATIENCE_NS)
    staleness.begin()  # after a minute in which it refused
    began_ns = 60 * SECOND
    assert not staleness.look(pixels, began_ns)
    assert not staleness.look(pixels, began_ns + 2 * PATIENCE_NS - 1)
    assert staleness.look(pixels, began_ns + 2 * PATIENCE_NS)


def test_a_stream_that_changes_is_left_alone() -> None:
    assert seconds([noise(48, 64, seed=seed) for seed in range(4 * PATIENCE_S)]) == []


def test_a_smaller_picture_that_is_written_over_the_upper_left_is_no_change() -> None:
    frames = [noise(48, 64).copy() for _ in range(2 * PATIENCE_S)]
    for number, pixels in enumerate(frames):
        pixels[:36, :48] = noise(36, 48, seed=number)
    assert seconds(frames) == [PATIENCE_S]


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 7)])
def test_frames_may_be_tiny(shape: tuple[int, int]) -> None:
    assert seconds([noise(*shape)] * (2 * PATIENCE_S)) == [PATIENCE_S]


def test_another_size_is_a_change() -> None:
    sizes = [(48, 64)] * PATIENCE_S + [(24, 32)] * PATIENCE_S
    assert seconds([noise(*size) for size in sizes]) == []


def test_a_frame_may_be_written_over_the_one_before() -> None:
    staleness, pixels = Staleness(), noise(48, 64)
    for at_s in range(3 * PATIENCE_S):
        pixels[-1, -1] += 1
        pixels[-4:] += 1
        assert not staleness.look(pixels, at_s * SECOND)


def test_little_is_allocated_for_it() -> None:
    staleness, frames = Staleness(), [noise(1080, 1920, seed=seed) for seed in range(2)]
    staleness.look(frames[0], 0)
    tracemalloc.start()
    try:
        blank = np.zeros(4097, np.uint8)
        assert tracemalloc.get_traced_memory()[1] > 4096  # NumPy reports what it allocates
        del blank
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(4):
            staleness.look(frames[number % 2], number)
        assert tracemalloc.get_traced_memory()[1] - before <= 4096
    finally:
        tracemalloc.stop()
