"""The table of the motion gate: each clip once, and what a frame costs."""

import json

import pytest

from edgecam.workshop.gate import costs, table
from edgecam.workshop.gate.clips import CLIPS

FEW = ["--photographs", "6", "--clip", "cuts, other sizes", "--clip", "cuts"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "_MEASURED", 20)
    monkeypatch.setattr(table, "_FRAMES", 6)


def test_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert table.main([*FEW, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["clip"] for one in told["clips"]] == ["cuts, other sizes", "cuts"]
    assert all(one["frames"] == 36 and 0 <= one["saved"] <= 1 for one in told["clips"])
    assert set(told["cost"]) == {"gate_us", "prepare_us", "invoke_us"}
    assert min(told["cost"].values()) > 0


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert table.main(FEW) == 0
    shown = capsys.readouterr()
    assert "cuts, other sizes" in shown.out
    assert "µs of processor time in the gate" in shown.out
    assert "…" not in shown.out  # nothing was cut off
    assert shown.err.splitlines()[-1] == "cuts"


@pytest.mark.parametrize("arguments", [["--clip", "none"], ["--photographs", "2"]])
def test_what_it_does_not_know_is_an_error_of_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        table.main(arguments)
    assert ended.value.code == 2


def test_every_difficulty_of_the_issue_has_its_clip() -> None:
    told = " ".join(CLIPS)
    for word in ("cuts", "slow pans", "fades", "day to dusk", "flicker", "rain", "gain 8", "dark"):
        assert word in told
