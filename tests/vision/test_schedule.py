"""When the camera looks, by made clocks, in zones that change theirs, and where the sun does not set."""

import datetime as dt
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from edgecam.config.options import PlaceOptions, ScheduleOptions
from edgecam.vision.schedule import Schedule, Stretch

STOCKHOLM = PlaceOptions(59.33, 18.07)
TROMSO = PlaceOptions(69.65, 18.96)
FAIRBANKS = PlaceOptions(64.84, -147.72)
KIRITIMATI = PlaceOptions(1.87, -157.43)

SetZone = Callable[[str], None]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Sets this process's time zone; afterwards it is what it was."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


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


def test_without_hours_it_is_always_time_to_look() -> None:
    assert Clock().active("2026-11-21 03:00")
    assert not Clock().at("2026-11-21 03:00").changes


@pytest.mark.parametrize(
    ("time_of_day", "active"),
    [("06:59:59", False), ("07:00", True), ("22:29:59", True), ("22:30", False), ("00:00", False)],
)
def test_it_sleeps_and_wakes_on_the_minute(time_of_day: str, active: bool) -> None:  # noqa: FBT001
    assert Clock("07:00-22:30").active(f"2026-11-21 {time_of_day}") is active


def test_it_says_when_it_wakes_and_when_it_sleeps() -> None:
    clock = Clock("07:00-22:30")
    asleep = clock.at("2026-11-21 23:00")
    assert (asleep.active, asleep.changes, local(asleep.until_s)) == (
        False,
        True,
        "2026-11-22 07:00",
    )
    awake = clock.at("2026-11-22 08:00")
    assert (awake.active, local(awake.until_s)) == (True, "2026-11-22 22:30")


def test_hours_over_midnight() -> None:
    clock = Clock("22:00-06:00")
    seen = {hour: clock.active(f"2026-11-21 {hour:02}:30") for hour in (0, 5, 6, 12, 21, 22, 23)}
    assert [hour for hour, active in seen.items() if active] == [0, 5, 22, 23]
    assert local(clock.at("2026-12-31 23:00").until_s) == "2027-01-01 06:00"


def test_hours_that_touch_or_overlap_are_one() -> None:
    clock = Clock("12:00-18:00", "06:00-12:00", "17:00-19:00", "23:00-01:00")
    assert local(clock.at("2026-11-21 07:00").until_s) == "2026-11-21 19:00"
    assert clock.hours_awake("2026-11-21") == pytest.approx(15)
    assert Clock("00:00-12:00", "12:00-00:00").hours_awake("2026-11-21") == 24


def test_a_day_of_23_hours_and_one_of_25(zone: SetZone) -> None:
    """In Stockholm 02:00 became 03:00 on 2026-03-29, and 03:00 became 02:00 on 2026-10-25."""
    zone("Europe/Stockholm")
    night, hour_left_out = Clock("22:00-06:00"), Clock("02:00-03:00")
    for day, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-20", 8)):
        stretch = night.at(f"{day} 23:00")
        assert stretch.until_s - stretch.since_s == hours * 3600
        assert local(stretch.until_s)[-5:] == "06:00"
    assert hour_left_out.hours_awake("2026-03-29") == 0
    assert hour_left_out.hours_awake("2026-03-30") == 1
    assert hour_left_out.hours_awake("2026-10-25") == 2  # it comes twice


def test_a_clock_that_jumps_is_believed_at_once() -> None:
    clock = Clock("07:00-22:30")
    assert clock.active("2026-11-21 08:00")
    assert not clock.active("2026-11-20 23:00")  # back
    assert clock.active("2026-11-20 22:00")
    assert clock.active("2027-06-01 07:00")  # far ahead
    assert not clock.active("2027-06-01 06:59")


def test_a_clock_that_was_never_set_puts_nobody_to_sleep_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock("07:00-08:00")
    clock.was_set = False
    assert clock.active("1970-01-02 03:00")
    assert clock.active("2026-01-02 03:00")  # from before a long time without power
    assert caplog.messages == [
        "the clock was not set since the start: awake until NTP sets it (active_hours)"
    ]
    clock.was_set = True
    assert not clock.active("2026-01-02 03:00")
    assert len(caplog.messages) == 1


