"""`edgecam model inspect`: what a file is, or one line why it is of no use."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.commands import Outcome, run
from support.places import MODEL, RUNTIMES, SAMPLES
from support.tiny_models import tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import EXIT_CONFIG, EXIT_USAGE


def inspect(folder: Path, file: Path, *arguments: str | Path) -> Outcome:
    return run(folder, "model", "inspect", file, *arguments)


def refusal(done: Outcome) -> str:
    """The one line of a file that is of no use."""
    assert (done.code, done.out) == (EXIT_CONFIG, "")
    (line,) = done.errors
    return line


def test_it_says_what_the_file_is(tmp_path: Path) -> None:
    done = inspect(tmp_path, MODEL)

    assert (done.code, done.errors) == (0, [])
    lines = done.out.splitlines()
    assert lines[1:5] == [
        "# input     1x224x224x3 uint8, scale 0.0078125, zero point 127",
        "# output    1x1000 uint8, scale 0.00390625, zero point 0, probabilities",
        "# pixels    (pixel - 127) / 128",
        "# labels    1000: tench, goldfish, great white shark, tiger shark, hammerhead shark, …",
    ]
    assert lines[5].startswith("# runtime   ai-edge-litert ")


def test_all_that_it_prints_is_a_section_of_the_configuration(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")
    done = inspect(
        tmp_path, Path("m.tflite"), "--labels", "m.labels", "--mean", "1,2,3", "--std", "255"
    )

    assert yaml.safe_load(done.out) == {
        "model": {
            "file": str(tiny.path),
            "sha256": tiny.sha256,
            "labels": str(tiny.labels_file),
            "mean": [1.0, 2.0, 3.0],
            "std": [255.0],
        }
    }
    rest = f"camera: {{source: stills, stills: {{folder: {SAMPLES}}}}}\noutbox: {{file: q.db}}\n"
    (tmp_path / "config.yaml").write_text(done.out + rest, encoding="utf-8")
    assert run(tmp_path, "check").code == 0


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_as_json(tmp_path: Path, runtime: str) -> None:
    done = inspect(tmp_path, MODEL, "--json", "--runtime", runtime)

    assert (done.code, done.errors) == (0, [])
    found: dict[str, Any] = json.loads(done.out)
    assert found.pop("runtime").startswith(("ai-edge-litert", "tflite-runtime"))
    assert found.pop("invoke_ms") > 0
    assert found == {
        "file": str(MODEL),
        "sha256": ModelOptions().sha256,
        "input": {
            "shape": [1, 224, 224, 3],
            "dtype": "uint8",
            "scale": 0.0078125,
            "zero_point": 127,
        },
        "output": {"shape": [1, 1000], "dtype": "uint8", "scale": 0.00390625, "zero_point": 0},
        "gives_probabilities": True,
        "mean": [127.0],
        "std": [128.0],
        "labels": 1000,
        "first_labels": [
            "tench",
            "goldfish",
            "great white shark",
            "tiger shark",
            "hammerhead shark",
        ],
        "repeated_labels": [],
    }


def test_labels_that_stand_twice_are_named(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype="uint8", ending=None)
    tiny.labels_file.write_text("crane\nowl\ncrane\ncat\n", encoding="utf-8")

    done = inspect(tmp_path, tiny.path, "--labels", "m.labels")

    assert "# repeated  crane\n" in done.out
    assert "# output    1x4 float32, logits: softmax is applied\n" in done.out
    assert "# pixels    as they are\n" in done.out


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    line = refusal(inspect(tmp_path, Path("absent.tflite")))

    assert line == f"{tmp_path}/absent.tflite cannot be read: No such file or directory"


def test_a_fifo_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    assert refusal(inspect(tmp_path, Path("fifo"))) == f"{tmp_path}/fifo is not a TFLite model"


def test_floats_without_a_normalisation_are_a_question(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")

    line = refusal(inspect(tmp_path, tiny.path, "--labels", "m.labels"))

    assert "does not say how pixels become numbers; set model.mean and model.std" in line


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--mean", "1"], "--mean: model.mean and model.std go together"),
        (["--mean", "1,2", "--std", "1"], "--mean: expected one number, or three for R, G, B"),
        (["--mean", "nan", "--std", "1"], "--mean: expected numbers from "),
        (["--mean", "1", "--std", "0"], "--std: expected numbers from "),
        (["--std", "one"], "argument --std: expected one number, or three as R,G,B, got 'one'"),
        (["--labels", "a\nb"], "cannot stand in a configuration; rename the file"),
        (["--labels", "\udcff"], "cannot stand in a configuration; rename the file"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], problem: str) -> None:
    done = inspect(tmp_path, MODEL, *arguments)

    assert (done.code, done.out) == (EXIT_USAGE, "")
    assert problem in done.errors[-1]


def test_without_a_file_it_is_about_the_one_that_comes_with_edgecam(tmp_path: Path) -> None:
    done = run(tmp_path, "model", "inspect", "--list")
    assert done.out.splitlines() == list(model.load(ModelOptions(file=str(MODEL))).labels)


def test_the_list_is_every_label_a_line(tmp_path: Path) -> None:
    done = run(tmp_path, "model", "inspect", "--list", MODEL)
    assert done.code == 0
    assert done.out.splitlines() == list(model.load(ModelOptions(file=str(MODEL))).labels)
