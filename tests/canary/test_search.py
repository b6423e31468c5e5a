"""The search finds the picture in every form that it is meant for, and nothing in what is honest."""

import base64
import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from canary import layers, picture
from canary.likeness import Likeness, Numbers
from canary.runs import RUN_BYTES, Runs
from edgecam.arrays import Pixels

AROUND = np.random.default_rng(7).integers(0, 256, 5000, np.uint8)
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "base85": base64.b85encode,
    "Ascii85": base64.a85encode,
    "hex": lambda content: content.hex().encode(),
    "list": lambda content: json.dumps(list(content)).encode(),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "base64 zlib": lambda content: base64.b64encode(zlib.compress(content)),
}


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs()


@pytest.fixture(scope="module")
def likeness() -> Likeness:
    return Likeness()


def grey(view: Pixels, side: int, way: int = cv2.INTER_AREA) -> Numbers:
    small = cv2.resize(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), (side, side), interpolation=way)
    return small.astype(np.float64).ravel()


def among_noise(values: Numbers) -> Numbers:
    return np.concatenate([AROUND[:37], values, AROUND[:30]])


def test_the_picture_is_found_wherever_a_piece_of_it_begins(runs: Runs) -> None:
    noise = picture.canary()[400, 480:576].reshape(-1)
    for at in range(0, 264, 7):
        piece = noise[at : at + RUN_BYTES]
        for before in range(9):
            content = np.concatenate([AROUND[:before], piece, AROUND[:20]]).tobytes()
            assert runs.find(content).startswith("bytes of ")


@pytest.mark.parametrize("name", dict(picture.renderings()))
def test_every_rendering_is_found_by_a_row_of_it(runs: Runs, name: str) -> None:
    rendering = dict(picture.renderings())[name]
    middle = len(rendering) // 2
    content = AROUND.tobytes() + rendering[middle : middle + 256] + AROUND.tobytes()
    assert runs.find(content).startswith("bytes of ")


def test_noise_text_and_plain_surfaces_are_no_piece_of_it(runs: Runs) -> None:
    text = b"".join(b'{"label":"castle","confidence":0.%d}' % n for n in range(3000))
    for content in (AROUND.tobytes(), text, bytes(100_000), b"\xff" * 100_000, b""):
        assert runs.find(content) == ""


@pytest.mark.parametrize("side", [8, 11, 16, 24, 32, 64])
@pytest.mark.parametrize("view", range(4))
def test_thumbnails_of_every_view_are_found(likeness: Likeness, view: int, side: int) -> None:
    for way in (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC):
        values = among_noise(grey(picture.views()[view], side, way))
        assert list(likeness.find(values))


@pytest.mark.parametrize(
    "change",
    [
        lambda values: 255 - values,
        lambda values: values[::-1],
        lambda values: values.reshape(16, 16).T.ravel(),
        lambda values: values // 64,
        lambda values: 1000.0 + values / 255,
        lambda values: (values / 255) ** 2.2,
        lambda values: values + np.linspace(0, 500, 256),
        lambda values: values + np.random.default_rng(1).normal(0, 25, 256),
    ],
    ids=["negative", "reversed", "turned", "4 greys", "scaled", "gamma", "trend", "noisy"],
)
def test_a_thumbnail_is_found_however_it_is_told(
    likeness: Likeness, change: Callable[[Numbers], Numbers]
) -> None:
    assert list(likeness.find(change(grey(picture.canary(), 16))))


def test_other_pictures_and_honest_sequences_are_not_like_it(likeness: Likeness) -> None:
    index = np.arange(5000.0)
    square = np.where(index % 10 < 5, 980.0, 0.0)  # the canary and grey take turns
    for values in (AROUND.astype(np.float64), index, np.sqrt(index), square, np.sin(index / 9)):
        assert list(likeness.find(values)) == []


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_is_unpacked(name: str) -> None:
    content = (grey(picture.canary(), 16) // 32 * 32).astype(np.uint8).tobytes()
    packed = b'"x": "' + PACKED[name](content) + b'"}\n'
    assert any(content[5:-5] in layer for _, layer in layers.layers(packed))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".ppm", ".jp2"])
def test_the_files_of_pictures_are_known_by_their_marks(suffix: str) -> None:
    _, encoded = cv2.imencode(suffix, picture.canary())
    assert layers.mark(b"before" + encoded.tobytes()).startswith("the mark of ")


@pytest.mark.parametrize(
    "content",
    [b"GIF89a", b"\0\0\0\x1cftypavif", b"\x93NUMPY\1\0", b"\x7fELF\2\1\1" + bytes(9) + b"\4\0"],
    ids=["GIF", "AVIF", "NumPy", "core dump"],
)
def test_marks_that_nothing_here_can_write(content: bytes) -> None:
    assert layers.mark(content)


def test_an_array_that_is_printed_is_known() -> None:
    printed = (str(picture.canary()), repr(picture.canary()[:2, :2]))
    assert all(layers.mark(text.encode()) for text in printed)


def test_the_model_and_noise_hold_no_mark() -> None:
    assert layers.mark(AROUND.tobytes()) == ""
    assert layers.mark(b'{"sha256":"6e06","label":"BM","os":"debian 12"}') == ""
