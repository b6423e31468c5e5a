"""The model at work, in each interpreter: real photographs, and scores computed by hand."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.places import ACCEPTED, MODEL, RUNTIMES, SAMPLES
from support.tiny_models import BIAS, TinyModel, tiny_model

from edgecam import model, runtimes
from edgecam.arrays import Pixels
from edgecam.config import ModelOptions
from edgecam.errors import EXIT_CONFIG, ModelError
from edgecam.model import Model
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier, UnusableScores, top_k
from edgecam.vision.preprocess import Preprocessor

WHOLE = (0.0, 0.0, 1.0, 1.0)
MEAN, STD = 100.0, 50.0
RGB = (200, 150, 50)  # 2, 1 and -1 after (pixel - MEAN) / STD

pytestmark = pytest.mark.parametrize("runtime", RUNTIMES)


@pytest.fixture(scope="module")
def real() -> Model:
    return model.load(ModelOptions(file=str(MODEL)))


@pytest.fixture(scope="module")
def classifiers(real: Model) -> dict[str, Classifier]:
    return {runtime: Classifier(real, runtime, 2) for runtime in RUNTIMES}


def picture(colour: Sequence[int] = RGB) -> Pixels:
    """A frame of one colour."""
    return np.full((20, 30, 3), colour, np.uint8)


def squash(found: Model) -> Preprocessor:
    """The whole frame, in the model's shape."""
    return Preprocessor(found, "squash", 1.0, WHOLE)


def logits(colour: Sequence[int] = RGB, labels_count: int = 4) -> NDArray[np.float64]:
    """What the tiny network says before its ending."""
    return np.array(
        [(colour[i % 3] - MEAN) / STD - BIAS * i for i in range(labels_count)], np.float64
    )


