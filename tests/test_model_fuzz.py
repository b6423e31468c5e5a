"""A damaged model file loads as something sensible or raises ModelError, and quickly."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.places import MODEL
from support.tiny_models import LABELS_NAME, described, tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import ModelError
from edgecam.labels import label_problem

REAL = MODEL.read_bytes()
DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4)
LENGTH = st.just(1.0) | st.floats(0, 1)
quickly = settings(deadline=timedelta(seconds=3), database=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def tiny(folder: Path) -> bytes:
    """A model in which nearly every byte means something."""
    metadata = described(mean=[127.0], std=[128.0], labels_name=LABELS_NAME)
    return tiny_model(
        folder / "tiny.tflite",
        input_dtype="uint8",
        output_dtype="uint8",
        metadata=metadata,
        labels_inside=b"a\nb\nc\nd\n",
    ).path.read_bytes()


def check(folder: Path, content: bytes) -> None:
    """Load it, pinned; where it loads, it must be fit for a classifier."""
    file = folder / "m.tflite"
    file.write_bytes(content)
    options = ModelOptions(file=str(file), sha256=hashlib.sha256(content).hexdigest())
    found, refusal = None, ""
    try:
        found = model.load(options)
    except ModelError as error:
        refusal = str(error)
    if found is None:
        assert refusal
        assert "\n" not in refusal
        return
    assert len(found.labels) == found.output.shape[-1]
    assert not any(map(label_problem, found.labels))
    assert (found.mean is None) == (found.std is None)


def damaged(content: bytes, damage: list[tuple[float, int]], end: float) -> bytes:
    """A copy with some bytes replaced, and cut off; places are fractions of its length."""
    copy = bytearray(content)
    for place, value in damage:
        copy[int(place * len(copy))] = value
    return bytes(copy[: round(end * len(copy))])


@settings(quickly, max_examples=600)
@given(damage=DAMAGE, end=LENGTH)
def test_damage_to_a_tiny_model(
    folder: Path, tiny: bytes, damage: list[tuple[float, int]], end: float
) -> None:
    check(folder, damaged(tiny, damage, end))


@settings(quickly, max_examples=300)
@given(damage=DAMAGE)
def test_damage_to_its_archive(folder: Path, tiny: bytes, damage: list[tuple[float, int]]) -> None:
    start = tiny.index(b"PK")
    check(folder, tiny[:start] + damaged(tiny[start:], damage, 1.0))


@settings(quickly, max_examples=60)
@given(damage=DAMAGE, end=LENGTH)
def test_damage_to_the_real_model(
    folder: Path, damage: list[tuple[float, int]], end: float
) -> None:
    check(folder, damaged(REAL, damage, end))


@settings(quickly, max_examples=60)
@given(damage=DAMAGE, at_end=st.booleans())
def test_damage_to_its_tables(
    folder: Path, damage: list[tuple[float, int]], *, at_end: bool
) -> None:
    """The weights, which mean nothing here, lie in the middle of the file."""
    size = 64 * 1024
    head, middle, tail = REAL[:size], REAL[size:-size], REAL[-size:]
    if at_end:
        check(folder, head + middle + damaged(tail, damage, 1.0))
    else:
        check(folder, damaged(head, damage, 1.0) + middle + tail)


@settings(quickly, max_examples=200)
@given(content=st.binary(max_size=300))
def test_any_bytes_that_claim_to_be_a_model(folder: Path, content: bytes) -> None:
    check(folder, content[:4].ljust(4, b"\0") + b"TFL3" + content[4:])
