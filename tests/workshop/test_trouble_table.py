"""The table of camera trouble: it counts what it should, and its variants are what they say."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from support.places import SAMPLES

from edgecam.config.options import TroubleOptions
from edgecam.messages import MEASURED, Frame
from edgecam.vision.trouble import TroubleWatch
from edgecam.vision.trouble.watch import Change
from edgecam.workshop import camera, evaluate, scenes
from edgecam.workshop.trouble import table
from edgecam.workshop.trouble.darkness import GAINS, STOPS, darkened
from edgecam.workshop.trouble.labels import FPS, Labels
from edgecam.workshop.trouble.table import Row, evaluated, main, summed
from edgecam.workshop.trouble.variants import VARIANTS, Variant

BY_NAME = {variant.name: variant for variant in VARIANTS}
PICTURES = [one for one in scenes.photographs(SAMPLES) if one.name in ("bison", "castle")]
LABELS = Labels()
CHOSEN = ("6 stops, gain 8", "tape", "sigma 8 px, gain 4", "the same frame", "another view, gain 1")


def test_every_kind_has_variants_that_must_be_noticed_and_there_are_healthy_ones() -> None:
    assert len(BY_NAME) == len(VARIANTS)
    assert {variant.kind for variant in VARIANTS if variant.clear} == {*MEASURED, "none"}


@pytest.mark.parametrize("name", CHOSEN)
def test_what_is_clear_is_noticed_within_seconds(name: str) -> None:
    row = evaluated(BY_NAME[name], PICTURES, LABELS)
    assert (row.runs, row.missed, row.told) == (2, 0, {})
    assert all(10 <= delay_s <= 15 for delay_s in row.delays_s)


def test_what_is_healthy_is_told_as_nothing() -> None:
    row = evaluated(BY_NAME["still, gain 4"], PICTURES, LABELS)
    assert (row.missed, row.told, row.delays_s) == (0, {}, [])


def test_a_reason_that_is_not_right_is_a_miss_and_counted() -> None:
    dark = BY_NAME["6 stops, gain 1"]
    wrong = Variant("wrong", ("moved",), dark.starts, dark.make)
    row = evaluated(wrong, PICTURES, LABELS)
    assert (row.missed, row.told, row.delays_s) == (2, {"dark": 2}, [])


def test_kinds_are_summed_over_what_is_clear_and_over_what_is_healthy() -> None:
    rows = [
        Row("dark", "night", True, 10, 1, Counter(), [10.0, 12.0], 2, None),  # noqa: FBT003  clear
        Row("dark", "evening", False, 10, 10, Counter(), [], None, 4),  # noqa: FBT003  not clear
        Row("none", "still", True, 30, 0, Counter(dark=3), [], None, 5),  # noqa: FBT003
        Row("none", "rain", True, 30, 0, Counter(), [], None, 0),  # noqa: FBT003
    ]
    dark = next(kind for kind in summed(rows) if kind.kind == "dark")
    assert (dark.variants, dark.missed_percent, dark.false_alarm_percent) == (1, 10.0, 5.0)
    assert (dark.delay_p50_s, dark.delay_p95_s) == (11.0, 11.9)
    assert (dark.sent, dark.lost) == (2, 4)
    (none,) = (kind for kind in summed(rows) if kind.kind == "none")
    assert (none.missed_percent, none.false_alarm_percent, none.lost) == (0.0, 5.0, 5)


def test_it_prints_a_table_or_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bison.jpg").symlink_to(SAMPLES / "bison.jpg")
    monkeypatch.setattr(table, "VARIANTS", [BY_NAME["tape"]])
    assert main(["--folder", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["variant"] for row in found["variants"]] == ["tape"]
    assert {kind["kind"] for kind in found["kinds"]} == {*MEASURED, "none"}
    assert len(found["darkness"]) == len(STOPS) * len(GAINS)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(table, "VARIANTS", [])
    assert main(["--folder", str(tmp_path)]) == 0
    assert "false alarms %" in capsys.readouterr().out


def test_what_is_called_dark_is_what_the_model_knows_no_more() -> None:
    pictures = [one for one in scenes.photographs(SAMPLES) if one.name in ("panda", "castle")]
    shown = {(one.stops, one.gain): one for one in darkened(pictures, LABELS.model)}
    assert len(shown) == len(STOPS) * len(GAINS)
    lightest, darkest = shown[STOPS[0], 0.0], shown[STOPS[-1], 8.0]
    assert (lightest.known_percent, lightest.dark_percent) == (100, 0)
    assert (darkest.known_percent, darkest.dark_percent, darkest.known_and_dark) == (0, 100, 0)


def test_without_a_picture_that_the_model_knows_there_is_nothing_to_tell_of_darkness() -> None:
    grey = scenes.Photograph("grey", np.full((480, 640, 3), 128, np.uint8))
    assert not list(darkened([grey], LABELS.model))


def test_it_is_a_program() -> None:
    command = [sys.executable, "-m", evaluate.__name__, "trouble", "--help"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "scripts/evaluate trouble" in said


@pytest.mark.parametrize("name", ["6 stops, gain 1", "level 60, leaning 40, gain 4", "tape"])
def test_a_blind_camera_sends_nothing_and_one_that_nobody_watches_does(name: str) -> None:
    variant = BY_NAME[name]
    unwatched = TroubleOptions(watch=[])
    assert variant.blind
    assert evaluated(variant, PICTURES, LABELS).sent == 0
    shots = [list(variant.make(picture, picture)) for picture in PICTURES]
    assert sum(LABELS.sent(each, variant.starts, unwatched) for each in shots) > 0


class Blinking(TroubleWatch):
    """Takes the camera for blind in eight of ten frames, which a look a second does not show."""

    _looks = 0

    @property
    def blind(self) -> bool:
        return self._looks % 10 >= 2

    def look(self, frame: Frame, *, judged: bool = True) -> Change | None:
        self._looks += 1
        return super().look(frame, judged=judged)


def blinking(options: TroubleOptions, *, live: bool) -> TroubleWatch:
    return (Blinking if options.watch else TroubleWatch)(options, live=live)


def test_what_is_lost_to_a_camera_that_sees_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing = Variant("a second each", (), 0, lambda one, two: scenes.cuts([one, two], FPS))
    pictures = [one for one in scenes.photographs(SAMPLES) if one.name in ("crocodile", "panda")]
    assert (evaluated(seeing, pictures, LABELS).lost, seeing.blind) == (0, False)
    monkeypatch.setattr(camera, "TroubleWatch", blinking)
    assert (evaluated(seeing, pictures, LABELS).lost or 0) > 0
    assert not BY_NAME["the same frame"].seeing
