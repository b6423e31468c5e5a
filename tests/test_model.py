"""The model file as it is read without an interpreter: the real one, and tiny ones."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from support.places import MODEL, SAMPLES
from support.tiny_models import tiny_model

from edgecam import model, runtimes
from edgecam.config import ModelOptions
from edgecam.errors import EXIT_CONFIG, ModelError
from edgecam.labels import label_problem
from edgecam.model import Model, Tensor


def refusal(options: ModelOptions) -> ModelError:
    """The error that loading raises."""
    with pytest.raises(ModelError) as caught:
        model.load(options)
    return caught.value


def options_for(content: bytes, file: Path) -> ModelOptions:
    """Write a file, and pin it."""
    file.write_bytes(content)
    return ModelOptions(file=str(file), sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture(scope="module")
def real() -> Model:
    return model.load(ModelOptions(file=str(MODEL)))


def test_the_real_model_says_what_it_is(real: Model) -> None:
    assert real.name == "efficientnet_lite0_int8"
    assert real.file == MODEL
    assert real.sha256 == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert real.input == Tensor((1, 224, 224, 3), "uint8", 1 / 128, 127)
    assert real.output == Tensor((1, 1000), "uint8", 1 / 256, 0)
    assert real.gives_probabilities
    assert (real.mean, real.std) == ((127.0,), (128.0,))


def test_the_real_labels_are_those_of_imagenet(real: Model) -> None:
    assert len(real.labels) == 1000
    assert real.labels[0] == "tench"
    for picture in json.loads(SAMPLES.with_suffix(".json").read_text(encoding="utf-8")):
        assert [real.labels[index] for index in picture["accept_ids"]] == picture["accept"]
    assert all(label_problem(label) == "" for label in real.labels)


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")

    error = refusal(tiny.options(sha256="0" * 64))

    assert str(error) == (
        f"{tiny.path} is not the pinned model: its SHA-256 is {tiny.sha256}; "
        f"if you trust the file, put that into model.sha256"
    )
    assert (error.option, error.exit_code) == ("model.sha256", EXIT_CONFIG)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    error = refusal(ModelOptions(file=f"{tmp_path}/absent.tflite"))

    assert str(error) == f"{tmp_path}/absent.tflite cannot be read: No such file or directory"
    assert error.option == "model.file"


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    assert str(refusal(ModelOptions(file=str(tmp_path)))).endswith("cannot be read: Is a directory")


@pytest.mark.parametrize("content", [b"", b"TFL3", b"GIF89a".ljust(400, b"\0"), b"\0" * 400])
def test_another_kind_of_file_is_no_model(tmp_path: Path, content: bytes) -> None:
    error = refusal(options_for(content, tmp_path / "m.tflite"))

    assert str(error) == f"{tmp_path}/m.tflite is not a TFLite model"


@pytest.mark.parametrize("kept", [8, 100, 20_000, 2_000_000])
def test_a_truncated_file_is_damaged(tmp_path: Path, kept: int) -> None:
    error = refusal(options_for(MODEL.read_bytes()[:kept], tmp_path / "m.tflite"))

    assert str(error).startswith(f"{tmp_path}/m.tflite is damaged: ")
    assert str(error).endswith("; get the file again")


def test_a_file_without_its_end_has_lost_its_labels(tmp_path: Path) -> None:
    error = refusal(options_for(MODEL.read_bytes()[:-100], tmp_path / "m.tflite"))

    assert (
        str(error) == f"{tmp_path}/m.tflite is damaged: File is not a zip file; get the file again"
    )


def test_a_file_that_is_too_large_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", labels_count=100)
    monkeypatch.setattr(model, "MAX_FILE_BYTES", 1024)
    assert tiny.path.stat().st_size > 1024

    assert str(refusal(tiny.options())) == f"{tiny.path} is larger than 1 kB"


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("mobilenet_v2-1.0", "mobilenet_v2-1.0"),
        ("Vögel & Käfer #1", "V-gel---K-fer--1"),
        ("a" * 30, "a" * 24),
    ],
)
def test_the_name_fits_a_payload(tmp_path: Path, stem: str, name: str) -> None:
    assert tiny_model(tmp_path / f"{stem}.tflite").load(mean=[0], std=[1]).name == name


def test_a_model_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Tensor((1,), "uint8", 0.0, 0).scale = 1.0  # type: ignore[misc]


def test_the_runtime_is_the_first_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtimes.chosen("auto") == "litert"
    assert runtimes.chosen("litert") == "litert"
    monkeypatch.setitem(runtimes.RUNTIMES, "tflite-runtime", ("json", "pytest"))
    monkeypatch.setitem(runtimes.RUNTIMES, "litert", ("no_such_module", "no-such"))
    assert runtimes.chosen("auto") == "tflite-runtime"
    assert runtimes.chosen("tflite-runtime") == "tflite-runtime"


def test_a_runtime_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtimes.RUNTIMES, "litert", ("no_such_module", "no-such"))
    monkeypatch.setitem(runtimes.RUNTIMES, "tflite-runtime", ("nor_this", "nor-this"))

    with pytest.raises(ModelError) as one:
        runtimes.chosen("litert")
    with pytest.raises(ModelError) as none:
        runtimes.chosen("auto")

    assert str(one.value) == "no-such is not installed here: pip install no-such"
    assert str(none.value) == "no-such or nor-this is not installed here: pip install no-such"
    assert one.value.option == "model.runtime"


def test_the_version_of_a_runtime_is_that_of_its_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(runtimes.RUNTIMES, "litert", ("pytest", "pytest"))

    assert runtimes.version("litert") == f"pytest {pytest.__version__}"
