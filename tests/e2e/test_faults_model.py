"""Rows 9, 10, 13 and 14 of the fault catalogue: a model that must not be used, or its labels.

Each is refused before anything is looked at: exit 78, and one line that names the file.
"""

import hashlib
from pathlib import Path

import pytest
import yaml
from support.commands import run
from support.places import MODEL
from support.tiny_models import tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import EXIT_CONFIG, ModelError

COMMANDS = ["run", "check"]


def refusal(folder: Path, command: str, **section: object) -> str:
    """The one line that a command says of a configuration with this section `model`."""
    options = {
        "camera": {"source": "stills", "stills": {"folder": "."}},
        "model": section,
        "outbox": {"file": "outbox.db"},
        "mqtt": {"broker": "mqtt://127.0.0.1:1"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")

    done = run(folder, command)

    assert (done.code, done.out) == (EXIT_CONFIG, "")
    (line,) = done.errors
    assert line.isprintable()
    assert line.startswith("config.yaml:")
    return line


def pinned(file: Path, content: bytes) -> dict[str, object]:
    """A file of these bytes as the section `model`, pinned as if its owner trusted it."""
    file.write_bytes(content)
    return {"file": file.name, "sha256": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kept", [0, 100, 4_700_000, -1])
def test_a_truncated_model_is_refused_by_name(tmp_path: Path, command: str, kept: int) -> None:
    section = pinned(tmp_path / "m.tflite", MODEL.read_bytes()[:kept])

    line = refusal(tmp_path, command, **section)

    assert ": model.file: " in line
    assert f"{tmp_path}/m.tflite is " in line


def test_a_model_truncated_anywhere_is_refused(tmp_path: Path) -> None:
    """The file that is shipped, at 40 lengths; one cut off behind its tables lacks its labels."""
    content = MODEL.read_bytes()
    for kept in range(0, len(content), len(content) // 40):
        section = pinned(tmp_path / "m.tflite", content[:kept])
        options = ModelOptions(file=str(tmp_path / "m.tflite"), sha256=str(section["sha256"]))
        with pytest.raises(ModelError, match=r"m\.tflite is (damaged|not a TFLite model)"):
            model.load(options)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_model_changed_by_one_bit_is_refused(tmp_path: Path, command: str) -> None:
    content = bytearray(MODEL.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "m.tflite").write_bytes(content)
    sha256 = hashlib.sha256(MODEL.read_bytes()).hexdigest()

    line = refusal(tmp_path, command, file="m.tflite", sha256=sha256)

    assert f": model.sha256: {tmp_path}/m.tflite is not the pinned model: its SHA-256 is " in line


@pytest.mark.parametrize("command", COMMANDS)
def test_nan_scores_are_refused_at_start(tmp_path: Path, command: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype="uint8", bias=[float("nan")] * 4)

    line = refusal(tmp_path, command, file="m.tflite", sha256=tiny.sha256, labels="m.labels")

    assert f"{tiny.path} is of no use: it answers with NaN" in line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("count", [3, 5])
def test_as_many_labels_as_outputs_or_refused(tmp_path: Path, command: str, count: int) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype="uint8")
    (tmp_path / "few").write_text("a\n" * count, encoding="utf-8")

    line = refusal(tmp_path, command, file="m.tflite", sha256=tiny.sha256, labels="few")

    assert f"model.labels: {count} labels for 4 outputs of {tiny.path}" in line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        pytest.param(b"label\n" * 180_000, " is larger than 512 kB", id="1 MB"),
        pytest.param(b"a\n\nb\nc\n", ":2: an empty label", id="newlines"),
        pytest.param(b"a\nb\rx\nc\nd\n", ":2: a label must be printable", id="carriage return"),
        pytest.param(b"a\nb\nc\xff\nd\n", ":3: not UTF-8 text", id="invalid UTF-8"),
        pytest.param(b"a\nb\nc\n#\n", ":4: a label must be printable text without #", id="#"),
        pytest.param(b"a" * 65 + b"\nb\nc\nd\n", ":1: a label longer than 64 bytes", id="long"),
    ],
)
def test_hostile_labels_are_refused_by_line(
    tmp_path: Path, command: str, labels: bytes, problem: str
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype="uint8")
    (tmp_path / "words").write_bytes(labels)

    line = refusal(tmp_path, command, file="m.tflite", sha256=tiny.sha256, labels="words")

    assert f"model.labels: {tmp_path}/words{problem}" in line