def probabilities(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax by its definition."""
    powers = np.exp(values)
    return np.asarray(powers / powers.sum(), np.float64)


def prepared(classifier: Classifier, how: Preprocessor, pixels: Pixels) -> NDArray[Any]:
    """What the model is given of a frame."""
    filled = classifier.blank()
    how.fill(pixels, filled)
    return filled


def look(tiny: TinyModel, runtime: str, colour: Sequence[int] = RGB) -> NDArray[np.float32]:
    """The scores of a picture of one colour."""
    found = tiny.load(mean=[MEAN], std=[STD])
    classifier = Classifier(found, runtime, 1)
    return classifier.look(prepared(classifier, squash(found), picture(colour)))


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_photograph_is_recognised(
    classifiers: dict[str, Classifier], real: Model, runtime: str, name: str
) -> None:
    pixels = read_picture(SAMPLES / name)
    assert pixels is not None

    classifier = classifiers[runtime]
    how = Preprocessor(real, "crop", ModelOptions().crop, WHOLE)
    scores = classifier.look(prepared(classifier, how, pixels))

    best = [real.labels[index] for index, _ in top_k(scores, 5)]
    assert set(ACCEPTED[name]) & set(best)
    assert classifiers[runtime].invoke_ns > 0


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8"])
def test_the_input_is_what_its_scale_and_zero_point_say(
    tmp_path: Path, runtime: str, dtype: str
) -> None:
    # 2, 1 and -1 are whole multiples of the scale, so that integers lose nothing.
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype=dtype, input_scale=1 / 32, input_zero=40)

    np.testing.assert_allclose(look(tiny, runtime), probabilities(logits()), atol=1e-6)


@pytest.mark.parametrize(("dtype", "zero"), [("uint8", 0), ("uint8", 7), ("int8", -128)])
def test_the_output_is_what_its_scale_and_zero_point_say(
    tmp_path: Path, runtime: str, dtype: str, zero: int
) -> None:
    tiny = tiny_model(
        tmp_path / "m.tflite", output_dtype=dtype, output_scale=1 / 200, output_zero=zero
    )
    stored = np.rint(probabilities(logits()) * 200) + zero

    np.testing.assert_allclose(look(tiny, runtime), (stored - zero) / 200, atol=1e-6)


@pytest.mark.parametrize(("dtype", "zero"), [("uint8", 128), ("int8", 3)])
def test_logits_in_integers_become_probabilities(
    tmp_path: Path, runtime: str, dtype: str, zero: int
) -> None:
    tiny = tiny_model(
        tmp_path / "m.tflite",
        output_dtype=dtype,
        output_scale=1 / 16,
        output_zero=zero,
        ending=None,
    )

    np.testing.assert_allclose(look(tiny, runtime), probabilities(logits()), atol=1e-6)


def test_softmax_is_applied_to_logits(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", ending=None)

    np.testing.assert_allclose(look(tiny, runtime), probabilities(logits()), atol=1e-6)


def test_softmax_is_not_applied_to_probabilities(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", ending="LOGISTIC")

    np.testing.assert_allclose(look(tiny, runtime), 1 / (1 + np.exp(-logits())), atol=1e-6)


def test_scores_may_have_room_around_them(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", reshaped=True, labels_count=7)

    np.testing.assert_allclose(
        look(tiny, runtime), probabilities(logits(labels_count=7)), atol=1e-6
    )


def test_logits_may_be_large(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", ending=None, bias=[1e30, 0, 0, -1e30])

    np.testing.assert_array_equal(look(tiny, runtime), [1, 0, 0, 0])


@pytest.mark.parametrize("ending", ["SOFTMAX", None])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_model_that_answers_no_numbers_is_refused_at_once(
    tmp_path: Path, runtime: str, ending: str | None, value: float
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", ending=ending, bias=[value] * 4)
    found = tiny.load(mean=[MEAN], std=[STD])

    with pytest.raises(ModelError) as caught:
        Classifier(found, runtime, 1)

    assert str(caught.value) == f"{tiny.path} is of no use: it answers with NaN"
    assert (caught.value.exit_code, caught.value.option) == (EXIT_CONFIG, "model.file")


def test_a_model_whose_answers_overflow_is_refused_at_once(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", output_dtype="uint8")
    found = tiny.load(mean=[MEAN], std=[STD])
    Classifier(found, runtime, 1)
    scaled = dataclasses.replace(found.output, scale=3e38)

    with pytest.raises(ModelError, match=r"is of no use: its output has the scale 3e\+38"):
        Classifier(dataclasses.replace(found, output=scaled), runtime, 1)


def test_a_model_that_the_interpreter_refuses(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", unknown_operator=True)
    found = tiny.load(mean=[MEAN], std=[STD])

    with pytest.raises(ModelError) as caught:
        Classifier(found, runtime, 1)

    assert str(caught.value).startswith(
        f"{tiny.path} is refused by {runtimes.RUNTIMES[runtime][1]}: "
    )
    assert "NoSuchOperator" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_was_replaced_since_it_was_checked(tmp_path: Path, runtime: str) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")
    found = tiny.load(mean=[MEAN], std=[STD])
    larger = tiny_model(tmp_path / "m.tflite", height=32)

    with pytest.raises(ModelError, match="was changed while it was being loaded"):
        Classifier(found, runtime, 1)
    larger.path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Classifier(found, runtime, 1)


@pytest.mark.parametrize("end", ["input", "output"])
def test_both_tensors_must_be_those_of_the_file(tmp_path: Path, runtime: str, end: str) -> None:
    found = tiny_model(tmp_path / "m.tflite").load(mean=[MEAN], std=[STD])
    other = dataclasses.replace(getattr(found, end), shape=(1, 5))

    with pytest.raises(ModelError, match="the interpreter sees other tensors than the file"):
        Classifier(dataclasses.replace(found, **{end: other}), runtime, 1)


def test_an_answer_that_is_no_number_does_not_spoil_the_next(tmp_path: Path, runtime: str) -> None:
    found = tiny_model(tmp_path / "m.tflite").load(mean=[MEAN], std=[STD])
    classifier = Classifier(found, runtime, 1)

    with pytest.raises(UnusableScores):
        classifier.look(np.full_like(classifier.blank(), np.nan))

    scores = classifier.look(prepared(classifier, squash(found), picture()))
    np.testing.assert_allclose(scores, probabilities(logits()), atol=1e-6)


def test_scores_are_written_where_they_are_wanted(tmp_path: Path, runtime: str) -> None:
    found = tiny_model(tmp_path / "m.tflite").load(mean=[MEAN], std=[STD])
    classifier, how = Classifier(found, runtime, 1), squash(found)

    first = classifier.look(prepared(classifier, how, picture()))
    before = first.copy()
    other = classifier.look(prepared(classifier, how, picture((0, 255, 0))))
    assert other is not first
    assert np.array_equal(before, first)

    assert classifier.look(prepared(classifier, how, picture((0, 255, 0))), first) is first
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, probabilities(logits((0, 255, 0))), atol=1e-6)
    assert not np.array_equal(before, first)
