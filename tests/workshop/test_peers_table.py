"""The table of the peers: what it computes from turns, and what it says of who is ahead."""

import pytest

from edgecam.workshop.peers.lineup import BARE, ENTRANTS, OURS
from edgecam.workshop.peers.match import Played, Turn
from edgecam.workshop.peers.table import as_json, markdown, rows, verdict

MEDIAPIPE, USUAL = ENTRANTS[2], ENTRANTS[-1]


def turns(*rates: float, cpu_ms: float = 4.0) -> list[Turn]:
    """Turns of two seconds at these frames a second."""
    return [Turn(round(2 * fps), 2.0, 2 * fps * cpu_ms / 1000) for fps in rates]


def match(usual: Played) -> list[Played]:
    """Three that took three turns each, on a machine that slowed down to a half."""
    bare = Played(BARE, turns=turns(200, 200, 100), peak_mb=60.0)
    ours = Played(OURS, turns=turns(190, 190, 95), peak_mb=90.0, labels=[1, 2, 3, 4])
    return [bare, ours, usual]


SLOWER = Played(
    USUAL, turns=turns(95, 95, 47.5, cpu_ms=9.0), peak_mb=91.0, labels=[1, 2, 3, 5], note="a note"
)


def test_figures_are_medians_over_the_rounds() -> None:
    bare, ours, usual = rows(match(SLOWER))
    assert (bare.fps, ours.fps, usual.fps) == (200, 190, 95)
    assert (ours.cpu_ms_per_frame, usual.cpu_ms_per_frame) == pytest.approx((4.0, 9.0))
    assert (bare.peak_mb, ours.peak_mb, usual.peak_mb) == (60, 90, 91)


def test_ratios_are_taken_within_a_round() -> None:
    drifting = Played(USUAL, turns=turns(50, 200, 95), peak_mb=91.0, labels=[1, 2, 3, 4])
    usual = rows(match(drifting))[2]
    # In the rounds: 50/190, 200/190, 95/95; that of the medians would be a half.
    assert usual.ratio_to_edgecam == 1.0
    assert usual.ratio_to_bare == pytest.approx(0.95)
    assert usual.fps == 95


def test_the_same_label_is_counted_frame_by_frame_and_not_for_who_names_none() -> None:
    bare, ours, usual = rows(match(SLOWER))
    assert (bare.same_label, ours.same_label, usual.same_label) == (None, 1.0, 0.75)


def test_ahead_of_every_peer_though_not_of_the_bare_model() -> None:
    assert verdict(match(SLOWER)) == [
        "frames/s: ahead of every peer.",
        "CPU a frame: ahead of every peer.",
        "memory: ahead of every peer.",
    ]


def test_who_is_as_good_is_named() -> None:
    better = Played(USUAL, turns=turns(190, 190, 96), peak_mb=70.0, labels=[1, 2, 3, 4])
    sentences = verdict(match(better))
    assert sentences == [
        f"{figure}: behind {USUAL.title}." for figure in ("frames/s", "CPU a frame", "memory")
    ]


def test_of_rounds_that_disagree_nothing_is_said() -> None:
    near = Played(USUAL, turns=turns(180, 200, 95), peak_mb=70.0, labels=[1, 2, 3, 4])
    slow = Played(MEDIAPIPE, turns=turns(100, 90, 50), peak_mb=150.0, labels=[1, 2, 3, 4])
    assert verdict([*match(near), slow]) == [
        f"frames/s: not to be told from {USUAL.title}; ahead of the others.",
        f"CPU a frame: behind {USUAL.title}, {MEDIAPIPE.title}.",
        f"memory: behind {USUAL.title}; ahead of the others.",
    ]


def test_who_did_not_take_part_has_no_row_and_a_reason() -> None:
    everybody = [*match(SLOWER), Played(MEDIAPIPE, failure="no wheel")]
    text = markdown(everybody)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3
    assert len({line.count("|") for line in table}) == 1
    assert f"- {MEDIAPIPE.title}: {MEDIAPIPE.does} Did not take part: no wheel." in text
    assert "Here: a note." in text
    assert "frames/s: ahead of every peer that took part." in text
    failed = as_json(everybody)["peers"][-1]
    assert failed == {
        "name": "mediapipe",
        "versions": {},
        "note": "",
        "failure": "no wheel",
        "turns": [],
    }


def test_a_program_is_given_the_rows_and_every_turn() -> None:
    ours = as_json(match(SLOWER))["peers"][1]
    assert ours["ratio_to_bare"] == pytest.approx(0.95)
    assert [turn["frames"] for turn in ours["turns"]] == [380, 380, 190]
