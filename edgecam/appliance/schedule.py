"""When the camera looks and when it sleeps: `schedule.active_hours` on a wall clock.

Every moment is turned into a point in time first, so that days of 23 and 25 hours, and clocks that
jump, need no care of their own: nothing is counted, the clock is only compared.
"""

import bisect
import datetime as dt
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgecam.appliance import clock
from edgecam.config import hours
from edgecam.config.hours import Hours, Moment
from edgecam.config.options import PlaceOptions, ScheduleOptions

UNSET = (
    "nobody has set the clock since this machine was started, so it looks all the time until NTP or "
    "a clock with a battery does; `timedatectl` says whether NTP runs"
)
"""What becomes of hours on such a clock, why, and what to do."""

_log = logging.getLogger(__name__)

# Around today: hours over midnight, offsets of hours, places at the date line. And where nothing
# changes so soon, as in a polar night, a year.
_NEAR, _YEAR = range(-2, 4), range(-2, 370)
_MARGIN_DAYS = 2  # hours of a day that was not looked at begin no sooner before it
_WEEK_S = 6 * 86_400  # in which no day of the week comes twice


@dataclass(frozen=True)
class Stretch:
    """A stretch of time, in seconds since 1970, in which nothing changes."""

    active: bool
    since_s: float
    until_s: float
    changes: bool = True
    """Whether it then does; otherwise that is as far as was looked."""

    @property
    def end(self) -> str:
        """For people, by the clock on their wall: `until Sun 07:00`, or with the date."""
        if not self.changes:
            return "for a year or more"
        return f"until {moment(self.until_s, self.since_s)}"


def moment(at_s: float, seen_from_s: float) -> str:
    """For people, by the clock on their wall: `Sun 07:00`, or from further away with the date."""
    form = "%a %H:%M" if at_s - seen_from_s < _WEEK_S else "%Y-%m-%d %H:%M"
    return time.strftime(form, time.localtime(at_s))


_ALWAYS = Stretch(active=True, since_s=-math.inf, until_s=math.inf, changes=False)


class Schedule:
    """Says whether it is time to look; for one thread."""

    def __init__(
        self,
        options: ScheduleOptions,
        now_s: Callable[[], float] = time.time,
        clock_was_set: Callable[[], bool] = clock.was_set,
    ) -> None:
        """`now_s` gives the wall clock, in seconds since 1970, which counts once it was set."""
        self._hours = [hours.parse(text) for text in options.active_hours]
        self._place = options.place
        self._now_s = now_s
        self._clock_was_set = clock_was_set
        self._said_unset = False
        self._known = Stretch(active=True, since_s=0, until_s=0)

    def now(self) -> Stretch:
        """The stretch of now. While the clock was not set, nobody knows the hour: active."""
        if not self._hours:
            return _ALWAYS
        if not self._clock_was_set():
            self._say_unset()
            return _ALWAYS
        return self._by_the_clock()

    def wakes_s(self) -> float | None:
        """When the sleep of now ends, in seconds since 1970.

        None while it is time to look, where that is not known, and where it is more than a year.
        """
        if not (self._hours and self._clock_was_set()):
            return None
        now = self._by_the_clock()
        return None if now.active or not now.changes else now.until_s

    def _by_the_clock(self) -> Stretch:
        now_s = self._now_s()
        if not self._known.since_s <= now_s < self._known.until_s:
            self._known = self._stretch(now_s)
        return self._known

    def _say_unset(self) -> None:
        if not self._said_unset:
            self._said_unset = True
            _log.warning("schedule.active_hours: %s", UNSET)

    def _stretch(self, now_s: float) -> Stretch:
        near = self._stretch_within(_NEAR, now_s)
        return near if near.changes else self._stretch_within(_YEAR, now_s)

    def _stretch_within(self, days: range, now_s: float) -> Stretch:
        today = dt.date.fromtimestamp(now_s)  # noqa: DTZ012  hours are of local time
        known_until_s = _local_s(today + dt.timedelta(days.stop - _MARGIN_DAYS), 0)
        active, since_s, until_s = False, _local_s(today, 0), math.inf
        for start_s, end_s in _merged(sorted(self._spans(today, days))):
            if now_s < start_s:
                until_s = start_s
                break
            if now_s < end_s:
                active, since_s, until_s = True, start_s, end_s
                break
            since_s = end_s
        changes = until_s < known_until_s
        return Stretch(active, since_s, min(until_s, known_until_s), changes)

    def _spans(self, today: dt.date, around: range) -> Iterator[tuple[float, float]]:
        """Start and end of all hours of the days around today; hours that end first are none."""
        for days in around:
            day = today + dt.timedelta(days)
            for active in self._hours:
                start_s, end_s = self._moment_s(active.start, day), self._end_s(active, day)
                if start_s < end_s:
                    yield start_s, end_s

    def _end_s(self, active: Hours, day: dt.date) -> float:
        return self._moment_s(active.end, day + dt.timedelta(active.over_midnight), fold=1)

    def _moment_s(self, moment: Moment, day: dt.date, fold: int = 0) -> float:
        if moment.sun is None or self._place is None:
            return _local_s(day, moment.minutes, fold)
        return _sun_s(self._place, day)[moment.sun == "sunset"] + 60 * moment.minutes


