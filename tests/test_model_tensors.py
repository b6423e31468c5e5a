"""What a model takes and gives: shapes, types, scales, normalisation, probabilities."""

import hashlib
import struct
from pathlib import Path

import pytest
from support.tiny_models import described, tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import ModelError
from edgecam.model import Tensor


def refusal(options: ModelOptions) -> ModelError:
    """The error that loading raises."""
    with pytest.raises(ModelError) as caught:
        model.load(options)
    return caught.value


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 2048), (17, 33)])
def test_the_input_may_have_any_sensible_size(tmp_path: Path, height: int, width: int) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", height=height, width=width)

    assert tiny.load(mean=[0], std=[1]).input.shape == (1, height, width, 3)


@pytest.mark.parametrize(
    ("height", "width", "channels"), [(15, 16, 3), (16, 2049, 3), (16, 16, 1), (16, 16, 4)]
)
def test_an_input_that_is_no_picture(
    tmp_path: Path, height: int, width: int, channels: int
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", height=height, width=width, channels=channels)

    assert str(refusal(tiny.options())) == (
        f"{tiny.path} takes (1, {height}, {width}, {channels}); "
        f"a classifier takes (1, height, width, 3)"
    )


def test_a_shape_without_end_is_not_printed(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")
    content = tiny.path.read_bytes()
    shape = struct.pack("<5I", 4, 1, 16, 16, 3)
    assert shape in content
    content = content.replace(shape, struct.pack("<5I", 9, 1, 16, 16, 3))
    tiny.path.write_bytes(content)

    error = refusal(tiny.options(sha256=hashlib.sha256(content).hexdigest()))

    assert "is damaged: one of its tensors has 9 dimensions;" in str(error)


def test_an_output_of_one_score_is_no_classifier(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", labels_count=1)

    assert str(refusal(tiny.options())) == (
        f"{tiny.path} gives (1, 1); a classifier gives (1, labels)"
    )


def test_an_output_may_have_room_around_it(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", reshaped=True)

    assert tiny.load(mean=[0], std=[1]).output.shape == (1, 1, 1, 4)


def test_one_input_is_needed(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", inputs=2)

    assert "is damaged: it has 2 inputs, not one" in str(refusal(tiny.options()))


@pytest.mark.parametrize(("dtype", "code"), [("int32", 2), ("int16", 7)])
def test_other_types_of_numbers_are_not_understood(tmp_path: Path, dtype: str, code: int) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", input_dtype=dtype)

    assert f"its numbers are of TFLite type {code}; uint8, int8 and float32 are understood" in str(
        refusal(tiny.options())
    )


def test_integers_need_a_scale_to_be_scores(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", output_dtype="int8", output_scale=None)

    assert str(refusal(tiny.options())) == (
        f"{tiny.path} gives int8 without a scale, so its scores mean nothing"
    )


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), -1.0])
def test_a_scale_that_is_none_is_refused_before_it_ends_an_interpreter(
    tmp_path: Path, scale: float
) -> None:
    file = tmp_path / "m.tflite"

    refusal(tiny_model(file, output_dtype="uint8", output_scale=scale).options())
    refusal(tiny_model(file, input_dtype="uint8", input_scale=scale).options())


@pytest.mark.parametrize(
    ("dtype", "zero"),
    [("uint8", -1), ("uint8", 256), ("int8", -129), ("int8", 128), ("int8", 2**40)],
)
def test_a_zero_point_that_its_type_cannot_store_is_refused(
    tmp_path: Path, dtype: str, zero: int
) -> None:
    file = tmp_path / "m.tflite"

    refusal(tiny_model(file, output_dtype=dtype, output_zero=zero).options())
    refusal(tiny_model(file, input_dtype=dtype, input_zero=zero).options())


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_scale_and_zero_point_are_read(tmp_path: Path, dtype: str) -> None:
    found = tiny_model(
        tmp_path / "m.tflite",
        input_dtype=dtype,
        output_dtype=dtype,
        input_scale=0.5,
        input_zero=3,
        output_scale=0.125,
        output_zero=5,
    ).load()

    assert found.input == Tensor((1, 16, 16, 3), dtype, 0.5, 3)
    assert found.output == Tensor((1, 4), dtype, 0.125, 5)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8"])
@pytest.mark.parametrize("reshaped", [False, True])
@pytest.mark.parametrize(
    ("ending", "probabilities"), [("SOFTMAX", True), ("LOGISTIC", True), (None, False)]
)
def test_what_makes_probabilities_is_found_behind_what_only_passes_scores(
    tmp_path: Path, dtype: str, ending: str | None, *, reshaped: bool, probabilities: bool
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", output_dtype=dtype, ending=ending, reshaped=reshaped)

    assert tiny.load(mean=[0], std=[1]).gives_probabilities == probabilities


def test_operators_of_old_files_are_known_too(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", reshaped=True, old_codes=True)

    assert tiny.load(mean=[0], std=[1]).gives_probabilities


def test_something_unknown_behind_softmax_makes_other_numbers(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", unknown_operator=True)

    assert not tiny.load(mean=[0], std=[1]).gives_probabilities


def test_the_normalisation_comes_from_the_file(tmp_path: Path) -> None:
    metadata = described(mean=[1, 2, 3], std=[4, 5, 6])

    found = tiny_model(tmp_path / "m.tflite", metadata=metadata).load()

    assert (found.mean, found.std) == ((1, 2, 3), (4, 5, 6))


def test_the_normalisation_of_the_configuration_comes_first(tmp_path: Path) -> None:
    metadata = described(mean=[1, 2, 3], std=[4, 5, 6])

    found = tiny_model(tmp_path / "m.tflite", metadata=metadata).load(mean=[7], std=[8])

    assert (found.mean, found.std) == ((7,), (8,))


def test_floats_without_a_normalisation_are_a_question_to_the_owner(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite")

    error = refusal(tiny.options())

    assert str(error) == (
        f"{tiny.path} does not say how pixels become numbers; set model.mean and model.std "
        f"(often 127.5 and 127.5, or 0 and 255)"
    )
    assert error.option == "model.mean"


def test_integers_without_a_normalisation_take_pixels(tmp_path: Path) -> None:
    found = tiny_model(tmp_path / "m.tflite", input_dtype="uint8").load()

    assert (found.mean, found.std) == (None, None)


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ([float("nan")], [1.0]),
        ([0.0], [0.0]),
        ([0.0], [float("inf")]),
        ([0.0, 0.0], [1.0]),
        ([], [1.0]),
        ([1e30], [1.0]),
    ],
)
def test_a_normalisation_that_makes_no_sense(
    tmp_path: Path, mean: list[float], std: list[float]
) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", metadata=described(mean=mean, std=std))

    assert "its metadata gives a normalisation that makes no sense" in str(refusal(tiny.options()))
