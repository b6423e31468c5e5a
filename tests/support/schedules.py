"""A schedule by a clock that the test sets."""

import datetime as dt
from collections.abc import Callable

from edgecam.appliance.schedule import Schedule, Stretch
from edgecam.config.options import PlaceOptions, ScheduleOptions

SetZone = Callable[[str], None]


class Clock:
    """A wall clock that the test sets, and a schedule that goes by it."""

    def __init__(self, *active_hours: str, place: PlaceOptions | None = None) -> None:
        self.now_s = 0.0
        self.was_set = True
        options = ScheduleOptions(list(active_hours), place)
        self.schedule = Schedule(options, lambda: self.now_s, lambda: self.was_set)

    def at(self, text: str) -> Stretch:
        """What the schedule says at a local time like `2026-11-21 07:00`."""
        self.now_s = dt.datetime.fromisoformat(text).timestamp()
        return self.schedule.now()

    def active(self, text: str) -> bool:
        return self.at(text).active

    def hours_awake(self, day: str) -> float:
        """Of the 24 hours after a local midnight, looked at every five minutes."""
        start_s = dt.datetime.fromisoformat(day).timestamp()
        count = 0
        for step in range(24 * 12):
            self.now_s = start_s + 300 * step
            count += self.schedule.now().active
        return count / 12


def local(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"  # noqa: DTZ006  local is meant
