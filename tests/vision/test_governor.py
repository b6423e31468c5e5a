"""A board that is hot or short of power looks at fewer frames: row 16 of the fault catalogue."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.made_board import MadeBoard

from edgecam.appliance.board import Board
from edgecam.vision import governor as module
from edgecam.vision.camera import pace
from edgecam.vision.governor import CALM_S, CHECK_S, Governor


class Machine:
    """A made sysfs and a clock that the test moves."""

    def __init__(self, root: Path) -> None:
        self.now_s = 1000.0
        self._board = MadeBoard(root)
        self.is_at(50.0)

    def is_at(self, temperature_c: float, throttled: int = 0) -> None:
        self._board.is_at(temperature_c)
        self._board.throttled(f"{throttled:x}\n")

    def looked_at(self, governor: Governor, fps: float, seconds: float) -> int:
        """How many of the frames of some seconds are looked at."""
        count = 0
        for _ in range(round(seconds * fps)):
            self.now_s += 1 / fps
            count += governor.due()
        return count

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    clock = SimpleNamespace(monotonic=lambda: made.now_s, sleep=made.sleep)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(pace, "time", clock)
    return made


@pytest.fixture
def make(machine: Machine, tmp_path: Path) -> Callable[[float | None], Governor]:
    del machine  # which makes the files

    def governor(fps: float | None) -> Governor:
        return Governor(Board(tmp_path), fps)

    return governor


Make = Callable[[float | None], Governor]


def test_a_cool_board_looks_at_every_frame(machine: Machine, make: Make) -> None:
    assert machine.looked_at(make(10.0), 10, 20) == 200
    machine.is_at(79.9)
    assert machine.looked_at(make(None), 30, 20) == 600


@pytest.mark.parametrize(
    ("temperature_c", "bits"), [(85.0, 0), (80.0, 0), (50.0, 0x1), (50.0, 0x4), (50.0, 0x50005)]
)
def test_a_hot_or_weak_board_looks_at_half(
    machine: Machine, make: Make, temperature_c: float, bits: int
) -> None:
    machine.is_at(temperature_c, bits)
    governor = make(10.0)
    assert 99 <= machine.looked_at(governor, 10, 20) <= 101
    assert governor.slow


@pytest.mark.parametrize("bits", [0x2, 0x8, 0x50000, 0xF0000])
def test_what_is_past_or_already_lowers_the_clock_is_no_reason(
    machine: Machine, make: Make, bits: int
) -> None:
    machine.is_at(50.0, bits)
    assert machine.looked_at(make(10.0), 10, 10) == 100


def test_without_a_rate_half_of_the_default_is_looked_at(machine: Machine, make: Make) -> None:
    machine.is_at(85.0)
    assert 99 <= machine.looked_at(make(None), 30, 20) <= 101


def test_the_usual_rate_returns_below_75_degrees_for_a_while(
    machine: Machine, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    governor = make(10.0)
    with caplog.at_level(logging.INFO):
        for temperature_c in (82.0, 76.0, 81.0, 75.0):
            machine.is_at(temperature_c)
            machine.looked_at(governor, 10, 2 * CALM_S)
            assert governor.slow
        machine.is_at(74.9)
        machine.looked_at(governor, 10, CALM_S - 2 * CHECK_S)
        assert governor.slow
        machine.looked_at(governor, 10, 3 * CHECK_S)
    assert machine.looked_at(governor, 10, 10) == 100
    assert [record.getMessage() for record in caplog.records] == [
        "the board has 82 °C: looking at fewer frames until it is over",
        "the board is well again: looking at the usual number of frames",
    ]


def test_under_voltage_that_comes_and_goes_is_said_once(
    machine: Machine, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    governor = make(10.0)
    for turn in range(40):
        machine.is_at(50.0, 0x1 if turn % 2 else 0)
        machine.looked_at(governor, 10, CHECK_S)
    assert len(caplog.records) == 1
    assert "under_voltage" in caplog.text


def test_a_source_that_waits_is_asked_half_as_often(machine: Machine, make: Make) -> None:
    machine.is_at(85.0)
    governor, started_s = make(10.0), machine.now_s
    for _ in range(50):
        assert governor.wait(0.5)
    assert machine.now_s - started_s == pytest.approx(49 * 0.2)


def test_a_board_that_tells_nothing_is_well(make: Make, machine: Machine, tmp_path: Path) -> None:
    machine.is_at(85.0, throttled=1)
    shutil.rmtree(tmp_path / "sys")
    assert machine.looked_at(make(10.0), 10, 10) == 100
