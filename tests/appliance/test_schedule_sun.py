"""When the camera looks by the sun: of two places, in polar nights, and where it sets after midnight."""

import datetime as dt
import re

import pytest
from support.schedules import Clock, SetZone, local

from edgecam.config.options import PlaceOptions

STOCKHOLM = PlaceOptions(59.33, 18.07)
TROMSO = PlaceOptions(69.65, 18.96)
FAIRBANKS = PlaceOptions(64.84, -147.72)
KIRITIMATI = PlaceOptions(1.87, -157.43)


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