def _merged(spans: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Sorted spans, those that touch made one."""
    start_s, end_s = -math.inf, -math.inf
    for next_start_s, next_end_s in spans:
        if next_start_s > end_s:
            if end_s > start_s:
                yield start_s, end_s
            start_s, end_s = next_start_s, next_end_s
        end_s = max(end_s, next_end_s)
    if end_s > start_s:
        yield start_s, end_s


def _local_s(day: dt.date, minutes: int, fold: int = 0) -> float:
    """A time of day by this machine's zone, in seconds since 1970.

    Of one that comes twice, the first (`fold=0`) or the second (1); for one that is left out, the
    moment at which clocks are set past it.
    """
    on_wall = dt.datetime.combine(day, dt.time(*divmod(minutes, 60)))
    at_s = [on_wall.replace(fold=one).timestamp() for one in (0, 1)]
    if at_s[0] <= at_s[1]:
        return at_s[fold]
    # In the gap the first goes by the offset of before it, the second by that of after it, and the
    # change lies between the two: PEP 495, "Mind the Gap".
    between = range(int(at_s[1]), int(at_s[0]))
    old = time.localtime(between.start).tm_gmtoff
    return between.start + bisect.bisect_left(
        between, x=True, key=lambda now_s: time.localtime(now_s).tm_gmtoff != old
    )


def _sun_s(place: PlaceOptions, day: dt.date) -> tuple[float, float]:
    """Sunrise and sunset around the noon of a day.

    Where the sun does not set, the day goes from one midnight to the next, by the sun's own time;
    where it does not rise, it begins and ends at noon.
    """
    import astral.sun  # noqa: PLC0415  only whose hours speak of the sun has it in memory

    observer = astral.Observer(place.latitude, place.longitude)
    # In this time noon is always in the middle of a date, which it is not in every zone.
    solar = dt.timezone(dt.timedelta(minutes=round(4 * place.longitude)))
    date = dt.datetime.fromtimestamp(_local_s(day, 12 * 60), solar).date()
    try:
        risen = astral.sun.sunrise(observer, date, tzinfo=solar)
        set_ = astral.sun.sunset(observer, date, tzinfo=solar)
    except ValueError:  # it stays above the horizon, or below
        risen = set_ = astral.sun.noon(observer, date, tzinfo=solar)
        if astral.sun.elevation(observer, risen) > 0:
            risen = dt.datetime.combine(date, dt.time(0), solar)
            set_ = risen + dt.timedelta(days=1)
    return risen.timestamp(), set_.timestamp()
