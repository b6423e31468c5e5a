"""When frames count as those of a frozen sensor: row 5 of the fault catalogue."""

import itertools
import tracemalloc

import numpy as np
import pytest
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.messages import Frame
from edgecam.vision.frozen import FROZEN_AFTER_S, FROZEN_FRAMES, FrozenWatch

SECOND_NS = 10**9


def looks(watch: FrozenWatch, frames: list[Pixels], period_s: float, start_s: float = 0) -> str:
    """`-` for each frame that is believed, `F` for each that is frozen."""
    times_ns = (int((start_s + number * period_s) * SECOND_NS) for number in itertools.count())
    return "".join(
        "F" if watch.look(Frame(pixels, at_ns)) else "-"
        for pixels, at_ns in zip(frames, times_ns, strict=False)
    )


def test_the_same_frame_is_frozen_after_five_seconds() -> None:
    frame = noise(48, 64)
    assert FROZEN_AFTER_S == 5
    assert looks(FrozenWatch(), [frame.copy() for _ in range(13)], 0.5) == "-" * 10 + "FFF"


def test_a_few_frames_are_not_enough_however_long_they_take() -> None:
    frame = noise(48, 64)
    assert looks(FrozenWatch(), [frame] * 6, 60) == "-" * (FROZEN_FRAMES - 1) + "FF"


def test_a_frame_that_differs_ends_it_and_starts_over() -> None:
    watch, frame = FrozenWatch(), noise(48, 64)
    assert looks(watch, [frame] * 8, 1).endswith("FFF")
    other = noise(48, 64, seed=2)
    assert looks(watch, [other] * 8, 1, start_s=8) == "-----FFF"
    assert looks(watch, [frame], 1, start_s=16) == "-"


@pytest.mark.parametrize("shape", [(48, 64), (1, 1), (5, 7), (480, 640), (1080, 1920)])
def test_noise_is_never_frozen(shape: tuple[int, int]) -> None:
    frames = [noise(*shape, seed=seed) for seed in range(12)]
    assert looks(FrozenWatch(), frames, 1) == "-" * 12


def test_one_bit_of_noise_in_each_line_is_enough() -> None:
    frame = np.full((480, 640, 3), 128, np.uint8)
    frames = []
    for number in range(10):
        noisy = frame.copy()
        noisy[:, number * 7, number % 3] ^= 1
        frames.append(noisy)
    assert looks(FrozenWatch(), frames, 1) == "-" * 10


@pytest.mark.parametrize("cut", [np.s_[:, 2:60], np.s_[::2], np.s_[:, ::-1], np.s_[:, :, ::-1]])
def test_frames_may_be_parts_of_larger_ones(cut: tuple[slice, ...]) -> None:
    frame = noise(96, 64)
    assert looks(FrozenWatch(), [frame[cut], frame[cut].copy()] * 4, 1) == "-----FFF"


def test_little_is_allocated_for_it() -> None:
    watch, frame = FrozenWatch(), Frame(noise(1080, 1920), 1)
    watch.look(frame)
    tracemalloc.start()
    try:
        watch.look(frame)
        assert tracemalloc.get_traced_memory()[1] <= 4096
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [0, 255])
def test_darkness_and_glare_have_no_noise_and_are_not_frozen(value: int) -> None:
    frame = np.full((48, 64, 3), value, np.uint8)
    assert looks(FrozenWatch(), [frame] * 9, 1) == "-" * 9
