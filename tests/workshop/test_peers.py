"""Peers for real: those whose libraries a checkout has play, the others say why they cannot."""

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT, SAMPLES

from edgecam.config import load
from edgecam.workshop import ending
from edgecam.workshop.peers import __main__ as command
from edgecam.workshop.peers.contender import Contender, PeerFailedError
from edgecam.workshop.peers.lineup import BARE, ENTRANTS, OURS, Entrant
from edgecam.workshop.peers.match import play, surroundings

PEERS = ROOT / "edgecam" / "workshop" / "peers"
PYTHON = Path(sys.executable)
USUAL = ENTRANTS[-1]
FRAMES = ("panda.jpg", "castle.jpg", "bison.jpg")


@pytest.fixture(autouse=True)
def _signals_are_pytests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "on_any_signal", lambda: None)


@pytest.fixture
def given(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What peers are given, with three frames."""
    for name in FRAMES:
        (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
    config = load(ROOT / "config.yaml").config
    with surroundings(config, tmp_path, tmp_path / "nothing-converted") as settings:
        yield settings


def test_bare_edgecam_and_the_usual_loop_take_turns_on_the_same_frames(
    given: dict[str, Any], tmp_path: Path
) -> None:
    absent = replace(USUAL, name="absent")
    rounds: list[int] = []

    def python(entrant: Entrant) -> Path:
        return tmp_path / "no-such-environment/bin/python" if entrant is absent else PYTHON

    bare, ours, usual, missing = play(
        [BARE, OURS, USUAL, absent],
        python,
        given,
        rounds=2,
        seconds=0.2,
        on_round=rounds.append,
    )
    assert rounds == [0, 1, 2]
    for played in (bare, ours, usual):
        assert not played.failure
        assert len(played.turns) == 2
        for turn in played.turns:
            assert turn.frames > 0
            assert turn.wall_s >= 0.2
            assert turn.cpu_s > 0
        assert played.pss_mb is not None
        assert 5 < played.pss_mb <= played.peak_mb
        assert all(played.versions.values())
    assert bare.labels is None
    assert ours.labels is not None
    assert len(set(ours.labels)) == len(FRAMES)
    assert usual.labels == ours.labels
    assert missing.failure.startswith("no-such-environment is not there")
    assert not missing.turns


def test_a_peer_that_ends_says_why_and_is_gone(given: dict[str, Any], tmp_path: Path) -> None:
    with Contender(BARE, PYTHON, given, tmp_path) as contender:
        assert contender.ask("turn", seconds=0.05)["frames"] > 0
        with pytest.raises(PeerFailedError, match="seconds"):
            contender.ask("turn")  # for how long was not said
        with pytest.raises(PeerFailedError, match="seconds"):
            contender.ask("memory")


def test_without_the_bare_model_or_edgecam_there_is_nothing_to_compare(
    given: dict[str, Any],
) -> None:
    broken = {**given, "model": "/nowhere.tflite"}
    with pytest.raises(PeerFailedError, match=r"bare: .*/nowhere\.tflite"):
        play([BARE], lambda _: PYTHON, broken, rounds=1, seconds=0.1, on_round=lambda _: None)


def test_the_command_prints_every_peer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the environment of the tests, where some libraries are not installed."""
    monkeypatch.setattr(command, "_python", lambda _: PYTHON)
    assert command.main(["--rounds", "1", "--seconds", "1", "--json"]) == 1
    out, said = capsys.readouterr()
    result = json.loads(out)
    peers = {peer["name"]: peer for peer in result["peers"]}
    assert list(peers) == [entrant.name for entrant in ENTRANTS]
    assert peers["edgecam"]["ratio_to_bare"] > 0
    assert peers["edgecam"]["same_label"] == 1.0
    assert peers["usual"]["same_label"] > 0.8
    assert "mediapipe" in peers["mediapipe"]["failure"]
    assert len(result["verdict"]) == 3
    assert set(result["company"]) >= {"busy", "others_share"}
    absent = [peer["name"] for peer in result["peers"] if peer["failure"]]
    told = [line for line in said.splitlines() if line.startswith("scripts/bench --peers: without")]
    assert [line.split()[3].rstrip(":") for line in told] == absent


@pytest.mark.parametrize("number", ["0", "-1", "61", "many"])
def test_a_nonsense_number_is_a_usage_error(number: str) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--rounds", number])
    assert caught.value.code == 2


def test_an_interrupt_is_no_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "play", interrupted)
    assert command.main([]) == 130
    assert capsys.readouterr().err == "\n"


def test_a_failure_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "_python", lambda _: tmp_path / "nothing/bin/python")
    assert command.main([]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("scripts/bench --peers: bare: nothing is not there")


def imported(program: Path) -> set[str]:
    """The modules of edgecam that a program names."""
    tree = ast.parse(program.read_text(encoding="utf-8"))
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    plain = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return {name for name in froms | plain if name and name.partition(".")[0] == "edgecam"}


def test_only_our_own_program_needs_edgecam() -> None:
    """The environments of the others have none of its libraries."""
    common = "edgecam.workshop.peers.programs.turns"
    programs = {program.stem: imported(program) for program in (PEERS / "programs").glob("*.py")}
    assert len(programs.pop(OURS.program)) > 1
    assert len(programs) > len(ENTRANTS)
    assert all(names <= {common} for names in programs.values())


def test_every_environment_is_pinned() -> None:
    files = {file.stem: file for file in (PEERS / "requirements").glob("*.txt")}
    assert set(files) == {entrant.name for entrant in ENTRANTS if entrant is not OURS} | {"convert"}
    for file in files.values():
        lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert lines
        assert all("==" in line.partition(";")[0] for line in lines)
