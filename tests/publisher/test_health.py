"""Health: small whatever is in it, the figures of the vision half, and those of the board."""

import json
from pathlib import Path
from typing import get_args

import pytest
from msgspec import UNSET
from support.made_board import MadeBoard

from edgecam.appliance.board import Board
from edgecam.messages import (
    SLOWED,
    VisionHealth,
)
from edgecam.publisher import contract, figures, health
from edgecam.publisher.contract import HealthPayload
from edgecam.publisher.monitor import VisionMonitor

WAKES_AT = "2026-11-22T06:00:00.000Z"
ALL_SLOWED = 2 ** len(SLOWED) - 1
EVERY_ALARM: tuple[contract.Alarm, ...] = get_args(contract.Alarm)


@pytest.mark.parametrize(
    ("amount", "told"), [(0, 0), (99, 99), (101, 100), (12_345, 12_000), (2**32 - 1, 4_200_000_000)]
)
def test_figures_of_the_vision_half_are_told_to_two_digits(amount: int, told: int) -> None:
    assert figures.rough(amount) == told


def largest_health(
    root: Path,
    most: int,
    slowed: int,
    alarms: tuple[contract.Alarm, ...],
    *,
    asleep: bool = False,
) -> HealthPayload:
    """With every figure as large as `most`, on a board in all kinds of trouble."""
    made = MadeBoard(root)
    made.is_at(104.321)
    made.throttled("f0000\n")
    made.memory("MemTotal: 16777216 kB\nMemAvailable:   16777216 kB\n")
    monitor = VisionMonitor(8, 30.0)
    monitor.connected(1)
    monitor.report(
        VisionHealth(most, most, most, most, most, most, most, most, slowed, asleep=asleep)
    )
    monitor.restarts = most
    told = health.payload(
        monitor,
        contract.OutboxPart(queued=most, oldest_s=most + 0.1, lost=most),
        health.board(Board(root), 10**6, 10**8),
        refused=most,
        alarms=alarms,
        paused=False,
        ignored=most,
        wakes_at=WAKES_AT,
    )
    assert len(contract.encode(told)) <= contract.MAX_PAYLOAD_BYTES
    assert told.alarms == list(alarms)
    assert told.vision.asleep is asleep
    return told


@pytest.mark.parametrize("asleep", [False, True])
def test_the_largest_health_fits_and_the_alarms_stay(tmp_path: Path, *, asleep: bool) -> None:
    told = largest_health(tmp_path, 2**32 - 1, ALL_SLOWED, EVERY_ALARM, asleep=asleep)
    assert told.board == contract.BoardPart()
    vision = told.vision
    assert (vision.still, vision.slowed, vision.wakes_at) == (UNSET, UNSET, UNSET)


def test_what_strains_a_board_is_said_before_how_much_room_it_has(tmp_path: Path) -> None:
    told = largest_health(tmp_path, 10**3, 0b0010, ("disk_full",))
    assert (told.vision.still, told.vision.slowed) == (1000, ["hot"])
    assert (told.board.cpu_temp_c, told.board.mem_mb) == (104, UNSET)
    assert len(told.board.throttled or []) == 4


def test_why_it_is_slow_is_said_before_what_the_firmware_says(tmp_path: Path) -> None:
    told = largest_health(tmp_path, 10**3, ALL_SLOWED, ("disk_full",))
    assert told.vision.slowed == list(SLOWED) == list(get_args(contract.Slowed))
    assert (told.board.cpu_temp_c, told.board.throttled) == (104, UNSET)


def told_by(monitor: VisionMonitor, folder: Path, *, wakes_at: str | None = None) -> HealthPayload:
    """Where nothing else is to be said."""
    return health.payload(
        monitor,
        contract.OutboxPart(queued=0, oldest_s=0.0, lost=0),
        health.board(Board(folder), None, 1),
        refused=0,
        alarms=(),
        paused=False,
        ignored=0,
        wakes_at=wakes_at,
    )


def test_sleep_is_said_and_its_end_where_it_is_known(tmp_path: Path) -> None:
    monitor = VisionMonitor(1, 30.0)
    assert not monitor.asleep
    monitor.connected(1)
    for asleep, wakes_at in ((True, WAKES_AT), (True, None), (False, WAKES_AT), (False, None)):
        monitor.report(VisionHealth(0, 0, 0, 0, 0, 0, 0, 0, 0, asleep=asleep))
        told = told_by(monitor, tmp_path, wakes_at=wakes_at)
        assert (told.vision.asleep, told.vision.slowed, told.vision.up) == (asleep, [], True)
        said = json.loads(contract.encode(told))["vision"].get("wakes_at")
        assert said == (wakes_at if asleep else None)


def test_what_vision_has_not_measured_is_null_and_what_it_has_is_told(tmp_path: Path) -> None:
    monitor = VisionMonitor(1, 30.0)

    def figures() -> list[float | None]:
        read = json.loads(contract.encode(told_by(monitor, tmp_path)))
        vision, inference = read["vision"], read["inference"]
        return [vision["fps"], vision["last_frame_age_s"], inference["p50_ms"], inference["p95_ms"]]

    assert figures() == [None] * 4  # there is no vision half
    monitor.connected(1)
    monitor.report(VisionHealth(None, None, 0, 0, 0, None, None, 0, 0, asleep=False))
    assert monitor.up
    assert figures() == [None] * 4
    monitor.report(VisionHealth(0, 0, 0, 0, 0, 5_000, 6_000, 0, 0, asleep=False))
    assert figures() == [0.0, 0.0, 5.0, 6.0]


def test_a_board_says_all_where_there_is_room(tmp_path: Path) -> None:
    made = MadeBoard(tmp_path)
    made.is_at(51.0)
    made.throttled("50005\n")
    made.memory("MemTotal: 439428 kB\nMemAvailable: 123456 kB\n")
    told = health.payload(
        VisionMonitor(1, 30.0),
        contract.OutboxPart(queued=0, oldest_s=0.0, lost=0),
        health.board(Board(tmp_path), 24_321, 3600),
        refused=0,
        alarms=(),
        paused=False,
        ignored=0,
    )
    assert json.loads(contract.encode(told))["board"] == {
        "cpu_temp_c": 51,
        "throttled": ["under_voltage", "throttled"],
        "mem_mb": 120,
        "mem_total_mb": 429,
        "disk_free_mb": 24_000,
        "uptime_s": 3600,
    }
