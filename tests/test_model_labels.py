"""Where labels come from, and which can be published."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from support.tiny_models import LABELS_NAME, TinyModel, described, tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import ModelError

FOUR = b"red\ngreen\nblue\nred again\n"
INSIDE = described(mean=[0.0], labels_name=LABELS_NAME)


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModel:
    return tiny_model(tmp_path / "m.tflite", input_dtype="uint8")


def refusal(options: ModelOptions) -> ModelError:
    """The error that loading raises."""
    with pytest.raises(ModelError) as caught:
        model.load(options)
    return caught.value


def test_labels_are_lines(tiny: TinyModel) -> None:
    tiny.labels_file.write_bytes("  grün \r\ntabby cat\n日本\nd\n\n\n".encode())

    assert tiny.load().labels == ("grün", "tabby cat", "日本", "d")


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "an empty label"),
        (b"a\n\nc\nd\n", 2, "an empty label"),
        (b"a\nb\n \t\nd\n", 3, "an empty label"),
        (b"a\nb#\nc\nd\n", 2, "a label must be printable text without #"),
        (b"a\nb\x1b[2J\nc\nd\n", 2, "a label must be printable text without #"),
        (b"a\nb\0\nc\nd\n", 2, "a label must be printable text without #"),
        ("a\nb\u2028x\nc\nd\n".encode(), 2, "a label must be printable text without #"),
        (b"a\nb\nc\xff\nd\n", 3, "not UTF-8 text"),
        (b"a\nb\nc\nd" + b"d" * 64 + b"\n", 4, "a label longer than 64 bytes"),
        (b"a\nb\nc\n" + "ü".encode() * 33, 4, "a label longer than 64 bytes"),
        (b"a\nb\nc\n" + b'"' * 33, 4, "a label longer than 64 bytes"),
    ],
)
def test_a_label_that_cannot_be_published_is_told_by_its_line(
    tiny: TinyModel, content: bytes, line: int, problem: str
) -> None:
    tiny.labels_file.write_bytes(content)

    error = refusal(tiny.options())

    assert str(error) == f"{tiny.labels_file}:{line}: {problem}"
    assert error.option == "model.labels"


@pytest.mark.parametrize("label", ["x" * 64, "ü" * 32, '"' * 32])
def test_a_label_of_64_bytes_in_a_payload_is_taken(tiny: TinyModel, label: str) -> None:
    tiny.labels_file.write_text(f"a\nb\nc\n{label}\n", encoding="utf-8")

    assert tiny.load().labels[3] == label


@pytest.mark.parametrize(("content", "count"), [(b"a\nb\nc", 3), (b"a\nb\nc\nd\ne", 5)])
def test_there_is_one_label_for_each_output(tiny: TinyModel, content: bytes, count: int) -> None:
    tiny.labels_file.write_bytes(content)

    error = refusal(tiny.options())

    assert str(error) == (
        f"{count} labels for 4 outputs of {tiny.path}; there must be one for each"
    )
    assert error.option == "model.labels"


def test_a_megabyte_is_no_file_of_labels(tiny: TinyModel) -> None:
    tiny.labels_file.write_bytes(b"a\n" * 2**19)

    assert str(refusal(tiny.options())) == f"{tiny.labels_file} is larger than 512 kB"


def test_a_file_of_labels_that_is_missing(tiny: TinyModel) -> None:
    tiny.labels_file.unlink()

    error = refusal(tiny.options())

    assert str(error) == f"{tiny.labels_file} cannot be read: No such file or directory"
    assert error.option == "model.labels"


def test_labels_inside_the_model(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=INSIDE, labels_inside=FOUR)

    assert tiny.load(labels=None).labels == ("red", "green", "blue", "red again")


def test_labels_of_the_configuration_come_first(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=INSIDE, labels_inside=FOUR)

    assert tiny.load().labels == ("label 0", "label 1", "label 2", "label 3")


def test_a_model_without_labels_needs_a_file_of_them(tiny: TinyModel) -> None:
    error = refusal(tiny.options(labels=None))

    assert str(error) == f"{tiny.path} holds no labels; name a file with one label a line"
    assert error.option == "model.labels"


@pytest.mark.parametrize(
    ("metadata", "inside", "problem"),
    [
        (INSIDE, b"a\nb\n\nd\n", "m.tflite/labels.txt:3: an empty label"),
        (INSIDE, b"a\nb\nc\n", "3 labels for 4 outputs of "),
        (INSIDE, b"a" * 600_000, "its labels are larger than 512 kB"),
        (INSIDE, None, "File is not a zip file"),
        (
            described(mean=[0.0], labels_name="other.txt"),
            FOUR,
            'its metadata names "other.txt", which it does not hold',
        ),
    ],
)
def test_labels_inside_are_judged_alike(
    tmp_path: Path, metadata: bytes, inside: bytes | None, problem: str
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=metadata, labels_inside=inside)

    assert problem in str(refusal(tiny.options(labels=None)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_to_compress_that_takes_gigabytes_to_undo_is_refused(
    tmp_path: Path, method: int
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=INSIDE)
    with zipfile.ZipFile(tiny.path, "a", method) as archive:
        archive.writestr(LABELS_NAME, FOUR)
    sha256 = hashlib.sha256(tiny.path.read_bytes()).hexdigest()

    error = refusal(tiny.options(labels=None, sha256=sha256))

    assert f"its labels are compressed by method {method}, not deflated" in str(error)


def test_the_name_of_the_labels_inside_cannot_steer_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[2Jlabels.txt"
    metadata = described(mean=[0.0], labels_name=name)
    tiny = tiny_model(tmp_path / "m.tflite", metadata=metadata)
    with zipfile.ZipFile(tiny.path, "a") as archive:
        archive.writestr(name, b"a\n\nb\n")
    sha256 = hashlib.sha256(tiny.path.read_bytes()).hexdigest()

    error = refusal(tiny.options(labels=None, sha256=sha256))

    assert str(error) == f"{tiny.path}/\\x1b[2Jlabels.txt:2: an empty label"


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        pytest.param(6, b"\xff", id="version"),
        pytest.param(8, b"\x01", id="encrypted"),
        pytest.param(10, b"\x63", id="unknown compression"),
        pytest.param(10, b"\x08", id="not deflated"),
        pytest.param(16, b"\0\0\0\0", id="checksum"),
    ],
)
def test_a_damaged_archive_is_a_damaged_model(tmp_path: Path, offset: int, value: bytes) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=INSIDE, labels_inside=b"\xfe" + FOUR)
    content = bytearray(tiny.path.read_bytes())
    entry = content.index(b"PK\x01\x02") + offset  # the archive's directory, at its end
    content[entry : entry + len(value)] = value
    tiny.path.write_bytes(content)

    error = refusal(tiny.options(labels=None, sha256=hashlib.sha256(content).hexdigest()))

    assert str(error).startswith(f"{tiny.path} is damaged: ")
    assert "\n" not in str(error)
