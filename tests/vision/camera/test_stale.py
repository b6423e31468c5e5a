"""When a stream counts as one that shows nothing new."""

import tracemalloc

import numpy as np
import pytest
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.vision.camera.stale import PATIENCE_NS, Staleness

SECOND = 10**9
PATIENCE_S = PATIENCE_NS // SECOND


def seconds(frames: list[Pixels]) -> list[int]:
    """At which of these frames, one a second, the stream is to be opened anew."""
    staleness = Staleness()
    return [at_s for at_s, pixels in enumerate(frames) if staleness.look(pixels, at_s * SECOND)]


def test_a_stream_that_shows_the_same_is_opened_anew_and_later_each_time() -> None:
    first, then = PATIENCE_S, 3 * PATIENCE_S
    assert seconds([noise(48, 64)] * (7 * PATIENCE_S)) == [first, then]


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
