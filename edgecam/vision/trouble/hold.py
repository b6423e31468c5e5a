"""When a suspicion becomes a trouble, and when that is over: both have to hold for a while."""

from dataclasses import dataclass

MIN_LOOKS = 5  # in a row, at least, that say the same: one late frame at a low rate proves nothing
MIN_GOOD_LOOKS = 3
GOOD_SHARE = 1 / 3  # of the time: what a camera sees while it still counts as blind is lost


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a frame says of one kind of trouble.

    `value` from 0 to 1 is what the kind measures. Between `bad` and `good` lies a gap, in which
    nothing begins and nothing ends.
    """

    value: float
    bad: bool
    good: bool
    lasted_ns: int = 0
    """How long it has been so, where that is seen late."""


def low(value: float, bad: float, good: float) -> Reading:
    """A value that is in trouble below `bad`, and well above `good`."""
    return Reading(value, value < bad, value > good)


def high(value: float, bad: float, good: float) -> Reading:
    """A value that is in trouble above `bad`, and well below `good`."""
    return Reading(value, value > bad, value < good)


class Hold:
    """The memory of one kind: told or not, and since when the contrary is seen."""

    def __init__(self, after_s: float) -> None:
        self.told = False
        """Whether the trouble has begun and is not over."""
        self.bad = False
        """Whether the last look was bad."""
        self.value = 0.0
        """What was measured last."""
        self.since_ns = 0
        """Since when what is told is so: from the first look that said it."""
        self._after_ns = round(after_s * 1e9)
        self._begin()

    def look(self, reading: Reading | None, at_ns: int) -> None:
        """One more look, at a monotonic time; None: nothing can be said, and nothing changes."""
        if reading is None:
            return
        self.value, self.bad = reading.value, reading.bad
        self._against.look(reading.bad != self.told, at_ns - reading.lasted_ns)
        self._good.look(self.told and reading.good, at_ns)
        if self._against.lasts(MIN_LOOKS, self._after_ns, at_ns) or self._good.lasts(
            MIN_GOOD_LOOKS, round(GOOD_SHARE * self._after_ns), at_ns
        ):
            self.told = not self.told
            self.since_ns = self._against.since_ns
            self._begin()

    def rest(self) -> None:
        """Nobody looks for a while: what is told stays so, and what was suspected begins anew."""
        self._begin()

    def _begin(self) -> None:
        self._against = _Run()  # looks that say the contrary of what is told
        self._good = _Run()


class _Run:
    """Looks in a row of which something is true."""

    def __init__(self) -> None:
        self.since_ns = 0
        self._looks = 0

    def look(self, true: bool, at_ns: int) -> None:  # noqa: FBT001  the fact itself
        if not true:
            self._looks = 0
            return
        if self._looks == 0:
            self.since_ns = at_ns
        self._looks += 1

    def lasts(self, looks: int, duration_ns: int, at_ns: int) -> bool:
        return self._looks >= looks and at_ns - self.since_ns >= duration_ns
