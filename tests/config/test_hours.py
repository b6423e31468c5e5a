"""The grammar of `schedule.active_hours`, and which hours go over midnight."""

import re

import pytest

from edgecam.config.hours import PATTERN, Hours, Moment, parse


@pytest.mark.parametrize(
    ("text", "start", "end", "over_midnight"),
    [
        ("07:00-22:30", Moment(None, 420), Moment(None, 1350), False),
        ("22:00-06:00", Moment(None, 1320), Moment(None, 360), True),
        ("00:00-23:59", Moment(None, 0), Moment(None, 1439), False),
        ("12:00-00:00", Moment(None, 720), Moment(None, 0), True),
        ("sunrise-sunset", Moment("sunrise", 0), Moment("sunset", 0), False),
        ("sunset-sunrise", Moment("sunset", 0), Moment("sunrise", 0), True),
        ("sunrise-30min-sunset+60min", Moment("sunrise", -30), Moment("sunset", 60), False),
        ("sunset-120min-23:00", Moment("sunset", -120), Moment(None, 1380), False),
        ("16:00-sunset", Moment(None, 960), Moment("sunset", 0), False),
        ("20:00-sunset", Moment(None, 1200), Moment("sunset", 0), True),
        ("sunrise+30min-sunrise", Moment("sunrise", 30), Moment("sunrise", 0), True),
    ],
)
def test_hours_are_understood(
    text: str,
    start: Moment,
    end: Moment,
    over_midnight: bool,  # noqa: FBT001  of the parameters
) -> None:
    assert re.search(PATTERN, text)
    assert parse(text) == Hours(start, end)
    assert parse(text).over_midnight is over_midnight
    assert parse(text).of_the_sun is ("sun" in text)


@pytest.mark.parametrize(
    "text", ["", "07:00", "07:00-", "25:00-26:00", "noon-sunset", "07:00-08:00\n"]
)
def test_what_is_none_is_refused(text: str) -> None:
    assert not re.search(PATTERN, text)
    with pytest.raises(ValueError, match=re.escape(text) or "^$"):
        parse(text)