def test_without_hours_nobody_asks_whether_the_clock_was_set(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    clock.was_set = False
    assert clock.active("2026-01-02 03:00")
    assert caplog.messages == []


def test_the_sun_of_two_places_on_one_day(zone: SetZone) -> None:
    """Within minutes of what almanacs tell: 08:43 to 14:47 at midwinter, 03:30 to 22:08 in summer."""
    zone("Europe/Stockholm")
    clock = Clock("sunrise-sunset", place=STOCKHOLM)
    for day, rises, sets in (
        ("2026-12-21", "08:43", "14:47"),
        ("2026-06-21", "03:30", "22:08"),
    ):
        stretch = clock.at(f"{day} 12:00")
        for at_s, told in ((stretch.since_s, rises), (stretch.until_s, sets)):
            assert abs(at_s - dt.datetime.fromisoformat(f"{day} {told}").timestamp()) < 5 * 60


def test_offsets_of_the_sun(zone: SetZone) -> None:
    zone("Europe/Stockholm")
    plain = Clock("sunrise-sunset", place=STOCKHOLM).at("2026-11-21 12:00")
    wider = Clock("sunrise-30min-sunset+60min", place=STOCKHOLM).at("2026-11-21 12:00")
    assert plain.since_s - wider.since_s == 30 * 60
    assert wider.until_s - plain.until_s == 60 * 60


def test_the_night_between_sunset_and_sunrise(zone: SetZone) -> None:
    zone("Europe/Stockholm")
    clock = Clock("sunset-sunrise", place=STOCKHOLM)
    assert [clock.active(f"2026-11-21 {hour}:00") for hour in ("03", "12", "20")] == [
        True,
        False,
        True,
    ]


def test_hours_that_end_before_they_begin_are_none_on_that_day(zone: SetZone) -> None:
    zone("Europe/Stockholm")
    clock = Clock("16:00-sunset", place=STOCKHOLM)
    assert clock.hours_awake("2026-12-21") == 0
    assert clock.hours_awake("2026-06-21") == pytest.approx(6.1, abs=0.2)


def test_polar_night_and_polar_day(zone: SetZone) -> None:
    zone("Europe/Oslo")
    day, night = (Clock(text, place=TROMSO) for text in ("sunrise-sunset", "sunset-sunrise"))
    assert [day.hours_awake("2026-12-21"), night.hours_awake("2026-12-21")] == [0, 24]
    assert [day.hours_awake("2026-06-21"), night.hours_awake("2026-06-21")] == [24, 0]
    around_noon = Clock("sunrise-30min-sunset+30min", place=TROMSO)
    assert around_noon.hours_awake("2026-12-21") == pytest.approx(1, abs=0.1)
    assert 0 < day.hours_awake("2027-01-25") < 5  # and the sun comes back


def test_the_end_of_a_polar_night_and_of_a_polar_day_is_known(zone: SetZone) -> None:
    """Tromso's sun is away from the end of November to the middle of January, and up in summer."""
    zone("Europe/Oslo")
    day, night = (Clock(text, place=TROMSO) for text in ("sunrise-sunset", "sunset-sunrise"))
    for clock, begins, ends in (
        (day, "2026-12-21", r"until 2027-01-1[3-8] 1[12]:\d\d"),
        (night, "2026-06-21", r"until 2026-07-2[3-9] \d\d:\d\d"),
    ):
        asleep = clock.at(f"{begins} 12:00")
        assert (asleep.active, asleep.changes) == (False, True)
        assert re.fullmatch(ends, asleep.end)
        clock.now_s = asleep.until_s - 1
        assert not clock.schedule.now().active
        clock.now_s = asleep.until_s
        assert clock.schedule.now().active
        awake = (night if clock is day else day).at(f"{begins} 12:00")
        assert (awake.active, awake.changes) == (True, True)
        assert awake.until_s == pytest.approx(asleep.until_s, abs=86_400)


def test_hours_that_never_come_or_never_end_are_not_searched_for_ever(zone: SetZone) -> None:
    zone("UTC")
    always = Clock("00:00-12:00", "12:00-00:00").at("2026-11-21 12:00")
    assert (always.active, always.changes, always.end) == (True, False, "for a year or more")
    # There the sun sets at about 16:00 of this clock, all through the year.
    never = Clock("17:00-sunset", place=PlaceOptions(0.0, 30.0)).at("2026-11-21 17:30")
    assert (never.active, never.changes, never.end) == (False, False, "for a year or more")


def test_a_change_within_days_is_told_by_its_weekday_a_later_one_by_its_date() -> None:
    assert Clock("07:00-22:30").at("2026-11-21 23:00").end == "until Sun 07:00"
    assert Clock("07:00-22:30").at("2026-11-21 08:00").end == "until Sat 22:30"


def test_a_moment_that_an_offset_carries_over_midnight(zone: SetZone) -> None:
    """22:08 and six hours and 40 minutes are 04:48 of the next day; 14:47 and as many are 21:27."""
    zone("Europe/Stockholm")
    clock = Clock("sunset+400min-06:00", place=STOCKHOLM)
    summer, winter = clock.at("2026-06-22 05:30"), clock.at("2026-12-21 23:00")
    assert [summer.active, winter.active] == [True, True]
    assert [local(one.until_s) for one in (summer, winter)] == [
        "2026-06-22 06:00",
        "2026-12-22 06:00",
    ]
    assert (summer.until_s - summer.since_s) / 3600 == pytest.approx(1.2, abs=0.1)
    assert (winter.until_s - winter.since_s) / 3600 == pytest.approx(8.55, abs=0.1)
    assert not clock.active("2026-06-22 03:00")


def test_hours_that_begin_in_the_hour_that_is_left_out_or_comes_twice(zone: SetZone) -> None:
    zone("Europe/Stockholm")
    clock = Clock("02:30-04:00")
    assert clock.hours_awake("2026-03-29") == pytest.approx(0.5)
    assert clock.hours_awake("2026-03-30") == pytest.approx(1.5)
    assert clock.hours_awake("2026-10-25") == pytest.approx(2.5)  # from the first 02:30


def test_a_midnight_that_is_left_out(zone: SetZone) -> None:
    """In Havana 00:00 became 01:00 on 2026-03-08."""
    zone("America/Havana")
    night = Clock("22:00-06:00").at("2026-03-07 23:00")
    assert (night.until_s - night.since_s) / 3600 == 7
    assert Clock("00:00-06:00").at("2026-03-08 05:00").active
    day = Clock("07:00-22:00").at("2026-03-08 01:30")
    assert (day.active, local(day.until_s)) == (False, "2026-03-08 07:00")


def test_a_sunset_after_midnight_belongs_to_the_day_before(zone: SetZone) -> None:
    """Fairbanks keeps a clock two hours before its sun."""
    zone("America/Anchorage")
    stretch = Clock("sunrise-sunset", place=FAIRBANKS).at("2026-06-15 12:00")
    assert [local(stretch.since_s)[:13], local(stretch.until_s)[:13]] == [
        "2026-06-15 03",
        "2026-06-16 00",
    ]


def test_a_zone_a_day_before_its_sun(zone: SetZone) -> None:
    zone("Pacific/Kiritimati")
    stretch = Clock("07:00-sunset", place=KIRITIMATI).at("2026-11-21 12:00")
    assert [local(stretch.since_s), local(stretch.until_s)[:13]] == [
        "2026-11-21 07:00",
        "2026-11-21 18",
    ]


@pytest.mark.parametrize("latitude", [-90, -66.6, -66, 0, 65.7, 66.3, 66.56, 67.4, 90])
@pytest.mark.parametrize("longitude", [-180, 0, 180])
def test_no_place_on_earth_is_a_failure(zone: SetZone, latitude: float, longitude: float) -> None:
    zone("UTC")
    place = PlaceOptions(latitude, longitude)
    clock = Clock("sunrise-sunset", place=place)
    night = Clock("sunset-sunrise", place=place)
    for week in range(52):
        at_s = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC).timestamp() + week * 7 * 86_400
        clock.now_s = night.now_s = at_s
        # At each moment exactly one of day and night.
        assert clock.schedule.now().active is not night.schedule.now().active
        assert clock.schedule.now().since_s <= at_s < clock.schedule.now().until_s


def test_who_does_not_speak_of_the_sun_does_not_load_its_library() -> None:
    program = (
        "import sys\n"
        "from edgecam.config.options import PlaceOptions, ScheduleOptions\n"
        "from edgecam.vision.schedule import Schedule\n"
        "place = PlaceOptions(59.0, 18.0)\n"
        "for hours in ('07:00-22:30', 'sunrise-sunset'):\n"
        "    Schedule(ScheduleOptions([hours], place), clock_was_set=lambda: True).now()\n"
        "    print('astral' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False\nTrue\n", "")
