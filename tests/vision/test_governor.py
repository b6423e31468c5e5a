"""Fewer looks where nothing moves, and on a board that is hot or weak: row 16 of the catalogue."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from support.made_board import MadeBoard
from support.paces import MadeClock

from edgecam.appliance.board import Board
from edgecam.config.options import Power
from edgecam.messages import SLOWED
from edgecam.vision import governor as module
from edgecam.vision.governor import CALM_S, CHECK_S, IDLING, LOWEST_FPS, Governor

IDLE, HOT, UNDER_VOLTAGE, THROTTLED = (1 << bit for bit in range(len(SLOWED)))


class Machine:
    """A made sysfs and a clock that the test moves."""

    def __init__(self, root: Path, clock: MadeClock) -> None:
        self.clock = clock
        self._board = MadeBoard(root)
        self.is_at(50.0)

    def is_at(self, temperature_c: float, throttled: int = 0) -> None:
        self._board.is_at(temperature_c)
        self._board.throttled(f"{throttled:x}\n")

    def looked_at(
        self, governor: Governor, fps: float, seconds: float, *, moving: bool | None = None
    ) -> int:
        """How many of the frames of some seconds are looked at; `moving`: told of each of them."""
        count = 0
        for _ in range(round(seconds * fps)):
            self.clock.now_s += 1 / fps
            governor.check()
            if governor.pace.due():
                count += 1
                if moving is not None:
                    governor.saw(moving, self.clock.now_ns)
        return count


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, MadeClock(monkeypatch, module))


@pytest.fixture
def make(machine: Machine, tmp_path: Path) -> Callable[..., Governor]:
    del machine  # which makes the files

    def governor(
        fps: float | None, power: Power = "performance", stall_s: float = 10.0
    ) -> Governor:
        made = Governor(Board(tmp_path), fps, stall_s)
        made.run(power)
        return made

    return governor


Make = Callable[..., Governor]


def test_a_cool_board_looks_at_every_frame(machine: Machine, make: Make) -> None:
    governor = make(10.0)
    assert machine.looked_at(governor, 10, 20) == 200
    assert governor.slowed == 0
    machine.is_at(79.9)
    assert machine.looked_at(make(None), 30, 20) == 600


@pytest.mark.parametrize(
    ("temperature_c", "bits", "reasons"),
    [
        (85.0, 0, HOT),
        (80.0, 0, HOT),
        (50.0, 0x1, UNDER_VOLTAGE),
        (50.0, 0x4, THROTTLED),
        (50.0, 0x50005, UNDER_VOLTAGE | THROTTLED),
        (85.0, 0x50005, HOT | UNDER_VOLTAGE | THROTTLED),
    ],
)
def test_a_hot_or_weak_board_looks_at_half_and_says_why(
    machine: Machine, make: Make, temperature_c: float, bits: int, reasons: int
) -> None:
    machine.is_at(temperature_c, bits)
    governor = make(10.0)
    assert 99 <= machine.looked_at(governor, 10, 20) <= 101
    assert governor.slowed == reasons


@pytest.mark.parametrize("bits", [0x2, 0x8, 0x50000, 0xF0000])
def test_what_is_past_or_already_lowers_the_clock_is_no_reason(
    machine: Machine, make: Make, bits: int
) -> None:
    machine.is_at(50.0, bits)
    governor = make(10.0)
    assert machine.looked_at(governor, 10, 10) == 100
    assert governor.slowed == 0


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
            assert governor.slowed == HOT
        machine.is_at(74.9)
        machine.looked_at(governor, 10, CALM_S - 2 * CHECK_S)
        assert governor.slowed == HOT
        machine.looked_at(governor, 10, 3 * CHECK_S)
    assert governor.slowed == 0
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
    governor = make(10.0)
    governor.check()
    started_s = machine.clock.now_s
    for _ in range(50):
        assert governor.pace.wait(0.5)
    assert machine.clock.now_s - started_s == pytest.approx(49 * 0.2)


def test_a_board_that_tells_nothing_is_well(make: Make, machine: Machine, tmp_path: Path) -> None:
    machine.is_at(85.0, throttled=1)
    shutil.rmtree(tmp_path / "sys")
    assert machine.looked_at(make(10.0), 10, 10) == 100


@pytest.mark.parametrize(
    ("power", "after_s", "idle_fps"), [("balanced", 30, 5), ("eco", 10, 2), ("performance", 30, 10)]
)
def test_while_nothing_moves_the_rate_falls_as_far_as_the_owner_wants(
    machine: Machine, make: Make, power: Power, after_s: float, idle_fps: float
) -> None:
    governor = make(10.0, power)
    assert machine.looked_at(governor, 10, after_s, moving=False) == 10 * after_s
    seen = machine.looked_at(governor, 10, 20, moving=False)
    assert seen == pytest.approx(20 * idle_fps, abs=2)
    assert governor.slowed == (IDLE if idle_fps < 10 else 0)


@pytest.mark.parametrize("power", ["balanced", "eco"])
def test_movement_brings_the_usual_rate_back_with_the_very_next_frame(
    machine: Machine, make: Make, power: Power
) -> None:
    governor = make(10.0, power)
    machine.looked_at(governor, 10, 60, moving=False)
    while not governor.pace.due():
        machine.clock.now_s += 0.1
    governor.saw(True, machine.clock.now_ns)  # noqa: FBT003  the fact itself
    assert governor.slowed == 0
    assert machine.looked_at(governor, 10, 5, moving=True) == 50


def test_as_long_as_something_moves_now_and_then_nothing_is_passed_over(
    machine: Machine, make: Make
) -> None:
    governor = make(10.0, "eco")
    for _ in range(10):
        assert machine.looked_at(governor, 10, 9, moving=False) == 90
        assert machine.looked_at(governor, 10, 0.1, moving=True) == 1


def test_who_says_nothing_of_movement_is_never_idle(machine: Machine, make: Make) -> None:
    assert machine.looked_at(make(10.0, "eco"), 10, 100) == 1000


@pytest.mark.parametrize("power", get_args(Power))
@pytest.mark.parametrize("fps", [0.25, 1.0, 3.0, 10.0, 120.0, None])
def test_no_rate_rises_by_being_lowered_and_none_looks_like_a_stall(
    machine: Machine, make: Make, power: Power, fps: float | None
) -> None:
    usual_fps = fps or module.UNSET_FPS
    stall_s = 2 / usual_fps  # the least that the configuration allows
    governor = make(fps, power, max(stall_s, 1.0))
    machine.is_at(85.0)
    governor.check()
    governor.saw(False, machine.clock.now_ns + 10**12)  # noqa: FBT003
    rate = min(governor.pace.limit_fps or usual_fps, usual_fps)
    assert min(LOWEST_FPS, usual_fps) <= rate <= usual_fps
    assert rate * max(stall_s, 1.0) >= 2 or rate == usual_fps


def test_heat_and_idleness_together_are_as_slow_as_the_slower(machine: Machine, make: Make) -> None:
    governor = make(30.0, "eco")
    machine.is_at(85.0)
    machine.looked_at(governor, 30, 20, moving=False)
    assert (governor.slowed, governor.pace.limit_fps) == (IDLE | HOT, 2.0)
    governor.saw(True, machine.clock.now_ns)  # noqa: FBT003
    assert (governor.slowed, governor.pace.limit_fps) == (HOT, 15.0)


def test_another_power_counts_from_when_it_comes_into_force(machine: Machine, make: Make) -> None:
    governor = make(10.0, "eco")
    machine.looked_at(governor, 10, 60, moving=False)
    assert governor.slowed == IDLE
    governor.run("balanced")
    assert machine.looked_at(governor, 10, 30, moving=False) == 300
    machine.looked_at(governor, 10, 1, moving=False)
    assert governor.slowed == IDLE
    governor.run("performance")
    assert machine.looked_at(governor, 10, 60, moving=False) == 600


def test_a_rate_that_the_source_tells_is_lowered_too(machine: Machine, make: Make) -> None:
    governor = make(None)
    governor.pace.usual_fps = 4.0
    machine.is_at(85.0)
    assert 39 <= machine.looked_at(governor, 30, 20) <= 41


def test_every_power_is_in_the_table() -> None:
    assert set(IDLING) == set(get_args(Power))
