"""`edgecam` itself: commands, exit codes, and errors of one line."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from support.commands import COMMAND, TIMEOUT_S, environment, run

from edgecam import __version__, cli
from edgecam.errors import EXIT_CONFIG, EXIT_FAILURE, EXIT_USAGE, BrokerError, ConfigError

REPORT = "run it again with --debug and report what it prints"


def test_the_version(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")

    assert (done.code, done.out, done.err) == (0, f"edgecam {__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command_and_exit_code(tmp_path: Path, option: str) -> None:
    done = run(tmp_path, option)

    assert (done.code, done.err) == (0, "")
    for name, summary in cli.COMMANDS.items():
        assert f"  {name:10}{summary}\n" in done.out
    assert "0 done, 1 failure, 2 wrong usage, 78 bad configuration or model" in done.out


def test_no_command_is_wrong_usage_and_shows_the_help(tmp_path: Path) -> None:
    done = run(tmp_path)

    assert (done.code, done.out) == (EXIT_USAGE, "")
    assert done.err.startswith("usage: edgecam COMMAND")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("clasify", "did you mean classify?"),
        ("wach", "did you mean watch?"),
        (
            "--verbose",
            "there are: run, check, classify, model, privacy, watch, schema, bench, demo",
        ),
    ],
)
def test_an_unknown_command_suggests_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    done = run(tmp_path, name)

    assert (done.code, done.out) == (EXIT_USAGE, "")
    assert done.err == f"edgecam: no command {name!r}; {hint}\n"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself_with_an_example(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, name, "--help")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: edgecam {name} ")
    _, example = done.out.split("\nexample:\n")
    assert f"  edgecam {name}" in example
    assert "--debug" in done.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["schema"], "the following arguments are required: what"),
        (["schema", "all"], "argument what: invalid choice: 'all' (choose from"),
        (["check", "file"], "unrecognized arguments: file"),
        (["check", "--conf", "file"], "unrecognized arguments: --conf file"),
        (["run", "camera"], "argument half: invalid choice: 'camera' (choose from"),
    ],
)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: list[str], problem: str) -> None:
    done = run(tmp_path, *arguments)

    assert (done.code, done.out) == (EXIT_USAGE, "")
    assert done.errors[0].startswith(f"usage: edgecam {arguments[0]} ")
    assert done.errors[-1].startswith(f"edgecam {arguments[0]}: error: {problem}")


@pytest.mark.parametrize("command", ["check", "run", "classify"])
def test_a_bad_configuration_exits_78_with_a_line_for_each_problem(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "config.yaml").write_text("node: A\ncamera: {fps: fast}\n", encoding="utf-8")

    done = run(tmp_path, command, *(["door.jpg"] if command == "classify" else []))

    assert (done.code, done.out) == (EXIT_CONFIG, "")
    assert done.err.splitlines() == [
        'config.yaml:1: node: expected 1 to 24 of a-z, 0-9, _ and -, got "A"',
        'config.yaml:2: camera.fps: expected a number > 0 and ≤ 1000, got "fast"',
    ]


def test_debug_shows_a_traceback_before_the_same_line(tmp_path: Path) -> None:
    without = run(tmp_path, "check", "-c", "absent.yaml")
    with_debug = run(tmp_path, "check", "--debug", "-c", "absent.yaml")

    assert without.err == "absent.yaml: cannot be read: No such file or directory\n"
    assert with_debug.err.startswith("Traceback (most recent call last):\n")
    assert with_debug.err.endswith(f"\n{without.err}")
    assert (without.code, with_debug.code) == (EXIT_CONFIG, EXIT_CONFIG)


def test_a_reader_that_goes_away_is_no_reason_for_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "schema", "config"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait(TIMEOUT_S)

    assert (code, said) == (EXIT_FAILURE, b"")


class FakeCommand(ModuleType):
    """A command that ends as it is told."""

    def __init__(self, name: str, end: int | BaseException) -> None:
        super().__init__(name)
        self.given: list[str] = []
        self._end = end

    def main(self, arguments: Sequence[str]) -> int:
        """What a command's module has."""
        self.given = list(arguments)
        if isinstance(self._end, BaseException):
            raise self._end
        return self._end


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        (0, 0, ""),
        (1, 1, ""),
        (ConfigError("wrong option"), EXIT_CONFIG, "wrong option\n"),
        (BrokerError("no broker"), EXIT_FAILURE, "no broker\n"),
        (KeyboardInterrupt(), 130, ""),
        (
            ZeroDivisionError("by zero"),
            EXIT_FAILURE,
            f"edgecam fake: internal error: ZeroDivisionError: by zero; {REPORT}\n",
        ),
    ],
)
def test_how_a_command_ends_decides_code_and_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: int | BaseException,
    code: int,
    said: str,
) -> None:
    fake = FakeCommand("edgecam.commands.fake", end)
    monkeypatch.setitem(cli.COMMANDS, "fake", "for this test")
    monkeypatch.setitem(sys.modules, fake.__name__, fake)

    assert cli.main(["fake", "-x", "y"]) == code

    assert fake.given == ["-x", "y"]
    assert capsys.readouterr().err == said


def test_debug_shows_where_an_internal_error_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeCommand("edgecam.commands.fake", ZeroDivisionError("by zero"))
    monkeypatch.setitem(cli.COMMANDS, "fake", "for this test")
    monkeypatch.setitem(sys.modules, fake.__name__, fake)

    cli.main(["fake", "--debug"])

    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert "\nZeroDivisionError: by zero\nedgecam fake: internal error: " in said
