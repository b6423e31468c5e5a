"""A camera that is dark when its hours end: asleep it gives no alarm, and what was told still holds."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.appliance import stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance
from support.wall_clock import WallClock

HOUR_S = 3600


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    """The appliance's idea of the time, which NTP has set."""
    folder = tmp_path / "clock"
    folder.mkdir()
    made = WallClock(folder)
    made.synchronize()
    return made


@pytest.fixture
def by_day(tmp_path: Path, broker: Mosquitto) -> Iterator[RiggedAppliance]:
    """One that sleeps from an hour on after now."""
    now = dt.datetime.now()  # noqa: DTZ005  local time is what a schedule is of
    start, end = (now + dt.timedelta(seconds=seconds) for seconds in (-HOUR_S, HOUR_S))
    hours = {"active_hours": [f"{start:%H:%M}-{end:%H:%M}"]}
    made = RiggedAppliance(tmp_path, broker.url, schedule=hours)
    yield made
    made.end()


def said(recorder: Recorder) -> list[str]:
    """What was said of the camera, each once; `ok` where it is well."""
    once = {event["seq"]: event for event in recorder.events if "camera" in event["event_type"]}
    return [str(event.get("reason", "ok")) for _, event in sorted(once.items())]


def health(recorder: Recorder) -> tuple[bool, list[str]]:
    """Whether it sleeps, and its alarms."""
    payload = recorder.on("/health")[-1].json
    return bool(payload["vision"]["asleep"]), list(payload["alarms"])


def test_trouble_that_stood_when_sleep_began_is_neither_alarmed_of_nor_withdrawn(
    by_day: RiggedAppliance, recorder: Recorder, clock: WallClock
) -> None:
    process = by_day.start(env=clock.env, under=clock.through)
    recorder.wait_for(lambda seen: len(seen.sightings) >= 2)
    by_day.turn("camera", "dark")
    recorder.wait_for(lambda _: said(recorder) == ["dark"])
    recorder.wait_for(lambda _: health(recorder) == (False, ["camera_trouble"]))
    clock.shift(2 * HOUR_S)
    recorder.wait_for(lambda _: health(recorder) == (True, []))
    healths = len(recorder.on("/health"))
    recorder.wait_for(lambda seen: len(seen.on("/health")) >= healths + 3)
    assert health(recorder) == (True, [])
    assert recorder.on("/state/scene")[-1].json["label"] == "unknown"
    clock.shift(0)
    recorder.wait_for(lambda _: health(recorder) == (False, ["camera_trouble"]))
    assert said(recorder) == ["dark"]  # in the night nothing was said, nor is it said again
    by_day.turn("camera", "frames")
    recorder.wait_for(lambda _: said(recorder) == ["dark", "ok"])
    recorder.wait_for(lambda _: health(recorder) == (False, []))
    assert stop(process) == 0


def test_what_a_camera_shows_in_its_sleep_is_no_trouble(
    by_day: RiggedAppliance, recorder: Recorder, clock: WallClock
) -> None:
    process = by_day.start(env=clock.env, under=clock.through)
    recorder.wait_for(lambda seen: len(seen.sightings) >= 2)
    clock.shift(2 * HOUR_S)
    recorder.wait_for(lambda _: health(recorder) == (True, []))
    by_day.turn("camera", "dark")
    healths = len(recorder.on("/health"))
    recorder.wait_for(lambda seen: len(seen.on("/health")) >= healths + 5)
    assert said(recorder) == []
    by_day.turn("camera", "frames")
    clock.shift(0)
    count = len(recorder.sightings)
    recorder.wait_for(lambda seen: len(seen.sightings) >= count + 2)
    assert said(recorder) == []
    assert stop(process) == 0
