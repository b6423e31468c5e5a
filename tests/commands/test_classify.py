"""`edgecam classify`: what the model says of pictures."""

import json
import os
import shutil
from pathlib import Path

import pytest
from support.commands import Outcome, run
from support.places import ACCEPTED, MODEL, RUNTIMES, SAMPLES

from edgecam import cli, runtimes
from edgecam.errors import EXIT_CONFIG, EXIT_FAILURE, EXIT_USAGE

BISON, PANDA = SAMPLES / "bison.jpg", SAMPLES / "panda.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration."""
    (tmp_path / "config.yaml").write_text(f"model: {{file: {MODEL}}}\n", encoding="utf-8")
    return tmp_path


def classify(folder: Path, *arguments: str | Path) -> Outcome:
    return run(folder, "classify", *arguments)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_photograph_is_recognised(folder: Path, runtime: str) -> None:
    pictures = [SAMPLES / name for name in ACCEPTED]

    done = classify(folder, "--json", "--runtime", runtime, *pictures)

    assert (done.code, done.errors) == (0, [])
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["image"] for answer in answers] == [str(picture) for picture in pictures]
    for answer in answers:
        assert set(answer) == {"image", "top"}
        assert 1 <= len(answer["top"]) <= 5
        assert all(set(entry) == {"label", "confidence"} for entry in answer["top"])
        confidences = [entry["confidence"] for entry in answer["top"]]
        assert confidences == sorted(confidences, reverse=True)
        assert 0 < confidences[-1] <= confidences[0] <= 1
    missed = [
        answer["image"]
        for answer in answers
        if not {entry["label"] for entry in answer["top"]}
        & set(ACCEPTED[Path(answer["image"]).name])
    ]
    assert missed == []


def test_people_get_one_line_a_picture(folder: Path) -> None:
    done = classify(folder, "-k", "1", BISON, PANDA)

    assert done.code == 0
    bison, panda = done.out.splitlines()
    assert bison.startswith(f"{BISON}: bison 0.")
    assert panda.startswith(f"{PANDA}: giant panda 0.")
    assert "," not in bison


CATS = "{tabby: [tabby cat, tiger cat, Egyptian Mau], bear: [brown bear], big: [bison, ox]}"


@pytest.fixture
def grouped(tmp_path: Path) -> Path:
    """A folder with a configuration that has groups, of which only one may be reported."""
    text = f"model: {{file: {MODEL}}}\ndecision: {{groups: {CATS}, only: [bear]}}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_groups_are_said_beside_labels(grouped: Path) -> None:
    plain, as_json = classify(grouped, BISON), classify(grouped, "--json", "-k", "1000", BISON)

    assert (plain.code, as_json.code) == (0, 0)
    answer = json.loads(as_json.out)
    scores = {entry["label"]: entry["confidence"] for entry in answer["top"]}
    groups = {entry["label"]: entry["confidence"] for entry in answer["groups"]}
    assert list(groups) == sorted(groups, key=lambda name: -groups[name])
    assert set(groups) == {"tabby", "bear", "big"}
    assert groups["big"] == pytest.approx(min(1.0, scores["bison"] + scores.get("ox", 0)), abs=1e-3)
    assert plain.out.startswith(f"{BISON}: bison 0.")
    assert f"; groups: big {groups['big']:.2f}" in plain.out
    assert "tabby" not in plain.out  # it scored nothing


