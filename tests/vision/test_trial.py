"""A model is tried in a process of its own: whatever becomes of that, one line comes of it."""

import sys
from pathlib import Path

import pytest
from support.places import MODEL, RUNTIMES
from support.tiny_models import TinyModel, tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import ModelError
from edgecam.vision import trial

BAD = "the file is damaged or hostile; do not use it"
SLOW = "this machine is too busy just now, or the file is hostile: try again, then do not use it"


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModel:
    return tiny_model(tmp_path / "m.tflite", input_dtype="uint8")


def fake_interpreter(
    folder: Path, monkeypatch: pytest.MonkeyPatch, when_made: str, *imports: str
) -> None:
    """An interpreter that does something of its own with a model, in place of litert."""
    package = folder / "fakes" / "ai_edge_litert"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "interpreter.py").write_text(
        f"import {', '.join(imports or ('os',))}\n\n\n"
        f"class Interpreter:\n    def __init__(self, **_):\n        {when_made}\n"
    )
    monkeypatch.syspath_prepend(str(folder / "fakes"))


def refusal(options: ModelOptions) -> ModelError:
    """The error of a model that is tried with litert, or what stands in for it."""
    with pytest.raises(ModelError) as caught:
        trial.attempt(options, "litert")
    return caught.value


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_comes_back_is_what_was_read(runtime: str) -> None:
    options = ModelOptions(file=str(MODEL))

    found = trial.attempt(options, runtime)

    assert found.model == model.load(options)
    assert 0 < found.invoke_ms < 1000 * trial.LIMIT_S


def test_a_refusal_names_its_option(tiny: TinyModel) -> None:
    tiny.labels_file.write_text("a\nb#\nc\nd\n", encoding="utf-8")

    error = refusal(tiny.options())

    assert str(error) == f"{tiny.labels_file}:2: a label must be printable text without #"
    assert error.option == "model.labels"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        *(("SIGSEGV", BAD), ("SIGABRT", BAD), ("SIGBUS", BAD)),
        ("SIGILL", "this processor lacks an instruction that it needs; try the other runtime"),
        ("SIGKILL", "the machine probably ran out of memory; try a smaller model"),
    ],
)
def test_a_child_that_dies_is_one_line(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    kill = f"os.kill(os.getpid(), signal.{name})"
    fake_interpreter(tmp_path, monkeypatch, kill, "os", "signal")

    error = refusal(tiny.options())

    assert str(error) == f"{tiny.path}: the interpreter died of it ({name}): {advice}"
    assert (error.option, error.exit_code) == ("model.file", 78)


def test_a_child_that_hangs_is_ended(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_interpreter(tmp_path, monkeypatch, "time.sleep(1000)", "time")
    monkeypatch.setattr(trial, "LIMIT_S", 1.0)

    error = refusal(tiny.options())

    assert str(error) == f"{tiny.path}: the interpreter was not done with it in 1 s: {SLOW}"


def test_a_child_that_hangs_alone_ends_itself(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own alarm ends it where whoever started it is gone; here it goes off at once."""
    hang = "signal.setitimer(signal.ITIMER_REAL, 0.1); time.sleep(1000)"
    fake_interpreter(tmp_path, monkeypatch, hang, "signal", "time")

    assert "was not done with it" in str(refusal(tiny.options()))


@pytest.mark.parametrize(
    ("closing", "said"),
    [
        ("os._exit(0)", "ended without an answer (exit 0)"),
        ("os._exit(7)", "ended without an answer (exit 7)"),
        ("raise SystemError", "ended without an answer (exit 1)"),
    ],
)
def test_a_child_that_says_nothing_is_one_line(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closing: str, said: str
) -> None:
    fake_interpreter(tmp_path, monkeypatch, closing)

    assert str(refusal(tiny.options())) == f"{tiny.path}: the interpreter {said}: {BAD}"


@pytest.mark.parametrize(
    "rubbish",
    [
        "hello",
        "{}",
        "[1]",
        '{"trial": {"model": {"file": 3}}}',
        '{"trial": null, "refusal": {"problem": 3}}',
        "\\xff",
    ],
)
def test_rubbish_is_no_answer(monkeypatch: pytest.MonkeyPatch, rubbish: str) -> None:
    monkeypatch.setattr(trial, "_CHILD", ("printf", rubbish))

    error = refusal(ModelOptions(file="m.tflite"))

    assert str(error) == f"m.tflite: the interpreter ended without an answer (exit 0): {BAD}"


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_CHILD", ("yes",))

    error = refusal(ModelOptions(file="m.tflite"))

    assert str(error) == f"m.tflite: the interpreter answered without end: {BAD}"


def test_an_answer_cannot_steer_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    line = r'{"refusal": {"problem": "\\u001b[2J\\nroot# ", "option": "model.file"}}'
    monkeypatch.setattr(trial, "_CHILD", ("printf", line))

    assert str(refusal(ModelOptions(file="m"))) == r"\x1b[2J\nroot# "


def test_labels_in_an_answer_are_checked_again(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tiny.load()
    answer = trial.encode(trial.Answer(trial=trial.Trial(found, 1.0))).decode()
    hostile = answer.replace("label 0", r"label\u001b[2J")
    script = "import sys; print(sys.argv[1])"
    for line, taken in ((answer, True), (hostile, False)):
        monkeypatch.setattr(trial, "_CHILD", (sys.executable, "-c", script, line))
        if taken:
            assert trial.attempt(tiny.options(), "litert").model == found
        else:
            assert "ended without an answer" in str(refusal(tiny.options()))


def test_what_a_library_prints_is_no_answer(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_interpreter(tmp_path, monkeypatch, "os.write(1, b'INFO: hello'); raise ValueError('no')")

    assert str(refusal(tiny.options())) == f"{tiny.path} is refused by ai-edge-litert: no"


def test_memory_without_end_is_refused(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_interpreter(tmp_path, monkeypatch, "bytearray(4 << 30)")

    assert str(refusal(tiny.options())) == f"{tiny.path} needs more than 1536 MB of memory"


def test_the_child_can_write_no_file(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loot = tmp_path / "loot"
    write = f"open({str(loot)!r}, 'wb', 0).write(b'x')"
    fake_interpreter(tmp_path, monkeypatch, write)

    assert "ended without an answer (exit 1)" in str(refusal(tiny.options()))
    assert loot.read_bytes() == b""


def test_modules_in_the_current_folder_are_not_loaded(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)

    assert trial.attempt(tiny.options(), "litert").model.sha256 == tiny.sha256


def test_a_file_that_changes_under_the_child_is_refused(tiny: TinyModel) -> None:
    options = tiny.options()
    tiny.path.write_bytes(MODEL.read_bytes())

    assert "is not the pinned model" in str(refusal(options))
