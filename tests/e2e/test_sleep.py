"""Outside of its hours the appliance sleeps, says so, and is taken for neither dead nor broken."""

import datetime as dt
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish
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


def unset_clock(tmp_path: Path) -> WallClock:
    """The appliance's idea of the time, which nobody has set."""
    folder = tmp_path / "clock"
    folder.mkdir()
    return WallClock(folder)


def set_clock(tmp_path: Path) -> WallClock:
    """The same, after NTP has set it."""
    clock = unset_clock(tmp_path)
    clock.synchronize()
    return clock


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


def ended(recorder: Recorder) -> list[dict[str, Any]]:
    return [event for event in recorder.events if event["event_type"] == "disappeared"]


def retained_state(broker: Mosquitto) -> str:
    """What somebody is told who subscribes only now."""
    late = Recorder(broker.port)
    try:
        late.wait_for(lambda seen: seen.on("/state/scene"))
        state = late.on("/state/scene")[0]
        assert state.retain
        label: str = state.json["label"]
        return label
    finally:
        late.close()


def asked(broker: Mosquitto, recorder: Recorder, command: str) -> dict[str, Any]:
    """The data of the answer to a request."""
    answers = len(recorder.on(f"/response/{command}"))
    publish.single(f"edgecam/test/request/{command}", qos=1, hostname="127.0.0.1", port=broker.port)
    recorder.wait_for(lambda seen: len(seen.on(f"/response/{command}")) > answers)
    answer = recorder.on(f"/response/{command}")[-1].json
    assert answer["status"] == "ok"
    data: dict[str, Any] = answer["data"]
    return data


def test_it_sleeps_and_wakes_by_the_clock_and_its_watchdog_is_fed_meanwhile(
    broker: Mosquitto,
    recorder: Recorder,
    tmp_path: Path,
    systemd: socket.socket,
) -> None:
    clock = set_clock(tmp_path)
    commands = {"commands": ["report", "why"]}
    appliance = Appliance(tmp_path, broker.url, schedule=hours(-HOUR_S, HOUR_S), remote=commands)
    env = {**clock.env, "NOTIFY_SOCKET": systemd.getsockname()}
    env["WATCHDOG_USEC"] = str(round(WATCHDOG_S * 1e6))
    process = appliance.start(env=env, under=clock.through)
    try:
        recorder.wait_for(lambda seen: appeared(seen) >= 2, 30.0)
        assert not asked(broker, recorder, "report")["asleep"]
        clock.shift(2 * HOUR_S)
        shifted_s = time.monotonic()
        recorder.wait_for(lambda seen: vision(seen).get("asleep"))
        recorder.wait_for(lambda seen: seen.on("/state/scene")[-1].json["label"] == "unknown")
        recorder.wait_for(lambda seen: seen.open == set())
        assert all(event["monotonic_s"] <= shifted_s + 2 for event in recorder.events)
        assert all(0 < event["duration_s"] < 30 for event in ended(recorder))
        assert retained_state(broker) == "unknown"
        wakes_s = dt.datetime.fromisoformat(vision(recorder)["wakes_at"]).timestamp()
        assert wakes_s - time.time() == pytest.approx(23 * HOUR_S, abs=180)
        assert asked(broker, recorder, "report")["asleep"]
        why = asked(broker, recorder, "why")
        assert (why["asleep"], why["looks"], why["top"]) == (True, 0, [])
        slept_from_s = time.monotonic()
        assert vision(recorder)["up"]
        assert "asleep until" in appliance.said
        count, beats = appeared(recorder), 0
        while beats < 4:
            beats += systemd.recv(4096).count(b"WATCHDOG=1")
        assert appeared(recorder) == count
        clock.shift(0)
        recorder.wait_for(lambda seen: not vision(seen)["asleep"])
        assert "wakes_at" not in vision(recorder)
        recorder.wait_for(lambda seen: appeared(seen) >= count + 3)
        # What the sleep has ended begins anew: no event reaches back over it.
        after = [event for event in ended(recorder) if event["monotonic_s"] > slept_from_s]
        assert after
        assert all(event["monotonic_s"] - event["duration_s"] > slept_from_s for event in after)
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
    clock = set_clock(tmp_path)
    appliance = Appliance(tmp_path, broker.url, schedule=hours(2 * HOUR_S, 3 * HOUR_S))
    env = {**clock.env, "NOTIFY_SOCKET": systemd.getsockname()}
    processes = [
        appliance.start(*filter(None, [half]), env=env, under=clock.through) for half in halves
    ]
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


def test_a_clock_that_nobody_set_puts_no_camera_to_sleep_until_it_is_set(
    broker: Mosquitto, recorder: Recorder, tmp_path: Path
) -> None:
    clock = unset_clock(tmp_path)
    clock.shift(-40 * 24 * HOUR_S)  # when it was last switched off
    appliance = Appliance(tmp_path, broker.url, schedule=hours(2 * HOUR_S, 3 * HOUR_S))
    process = appliance.start(env=clock.env, under=clock.through)
    try:
        recorder.wait_for(lambda seen: appeared(seen) >= 2, 30.0)
        assert not vision(recorder)["asleep"]
        assert appliance.said.count("it looks all the time until NTP") == 1
        clock.synchronize()
        recorder.wait_for(lambda seen: vision(seen)["asleep"])
        recorder.wait_for(lambda seen: seen.open == set())
        assert appliance.said.count("it looks all the time until NTP") == 1
        assert stop(process) == 0
    finally:
        appliance.end()