def test_a_group_that_nothing_stands_behind_is_an_error(folder: Path) -> None:
    with (folder / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("decision: {groups: {cat: [tabbycat]}}\n")
    done = classify(folder, BISON)
    assert done.code == EXIT_CONFIG
    assert done.errors[0].startswith('config.yaml:2: decision.groups.cat[0]: "tabbycat" is no ')


def test_without_a_configuration_the_model_that_comes_along_is_used(tmp_path: Path) -> None:
    done = classify(tmp_path, "--json", BISON)

    assert (done.code, done.err) == (
        0,
        "no configuration: the model that comes with edgecam is used\n",
    )
    assert json.loads(done.out)["top"][0]["label"] == "bison"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_greeting_of_the_interpreter_is_not_shown(folder: Path, runtime: str) -> None:
    done = classify(folder, "--runtime", runtime, BISON)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("count", [1, 3, 2000])
def test_as_many_labels_as_are_asked_for_and_none_that_scored_nothing(
    folder: Path, count: int
) -> None:
    done = classify(folder, "--json", "-k", str(count), SAMPLES / "cow.jpg")

    top = json.loads(done.out)["top"]
    assert len(top) == count if count <= 3 else 3 < len(top) < 1000
    assert all(entry["confidence"] > 0 for entry in top)


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_number_of_labels_is_at_least_1(folder: Path, count: str) -> None:
    done = classify(folder, f"-k{count}", BISON)

    assert (done.code, done.out) == (EXIT_USAGE, "")
    assert "argument -k: " in done.errors[-1]
    assert "at least 1" in done.errors[-1]
    assert "_" not in done.errors[-1]  # no name of a function of ours


def test_a_picture_that_cannot_be_read_is_told_and_the_others_are_classified(folder: Path) -> None:
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no picture", encoding="utf-8")
    (folder / "cut.jpg").write_bytes(BISON.read_bytes()[:100])
    (folder / "folder.jpg").mkdir()
    bad = ["empty.jpg", "text.jpg", "cut.jpg", "folder.jpg", "absent.jpg"]

    done = classify(folder, "--json", *bad[:3], BISON, *bad[3:], PANDA)

    assert done.code == EXIT_FAILURE
    assert done.errors == [
        *(f"{name}: not a picture that can be read" for name in bad[:3]),
        "folder.jpg: a folder; name its pictures: folder.jpg/*.jpg",
        "absent.jpg: no such file",
    ]
    assert [json.loads(line)["image"] for line in done.out.splitlines()] == [str(BISON), str(PANDA)]


def test_a_file_may_have_any_name(folder: Path) -> None:
    name = os.fsdecode(b"d\xf6\xff r.jpg")  # not UTF-8
    shutil.copy(BISON, folder / name)
    shutil.copy(PANDA, folder / "größer\n.jpg")

    done = classify(folder, "--json", name, "größer\n.jpg")

    assert (done.code, done.errors) == (0, [])
    first, second = map(json.loads, done.out.splitlines())
    assert first["image"].endswith(" r.jpg")
    assert first["top"][0]["label"] == "bison"
    assert second["image"] == "größer\n.jpg"


def test_the_fit_of_the_configuration_is_used(tmp_path: Path) -> None:
    answers = set()
    for crop in ("0.05", "1.0"):
        text = f"model: {{file: {MODEL}, crop: {crop}}}\n"
        (tmp_path / f"{crop}.yaml").write_text(text, encoding="utf-8")
        answers.add(classify(tmp_path, "-c", f"{crop}.yaml", BISON).out)

    assert len(answers) == 2


def test_a_missing_model_is_told_with_line_and_option(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("model:\n  file: no.tflite\n", encoding="utf-8")

    done = classify(tmp_path, BISON)

    assert (done.code, done.out) == (EXIT_CONFIG, "")
    assert done.err == (
        f"config.yaml:2: model.file: {tmp_path}/no.tflite cannot be read: "
        "No such file or directory\n"
    )


def test_pictures_are_needed(folder: Path) -> None:
    done = classify(folder)

    assert done.code == EXIT_USAGE
    assert done.errors[-1].endswith("the following arguments are required: IMAGE")


def test_the_runtime_that_is_named_comes_before_that_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"model: {{file: {MODEL}, runtime: tflite-runtime}}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setitem(runtimes.RUNTIMES, "tflite-runtime", ("no_such_module", "no-such"))
    monkeypatch.chdir(tmp_path)

    assert cli.main(["classify", "--runtime", "litert", str(BISON)]) == 0
    assert cli.main(["classify", str(BISON)]) == EXIT_CONFIG

    out, err = capsys.readouterr()
    assert out.startswith(f"{BISON}: bison")
    assert err.endswith(
        "config.yaml:1: model.runtime: no-such is not installed here: pip install no-such\n"
    )


def test_an_unknown_runtime_is_wrong_usage(folder: Path) -> None:
    done = classify(folder, "--runtime", "onnx", BISON)

    assert done.code == EXIT_USAGE
    assert "invalid choice: 'onnx'" in done.errors[-1]
