"""Rows 40 and 41 of the fault catalogue: a board without a clock, and a clock that jumps."""

import datetime as dt
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.appliance import Appliance, stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.waiting import wait_until
from support.wall_clock import WallClock

TEN_YEARS_S = 10 * 365 * 86_400
WATCHDOG_S = 4.0


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    """The appliance's idea of the time."""
    folder = tmp_path / "clock"
    folder.mkdir()
    return WallClock(folder)


@pytest.fixture
def watchdog(tmp_path: Path) -> Iterator[socket.socket]:
    """Where systemd would listen; a `recv` that times out is a watchdog that bites."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(WATCHDOG_S)
        yield listener


def started(event: dict[str, Any]) -> float:
    """`start_time` in seconds since 1970."""
    return dt.datetime.fromisoformat(event["start_time"]).timestamp()


def facts(appliance: Appliance) -> int:
    """How many sightings have happened, delivered or not."""
    return appliance.said.count("appeared (")


def wait_for_facts(appliance: Appliance, more: int) -> None:
    wanted = facts(appliance) + more
    wait_until(lambda: facts(appliance) >= wanted, 30.0)


def numbers(recorder: Recorder) -> list[int]:
    return [event["seq"] for event in recorder.events]


def test_boot_in_1970_is_said_and_times_are_right_once_the_clock_is_set(
    appliance: Appliance, broker: Mosquitto, recorder: Recorder, clock: WallClock
) -> None:
    clock.start_in_1970()
    process = appliance.start(env=clock.env, under=clock.through)
    recorder.wait_for(lambda seen: len(seen.events) >= 3 and seen.on("/health"))
    assert not any(event["clock_synced"] for event in recorder.events)
    assert all(event["start_time"].startswith("1970-01-01T") for event in recorder.events)
    assert recorder.on("/health")[-1].json["clock_synced"] is False

    broker.stop()
    stopped_s = time.monotonic()
    wait_for_facts(appliance, 4)  # these wait in the queue while the clock is set
    clock.synchronize()
    set_s = time.monotonic()
    broker.start()
    recorder.wait_for(lambda seen: seen.events[-1]["monotonic_s"] > set_s, 40.0)
    assert stop(process) == 0

    # By when they happened, not by when they came: what was told before the broker stopped and not
    # yet acknowledged by the recorder is told again after its start, in its old words.
    later = [event for event in recorder.events if event["monotonic_s"] > stopped_s]
    assert len([event for event in later if event["monotonic_s"] < set_s]) >= 3
    boot_s = time.time() - time.monotonic()
    appeared = [event for event in later if event["event_type"] == "appeared"]
    for event in appeared:
        assert event["clock_synced"] is True
        assert abs(started(event) - (boot_s + event["monotonic_s"])) < 1.0
    assert sorted(set(numbers(recorder))) == list(range(1, max(numbers(recorder)) + 1))


def test_a_clock_that_jumps_ten_years_ends_nothing_and_drops_nothing(
    appliance: Appliance,
    broker: Mosquitto,
    recorder: Recorder,
    clock: WallClock,
    watchdog: socket.socket,
) -> None:
    clock.env["NOTIFY_SOCKET"] = watchdog.getsockname()
    clock.env["WATCHDOG_USEC"] = str(int(WATCHDOG_S * 1e6))
    process = appliance.start(env=clock.env, under=clock.through)
    recorder.wait_for(lambda seen: len(seen.events) >= 2)
    while watchdog.recv(1000) != b"READY=1":
        pass
    broker.stop()
    for offset_s in (TEN_YEARS_S, -TEN_YEARS_S, 0):
        wait_for_facts(appliance, 2)  # some of them are queued when the clock jumps
        clock.shift(offset_s)
        while watchdog.recv(1000) != b"WATCHDOG=1":
            pass
        if offset_s == TEN_YEARS_S:
            broker.start()
            recorder.wait_for(lambda seen: seen.events[-1]["start_time"] > "2035", 40.0)
    healed_s = time.monotonic()
    recorder.wait_for(lambda seen: seen.events[-1]["monotonic_s"] > healed_s, 40.0)
    assert stop(process) == 0
    once = list(dict.fromkeys(numbers(recorder)))
    assert once == list(range(1, len(once) + 1))
    assert not [event for event in recorder.events if event["event_type"] == "loss"]
