"""The ladder's own works can fail: rows that do not hold, lanes that die, things that are not made."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ladder import cache, levels, row
from ladder.bench import Bench
from ladder.lanes import LaneError, climb
from ladder.report import Result, table
from ladder.row import Row
from ladder.run import run
from support.places import ROOT


class Dear:
    """Something that rows share; it says in the row's folder what becomes of it."""

    def testify(self, folder: Path) -> None:
        (folder / "dear").write_text("seen", encoding="utf-8")


@contextlib.contextmanager
def dear(bench: Bench) -> Iterator[Dear]:
    made = bench.group_folder / "made"
    with made.open("a", encoding="utf-8") as notes:
        notes.write("up ")
    yield Dear()
    (bench.group_folder.parent.parent / "closed").write_text(made.read_text(), encoding="utf-8")


def holds(bench: Bench) -> str:
    bench.share(dear)
    return "two figures"


def does_not_hold(bench: Bench) -> None:
    bench.share(dear)
    raise AssertionError  # pytest would give an assertion of this file words


@contextlib.contextmanager
def broken(_bench: Bench) -> Iterator[Dear]:
    TRIED.append("")
    if TRIED:
        raise AssertionError("it does not come up")
    yield Dear()


def leans_on_what_is_broken(bench: Bench) -> None:
    bench.share(broken)


def dies(_bench: Bench) -> None:
    os._exit(3)


TRIED: list[str] = []
GOOD, BAD = Row("L2", "trixie", "good", holds), Row("L2", "trixie", "bad", does_not_hold)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def results(*rows: Row) -> list[Result]:
    return list(run(rows))


def test_a_row_that_holds_leaves_nothing(tmp_path: Path) -> None:
    (result,) = results(GOOD)
    assert result.passed
    assert result.figures == "two figures"
    assert not list(tmp_path.glob("edgecam-e2e-*"))


def test_a_row_that_does_not_hold_says_why_and_keeps_its_log_and_its_witnesses() -> None:
    result, after = results(BAD, GOOD)
    assert not result.passed
    assert result.failure.startswith("raise AssertionError")
    assert result.folder is not None
    assert "AssertionError" in (result.folder / "log").read_text()
    assert (result.folder / "dear").read_text() == "seen"
    assert after.passed


def test_what_rows_share_is_made_once_and_taken_down(tmp_path: Path) -> None:
    results(GOOD, BAD, GOOD)
    assert (tmp_path / "closed").read_text() == "up "


def test_what_does_not_come_up_fails_every_row_that_needs_it_and_is_tried_once() -> None:
    leaning = Row("L2", "trixie", "leans", leans_on_what_is_broken)
    failures = [result.failure for result in results(leaning, leaning)]
    assert failures == ["it does not come up", "as before: it does not come up"]
    assert len(TRIED) == 1


def test_lanes_bring_back_the_results_of_every_release() -> None:
    rows = [GOOD, Row("L2", "bookworm", "good", holds), Row("L1", "", "good", holds)]
    assert {result.row.release for result in climb(rows)} == {"trixie", "bookworm", ""}


def test_a_lane_that_dies_is_no_success() -> None:
    with pytest.raises(LaneError, match="3, 2 rows before its end"):
        list(climb([Row("L2", "trixie", "dies", dies), GOOD]))


def test_the_table_says_what_failed_where_and_why() -> None:
    failed = Result(BAD, 2.0, failure="it was not there", folder=Path("/kept"))
    said = table([Result(GOOD, 1.5, "two figures"), failed], 3.0)
    assert "L2     trixie   good (two figures)  1.5 s  pass" in said
    assert "1 of 2 passed, in 3 s" in said
    assert said.endswith("FAIL L2 trixie bad: it was not there (log: /kept)")


def test_a_row_of_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="L9"):
        row.row("L9", shown="nothing")


def test_every_level_has_rows_and_no_two_are_called_the_same() -> None:
    levels.load()
    rows = [str(each) for each in row.registered()]
    assert {each.split()[0] for each in rows} == set(row.LEVELS)
    assert len(set(rows)) == len(rows)


def test_what_is_kept_is_made_once_and_anew_where_it_is_made_of_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []

    def make(place: Path) -> None:
        made.append(place)
        place.write_text("whole")

    first = cache.kept("thing", "a", make)
    assert cache.kept("thing", "a", make) == first
    assert cache.kept("thing", "b", make) != first
    assert first.read_text() == "whole"
    assert len(made) == 2


def test_what_was_made_long_ago_from_something_else_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old, young = (cache.kept("thing", each, Path.mkdir) for each in "ab")
    other = cache.kept("thing-else", "a", Path.mkdir)
    for place in (old, other):
        os.utime(place, (0, 0))
    newest = cache.kept("thing", "c", Path.mkdir)
    assert [place.exists() for place in (old, young, other, newest)] == [False, True, True, True]


def test_what_could_not_be_made_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(place: Path) -> None:
        place.write_text("half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        cache.kept("thing", "a", fail)
    assert [path.name for path in cache.folder().iterdir()] == ["thing.lock"]


def test_an_interrupt_ends_the_ladder_with_a_table(tmp_path: Path) -> None:
    """Of a run that hangs in its first row."""
    script = tmp_path / "hanging.py"
    script.write_text(
        "import sys, time\n"
        "from ladder import __main__, levels, row\n"
        "def hang(bench):\n"
        "    print('hangs', flush=True)\n"
        "    time.sleep(60)\n"
        "levels.load = lambda: row.row('L0', shown='hangs')(hang)\n"
        "__main__.os.geteuid = lambda: 0\n"
        "sys.exit(__main__.main())\n"
    )
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}:{ROOT / 'tests/e2e'}"}
    climbing = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, **paths, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert climbing.stdout is not None
    assert climbing.stdout.readline() == "hangs\n"
    climbing.send_signal(signal.SIGTERM)
    said, _ = climbing.communicate(timeout=30)
    assert climbing.returncode == 130
    assert "0 of 0 passed" in said
    assert not list(tmp_path.glob("edgecam-e2e-*"))
