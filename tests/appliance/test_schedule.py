"""When the camera looks, by made clocks, and in zones that change theirs."""

import datetime as dt
import subprocess
import sys

import pytest
from support.schedules import Clock, SetZone, local


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
    assert clock.schedule.wakes_s() == asleep.until_s
    awake = clock.at("2026-11-22 08:00")
    assert clock.schedule.wakes_s() is None
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
    assert clock.schedule.wakes_s() is None
    (said,) = caplog.messages
    assert said == (
        "schedule.active_hours: nobody has set the clock since this machine was started, so it looks "
        "all the time until NTP or a clock with a battery does; `timedatectl` says whether NTP runs"
    )
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


def test_a_change_within_days_is_told_by_its_weekday_a_later_one_by_its_date() -> None:
    assert Clock("07:00-22:30").at("2026-11-21 23:00").end == "until Sun 07:00"
    assert Clock("07:00-22:30").at("2026-11-21 08:00").end == "until Sat 22:30"


def test_hours_that_begin_in_the_hour_that_is_left_out_or_comes_twice(zone: SetZone) -> None:
    zone("Europe/Stockholm")
    clock = Clock("02:30-04:00")
    assert clock.hours_awake("2026-03-29") == pytest.approx(1)  # from 03:00
    assert clock.hours_awake("2026-03-30") == pytest.approx(1.5)
    assert clock.hours_awake("2026-10-25") == pytest.approx(2.5)  # from the first 02:30


@pytest.mark.parametrize(
    ("hours", "day", "stretch"),
    [
        ("02:30-03:15", "2026-03-29", ("01:00", "01:15")),
        ("01:30-02:30", "2026-03-29", ("00:30", "01:00")),
        ("02:30-02:45", "2026-03-29", None),
        ("02:30-02:45", "2026-03-28", ("01:30", "01:45")),
        ("01:30-02:30", "2026-10-25", ("23:30", "01:30")),  # to the second 02:30
        ("02:15-02:45", "2026-10-25", ("00:15", "01:45")),
        ("02:30-03:15", "2026-10-25", ("00:30", "02:15")),  # from the first 02:30
    ],
)
def test_hours_of_a_night_on_which_clocks_change(
    zone: SetZone, hours: str, day: str, stretch: tuple[str, str] | None
) -> None:
    """In Berlin 02:00 became 03:00 on 2026-03-29, and 03:00 became 02:00 on 2026-10-25, at 01:00 UTC."""
    zone("Europe/Berlin")
    following = Clock(hours).at(f"{day} 00:00")
    if stretch is None:
        assert local(following.until_s) == "2026-03-30 02:30"
        return
    woken = Clock(hours)
    woken.now_s = following.until_s
    seen = woken.schedule.now()
    assert (_utc(seen.since_s), _utc(seen.until_s)) == stretch


def _utc(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%H:%M}"


def test_a_gap_of_half_an_hour_ends_where_it_ends(zone: SetZone) -> None:
    """On Lord Howe Island 02:00 became 02:30 on 2026-10-04."""
    zone("Australia/Lord_Howe")
    woken = Clock("02:10-04:00").at("2026-10-04 03:00")
    assert [local(woken.since_s), local(woken.until_s)] == ["2026-10-04 02:30", "2026-10-04 04:00"]


def test_a_midnight_that_is_left_out(zone: SetZone) -> None:
    """In Havana 00:00 became 01:00 on 2026-03-08."""
    zone("America/Havana")
    night = Clock("22:00-06:00").at("2026-03-07 23:00")
    assert (night.until_s - night.since_s) / 3600 == 7
    assert Clock("00:00-06:00").at("2026-03-08 05:00").active
    day = Clock("07:00-22:00").at("2026-03-08 01:30")
    assert (day.active, local(day.until_s)) == (False, "2026-03-08 07:00")


def test_who_does_not_speak_of_the_sun_does_not_load_its_library() -> None:
    program = (
        "import sys\n"
        "from edgecam.config.options import PlaceOptions, ScheduleOptions\n"
        "from edgecam.appliance.schedule import Schedule\n"
        "place = PlaceOptions(59.0, 18.0)\n"
        "for hours in ('07:00-22:30', 'sunrise-sunset'):\n"
        "    Schedule(ScheduleOptions([hours], place), clock_was_set=lambda: True).now()\n"
        "    print('astral' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False\nTrue\n", "")
