"""Which processes are the appliance's, by their command lines."""

from pathlib import Path

import pytest
from support.made_proc import MadeProc

from edgecam.appliance import running
from edgecam.appliance.running import Running

PYTHON = "/usr/bin/python3.11"


@pytest.fixture
def proc(tmp_path: Path) -> MadeProc:
    return MadeProc(tmp_path / "proc")


@pytest.mark.parametrize(
    ("command", "half", "config"),
    [
        ([PYTHON, "-m", "edgecam", "run", "-c", "/a.yaml"], "both", "/a.yaml"),
        ([PYTHON, "-m", "edgecam", "run", "vision", "-c", "/a.yaml"], "vision", "/a.yaml"),
        ([PYTHON, "/bin/edgecam", "run", "--config=/a.yaml", "publisher"], "publisher", "/a.yaml"),
        (["python", "-u", "-X", "dev", "-m", "edgecam", "run", "vision"], "vision", None),
        (["/opt/bin/edgecam", "run", "--debug", "-c/a.yaml", "vision"], "vision", "/a.yaml"),
        ([PYTHON, "/bin/edgecam", "run", "-c", "vision", "publisher"], "publisher", "/srv/vision"),
        ([PYTHON, "/bin/edgecam", "run", "vision", "-c"], "vision", None),
    ],
)
def test_a_half_and_its_configuration(
    proc: MadeProc, command: list[str], half: str, config: str | None
) -> None:
    proc.process(42, *command)

    default = Path("/etc/edgecam/config.yaml")
    assert running.find(proc.root) == [Running(42, half, Path(config) if config else default)]


@pytest.mark.parametrize(
    "command",
    [
        ["sudo", PYTHON, "-m", "edgecam", "run", "vision"],
        ["sh", "-c", "edgecam run vision"],
        ["vim", "/etc/edgecam", "run"],
        [PYTHON, "-m", "edgecam", "watch", "run", "vision"],
        [PYTHON, "-m", "edgecam"],
        [PYTHON, "-m", "edgecamera", "run"],
        [""],
    ],
)
def test_what_is_no_half(proc: MadeProc, command: list[str]) -> None:
    proc.process(42, *command)

    assert running.find(proc.root) == []


def test_without_a_name_the_file_where_it_was_started_comes_first(
    proc: MadeProc, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").touch()
    proc.process(42, PYTHON, "-m", "edgecam", "run", folder=str(tmp_path))

    assert running.find(proc.root)[0].config == tmp_path / "config.yaml"


def test_a_relative_name_is_not_guessed_where_the_folder_cannot_be_seen(proc: MadeProc) -> None:
    (proc.process(42, PYTHON, "-m", "edgecam", "run", "-c", "a.yaml") / "cwd").unlink()
    (proc.process(43, PYTHON, "-m", "edgecam", "run", "-c", "/a.yaml") / "cwd").unlink()

    assert [found.config for found in running.find(proc.root)] == [None, Path("/a.yaml")]


def test_odd_processes_are_passed_over(proc: MadeProc) -> None:
    proc.process(7, PYTHON, "-m", "edgecam", "run", "\udcff".encode("utf-8", "replace").decode())
    (proc.root / "8").mkdir()  # one that ended while it was looked at
    (proc.root / "self").mkdir()

    assert [found.pid for found in running.find(proc.root)] == [7]
