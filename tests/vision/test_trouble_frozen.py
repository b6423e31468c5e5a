"""When frames count as those of a frozen sensor: row 5 of the fault catalogue."""

import tracemalloc

import numpy as np
import pytest
from support.frames import noise

from edgecam.arrays import Pixels
from edgecam.vision.trouble.frozen import Sameness

TENTH_NS = 10**8


def looks(frames: list[Pixels], every_ns: int = TENTH_NS) -> str:
    """`-` for each frame that is believed, `F` for each that is the last one, ` ` where none is."""
    sameness = Sameness(every_ns)
    said = ""
    for at, pixels in enumerate(frames):
        reading = sameness.look(pixels, at * TENTH_NS)
        said += " " if reading is None else "F" if reading.bad else "-"
    return said


def test_the_same_frame_is_noticed_and_another_ends_it() -> None:
    frame, other = noise(48, 64), noise(48, 64, seed=2)
    assert looks([frame, frame.copy(), frame, other, other, frame]) == "-FF-F-"


def test_it_looks_no_more_often_than_it_is_told() -> None:
    frame, other = noise(48, 64), noise(48, 64, seed=2)
    assert looks([frame, other, other, frame, frame, other, other], 3 * TENTH_NS) == "-  F  -"


@pytest.mark.parametrize("shape", [(48, 64), (1, 1), (5, 7), (480, 640), (1080, 1920)])
def test_noise_is_never_frozen(shape: tuple[int, int]) -> None:
    assert looks([noise(*shape, seed=seed) for seed in range(12)]) == "-" * 12


def test_one_bit_of_noise_in_each_line_is_enough() -> None:
    frame = np.full((480, 640, 3), 128, np.uint8)
    frames = []
    for number in range(10):
        noisy = frame.copy()
        noisy[:, number * 7, number % 3] ^= 1
        frames.append(noisy)
    assert looks(frames) == "-" * 10


@pytest.mark.parametrize("cut", [np.s_[:, 2:60], np.s_[::2], np.s_[:, ::-1], np.s_[:, :, ::-1]])
def test_frames_may_be_parts_of_larger_ones(cut: tuple[slice, ...]) -> None:
    frame = noise(96, 64)
    assert looks([frame[cut], frame[cut].copy()] * 4) == "-FFFFFFF"


def test_little_is_allocated_for_it() -> None:
    sameness, frame = Sameness(TENTH_NS), noise(1080, 1920)
    sameness.look(frame, 0)
    tracemalloc.start()
    try:
        sameness.look(frame, TENTH_NS)
        assert tracemalloc.get_traced_memory()[1] <= 4096
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [0, 255])
def test_darkness_and_glare_have_no_noise_and_are_not_frozen(value: int) -> None:
    frame = np.full((48, 64, 3), value, np.uint8)
    assert looks([frame] * 9) == "-" * 9
