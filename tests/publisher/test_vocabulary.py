"""The words of a configuration: when its sleep ends."""

import datetime as dt
import threading

import pytest
from support.publisher import MODEL

from edgecam.appliance import clock
from edgecam.config import DecisionOptions
from edgecam.config.options import PlaceOptions, ScheduleOptions
from edgecam.publisher.vocabulary import Vocabulary


def wakes_at(*active_hours: str, place: PlaceOptions | None = None) -> str | None:
    words = Vocabulary.build(
        DecisionOptions(),
        MODEL,
        regions=("door",),
        fps=None,
        power="balanced",
        schedule=ScheduleOptions(list(active_hours), place=place),
        runtime="r",
        os_name="o",
    )
    return words.wakes_at()


def test_it_is_known_when_a_sleep_ends_where_the_clock_was_set(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = dt.datetime.now(dt.UTC).astimezone().replace(second=0, microsecond=0)
    start, end = (now + dt.timedelta(hours=hours) for hours in (2, 3))
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    told = wakes_at(f"{start:%H:%M}-{end:%H:%M}")
    assert told is not None
    assert dt.datetime.fromisoformat(told) == start
    assert wakes_at(f"{now - dt.timedelta(hours=1):%H:%M}-{end:%H:%M}") is None  # it is awake
    assert wakes_at() is None
    monkeypatch.setattr(clock, "_was_set", threading.Event())
    monkeypatch.setattr(clock, "synchronized", lambda: False)
    monkeypatch.setattr(clock, "_agrees_with_battery", lambda: False)
    assert wakes_at(f"{start:%H:%M}-{end:%H:%M}") is None
    assert caplog.messages == []  # of that the half that sleeps speaks


def test_a_sunrise_is_told_to_the_minute_since_more_would_tell_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    # On the equator it is night at any hour for one of the three.
    places = [PlaceOptions(0.0, longitude) for longitude in (-119.8765, 0.1234, 120.4321)]
    told = [wakes_at("sunrise-sunset", place=place) for place in places]
    asleep = [one for one in told if one is not None]
    assert asleep
    assert all(one.endswith(":00.000Z") for one in asleep)
