"""Outside of its hours the appliance sleeps, says so, and is taken for neither dead nor broken."""

import datetime as dt
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.appliance import Appliance, stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.waiting import wait_until
from support.wall_clock import WallClock

WATCHDOG_S = 4.0
HOUR_S = 3600


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Where systemd would listen; a `recv` that times out is a watchdog that bites."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(WATCHDOG_S)
        yield listener


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    """The appliance's idea of the time."""
    folder = tmp_path / "clock"
    folder.mkdir()
    return WallClock(folder)


def hours(from_s: int, to_s: int) -> dict[str, Any]:
    """A schedule from so many seconds after now to so many."""
    now = dt.datetime.now()  # noqa: DTZ005  local time is what a schedule is of
    start, end = (now + dt.timedelta(seconds=seconds) for seconds in (from_s, to_s))
    return {"active_hours": [f"{start:%H:%M}-{end:%H:%M}"]}


def vision(recorder: Recorder) -> dict[str, Any]:
    """What health last said of the vision half."""
    said = recorder.on("/health")
    found: dict[str, Any] = said[-1].json["vision"] if said else {}
    return found


def appeared(recorder: Recorder) -> int:
    return sum(event["event_type"] == "appeared" for event in recorder.events)


def test_it_sleeps_and_wakes_by_the_clock_and_its_watchdog_is_fed_meanwhile(
    broker: Mosquitto,
    recorder: Recorder,
    tmp_path: Path,
    clock: WallClock,
    systemd: socket.socket,
) -> None:
    appliance = Appliance(tmp_path, broker.url, schedule=hours(-HOUR_S, HOUR_S))
    env = {**clock.env, "NOTIFY_SOCKET": systemd.getsockname()}
    env["WATCHDOG_USEC"] = str(round(WATCHDOG_S * 1e6))
    process = appliance.start(env=env, under=clock.through)
    try:
        recorder.wait_for(lambda seen: appeared(seen) >= 2, 30.0)
        clock.shift(2 * HOUR_S)
        recorder.wait_for(lambda seen: vision(seen).get("asleep"))
        recorder.wait_for(lambda seen: seen.on("/state/scene")[-1].json["label"] == "unknown")
        assert vision(recorder)["up"]
        assert "asleep until" in appliance.said
        count, beats = appeared(recorder), 0
        while beats < 4:
            beats += systemd.recv(4096).count(b"WATCHDOG=1")
        assert appeared(recorder) <= count + 2  # of the frames that were on their way
        clock.shift(0)
        recorder.wait_for(lambda seen: not vision(seen)["asleep"])
        recorder.wait_for(lambda seen: appeared(seen) >= count + 3)
        assert "awake: looking again" in appliance.said
        assert recorder.statuses == ["online"]
        assert not [one for one in recorder.events if one["event_type"] == "camera_trouble"]
        assert stop(process) == 0
    finally:
        appliance.end()


@pytest.mark.parametrize("halves", [("",), ("publisher", "vision")], ids=["one", "two"])
def test_one_that_starts_asleep_is_ready_and_a_reload_wakes_it(
    broker: Mosquitto,
    recorder: Recorder,
    tmp_path: Path,
    systemd: socket.socket,
    halves: tuple[str, ...],
) -> None:
    appliance = Appliance(tmp_path, broker.url, schedule=hours(2 * HOUR_S, 3 * HOUR_S))
    env = {**os.environ, "NOTIFY_SOCKET": systemd.getsockname()}
    processes = [appliance.start(*filter(None, [half]), env=env) for half in halves]
    try:
        ready = 0
        while ready < len(processes):
            ready += systemd.recv(4096).count(b"READY=1")
        recorder.wait_for(lambda seen: vision(seen).get("asleep"))
        assert vision(recorder)["up"]
        assert recorder.events == []
        options = json.loads(appliance.config.read_text(encoding="utf-8"))
        options |= {"schedule": {}, "power": "performance"}
        appliance.config.write_text(json.dumps(options), encoding="utf-8")
        for process in processes:
            process.send_signal(signal.SIGHUP)
        recorder.wait_for(lambda seen: appeared(seen) >= 2)
        assert not vision(recorder)["asleep"]
        wait_until(lambda: "awake: looking again" in appliance.said)
        assert recorder.on("/info")[-1].json["restart_required"] == []
        assert [stop(process) for process in reversed(processes)] == [0] * len(processes)
    finally:
        appliance.end()
