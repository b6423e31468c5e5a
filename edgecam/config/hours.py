"""`schedule.active_hours`: its grammar, and what is right by it and still makes no sense.

    hours  = moment "-" moment
    moment = HH:MM | sun | sun ("+" | "-") minutes "min"
    sun    = "sunrise" | "sunset"

An offset always ends with its unit, so that its sign is never taken for the dash in the middle.
"""

import re
from dataclasses import dataclass
from typing import Literal

_MOMENT = r"(?:(?:[01]\d|2[0-3]):[0-5]\d|(?:sunrise|sunset)(?:[+-]\d{1,3}min)?)"
PATTERN = rf"^{_MOMENT}-{_MOMENT}$(?!\n)"
_TAKEN_APART = re.compile(rf"({_MOMENT})-({_MOMENT})")

Sun = Literal["sunrise", "sunset"]
# When it is to be told whether hours go over midnight; everywhere so on two days of the year.
_USUALLY: dict[Sun, int] = {"sunrise": 6 * 60, "sunset": 18 * 60}


@dataclass(frozen=True)
class Moment:
    """A moment of any day: minutes after midnight, or after what the sun does."""

    sun: Sun | None
    minutes: int

    @property
    def usually(self) -> int:
        """Minutes after midnight, on a day on which the sun shines from six to six."""
        return self.minutes + (0 if self.sun is None else _USUALLY[self.sun])


@dataclass(frozen=True)
class Hours:
    """One entry: from `start` to the next `end`."""

    start: Moment
    end: Moment

    @property
    def over_midnight(self) -> bool:
        """Whether they end on the day after that on which they begin."""
        return self.end.usually <= self.start.usually

    @property
    def of_the_sun(self) -> bool:
        """Whether a place is needed to tell them."""
        return self.start.sun is not None or self.end.sun is not None


def parse(text: str) -> Hours:
    """The hours that an entry means, one of `PATTERN`. Raises ValueError for another."""
    found = _TAKEN_APART.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Hours(_moment(found[1]), _moment(found[2]))


def _moment(text: str) -> Moment:
    for sun in _USUALLY:
        if text.startswith(sun):
            return Moment(sun, int(text.removeprefix(sun).removesuffix("min") or "0"))
    hours, _, minutes = text.partition(":")
    return Moment(None, 60 * int(hours) + int(minutes))
