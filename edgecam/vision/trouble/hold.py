"""When a suspicion becomes a trouble, and when that is over: both have to hold for a while."""

from dataclasses import dataclass

MIN_LOOKS = 5  # in a row, at least, that say the same: one late frame at a low rate proves nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a frame says of one kind of trouble.

    `value` from 0 to 1 is what the kind measures. Between `bad` and `good` lies a gap, in which
    nothing begins and nothing ends.
    """

    value: float
    bad: bool
    good: bool


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
        self.value = 0.0
        """What was measured last."""
        self._after_ns = round(after_s * 1e9)
        self._since_ns = 0
        self._looks = 0

    @property
    def suspected(self) -> bool:
        """Whether the last look was bad, or a trouble that was told is not over."""
        return self.told or self._looks > 0

    def look(self, reading: Reading | None, at_ns: int) -> None:
        """One more look, at a monotonic time; None: nothing can be said, and nothing changes."""
        if reading is None:
            return
        self.value = reading.value
        if not (reading.good if self.told else reading.bad):
            self._looks = 0
            return
        if self._looks == 0:
            self._since_ns = at_ns
        self._looks += 1
        if self._looks >= MIN_LOOKS and at_ns - self._since_ns >= self._after_ns:
            self.told = not self.told
            self._looks = 0
