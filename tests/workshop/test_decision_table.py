"""The decision table with the real model, over a small part of its showings.

The whole takes minutes; its figures stand in docs/accuracy.md. What holds of a part is what must hold
whatever the figures are.
"""

import json

import pytest

from edgecam.workshop.decision import table

SMALL = ["--photographs", "7", "--conditions", "crowd", "motion blur", "--frames", "12"]
COLUMNS = [
    *("decider", "flaps_per_h", "missed_percent", "false_per_h", "held_percent"),
    *("delay_p50_s", "delay_p95_s", "later_s"),
]


@pytest.fixture(scope="module")
def printed() -> str:
    with pytest.MonkeyPatch.context() as patched:
        lines: list[str] = []
        patched.setattr(
            "builtins.print", lambda *parts, **_: lines.append(" ".join(map(str, parts)))
        )
        assert table.main([*SMALL, "--frames-between", "8", "--json"]) == 0
    return next(line for line in lines if line.startswith("["))


def test_fewer_flaps_and_false_matches_than_others_at_equal_delay(printed: str) -> None:
    rows = {row["decider"]: row for row in json.loads(printed)}
    assert all(list(row) == COLUMNS for row in rows.values())
    ours, no_cooldown = rows["ours"], rows["ours, no cooldown"]
    argmax, row = rows["argmax"], rows["3 in a row"]
    assert ours["flaps_per_h"] <= no_cooldown["flaps_per_h"] < argmax["flaps_per_h"]
    assert no_cooldown["flaps_per_h"] <= row["flaps_per_h"]
    # Seconds of the showings, over those that both told; a frame is 0.1 s.
    assert row["later_s"] == 0
    assert no_cooldown["later_s"] < 0.1
    assert no_cooldown["missed_percent"] <= row["missed_percent"] < 100
    # Somebody is forced to name what is none of the labels, and it is not us.
    assert rows["argmax, whatever it scored"]["held_percent"] == 100
    assert no_cooldown["false_per_h"] <= row["false_per_h"]
    assert no_cooldown["held_percent"] < 50


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--photographs", "1", "--conditions", "daylight", "--frames", "4"]
    assert table.main([*arguments, "--frames-between", "1"]) == 0
    shown = capsys.readouterr().out
    for name in ("decider", "argmax", "3 in a row, forced", "ours, no cooldown"):
        assert name in shown
