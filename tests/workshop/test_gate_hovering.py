"""The table of labels that hover: the real model on a few frames, and scenes made up score by score."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from support.places import SAMPLES

from edgecam.config import DecisionOptions
from edgecam.vision.motion import LEARN_FRAMES
from edgecam.workshop.camera import Model
from edgecam.workshop.gate import hovering, table
from edgecam.workshop.gate.clips import STANDING
from edgecam.workshop.gate.hovering import NEARS, Hovering, Row, Scene
from edgecam.workshop.scenes import Photograph, photographs

PICTURES = photographs(SAMPLES)[:6]
FEW = ["--hovering", "--photographs", "6"]
APPEAR = DecisionOptions().appear
CLEAR = 0.5  # of another label, that the look is clear: it appears at once, and stays


@pytest.fixture(scope="module")
def seeing() -> Model:
    return Model()


def shorten(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(hovering, "LOOKS", 12)
    patched.setattr(hovering, "LENGTHS_S", (3.0, 6.0))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)


def scene(seeing: Model, *scores: float) -> Scene:
    """One in which a label scores now this and now that, beside one that is surely there."""
    made = np.zeros((len(scores), len(seeing.found.labels)), np.float32)
    made[:, 0], made[:, 1] = scores, CLEAR
    return Scene("gain 1", made)


def rows(seeing: Model, *found: Scene) -> dict[tuple[float, float], Row]:
    return {(row.near, row.seconds): row for row in hovering.rows(found, seeing)}


@pytest.fixture(scope="module")
def measured(seeing: Model) -> Hovering:
    """Of a few photographs, for a moment."""
    with pytest.MonkeyPatch.context() as patched:
        shorten(patched)
        return hovering.measured(PICTURES, seeing)


def test_for_programs(
    measured: Hovering, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def of(pictures: Sequence[Photograph], _: Model) -> Hovering:
        asked.append(len(pictures))
        return measured

    monkeypatch.setattr(hovering, "measured", of)
    assert table.main([*FEW, "--json"]) == 0
    assert asked == [len(PICTURES)]
    told = json.loads(capsys.readouterr().out)
    assert [one["noise"] for one in told["spreads"]] == list(STANDING)
    assert all(one["scenes"] == 6 and one["calm"] <= 6 for one in told["spreads"])
    assert sum(one["calm"] for one in told["spreads"]) in range(1, 6 * len(STANDING))
    assert [(row["near"], row["seconds"]) for row in told["rows"]] == [
        *((near, 3.0) for near in NEARS),
        (NEARS[0], 6.0),
    ]
    for row in told["rows"]:
        assert 6 <= row["gate_within_frame"] <= row["gate_within_10_s"] <= row["appeared"]
        assert 6 <= row["other_within_frame"] <= row["other_within_10_s"] <= row["appeared"]
        assert LEARN_FRAMES / 60 < row["looks"] <= row["looks_most"] < 1


def test_for_people(
    measured: Hovering, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hovering, "measured", lambda *_: measured)
    assert table.main(FEW) == 0
    shown = capsys.readouterr().out
    for word in (*STANDING, "deviation", "calm", "gate: frame"):
        assert word in shown
    assert "…" not in shown  # nothing was cut off


def test_the_same_photographs_give_the_same_figures(seeing: Model) -> None:
    first, second = (hovering.measured(PICTURES[:1], seeing) for _ in range(2))
    assert first == second


def test_it_has_no_clips_to_choose_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        table.main([*FEW, "--clip", "cuts"])
    assert ended.value.code == 2
    assert "leave out --clip" in capsys.readouterr().err


def test_the_nearer_a_label_is_to_its_threshold_the_more_looks_it_gets(
    monkeypatch: pytest.MonkeyPatch, seeing: Model
) -> None:
    monkeypatch.setattr(hovering, "LENGTHS_S", (12.0,))
    first_and_idle = (LEARN_FRAMES + 1) / 120
    far, nearly, near = (rows(seeing, scene(seeing, APPEAR - by)) for by in (0.2, 0.08, 0.03))
    assert {row.looks for row in far.values()} == {first_and_idle}
    assert nearly[0.05, 12.0].looks == nearly[0.0, 12.0].looks == first_and_idle
    assert nearly[0.1, 12.0].looks > first_and_idle
    assert near[0.05, 12.0].looks == near[0.1, 12.0].looks > near[0.0, 12.0].looks


def test_what_noise_brings_is_counted_for_each_camera(
    monkeypatch: pytest.MonkeyPatch, seeing: Model
) -> None:
    """A label that is there in every other look: sooner or later three of four happen to be high."""
    monkeypatch.setattr(hovering, "LENGTHS_S", (60.0,))
    sure = rows(seeing, scene(seeing, APPEAR + 0.1))
    assert {(row.appeared, row.gate_within_frame, row.extra) for row in sure.values()} == {
        (2, 2, 0)
    }
    hovers = [scene(seeing, APPEAR - 0.03, APPEAR + 0.03) for _ in range(9)]
    for row in rows(seeing, *hovers).values():
        assert row.appeared == 18
        assert 9 <= row.other_within_frame < row.appeared  # chance decides when
        assert row.gate_within_frame >= row.other_within_frame


def test_how_far_scores_spread_and_which_scenes_are_calm(seeing: Model) -> None:
    alike = scene(seeing, *[0.3] * 12)
    apart = scene(seeing, *[APPEAR - 0.1, APPEAR + 0.1] * 6)
    first, *others = hovering.spreads([alike, apart], seeing.rules)
    assert (first.noise, first.scores, first.scenes, first.calm) == ("gain 1", 4, 2, 1)
    assert first.deviation_median == pytest.approx(0.0, abs=1e-6)
    assert first.deviation_most == pytest.approx(0.1)
    assert all((one.scores, one.scenes) == (0, 0) for one in others)
