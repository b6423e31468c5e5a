"""How much may come over the wall, in a second and in an hour.

In a second, so that a flood starves nobody; in an hour, so that the bits which a subverted vision
half could send are few.

What comes faster than it may waits on the wall, where it holds up its sender: an honest vision
half keeps its events meanwhile, and nothing is lost. `edgecam.publisher.wall.channel` turns these
figures into bits.
"""

import time
from collections.abc import Callable

from edgecam.messages import MAX_TOP_K

RECORDS_PER_S = 20.0
RECORDS_AT_ONCE = 1_200  # all that the vision half keeps while no publisher is there, and more
BYTES_PER_S = 5_000.0
BYTES_AT_ONCE = 100_000
# Likewise: the events of an hour without a publisher must not hold up what happens then.
EVENTS_AT_ONCE = 1_000
# Who was held counts so until that many may come at once: not only while each single one waits.
EVENTS_AT_EASE = 10
STARTS_PER_EVENT = 0.2  # hellos for each event that may come: 120 an hour with the default
STARTS_AT_ONCE = 20
# A report each interval is what an honest half makes, and one whenever it starts.
REPORTS_PER_INTERVAL = 1.25
REPORTS_AT_ONCE = 10
LOOKS_AT_ONCE = 5
# Garbage has its share, so that the figures of what is refused stay small as well.
RECORDS_PER_EVENT = 4.0
BYTES_PER_RECORD = 64.0  # honest ones take 10 to 40

HOUR_S = 3600.0
LONGEST_WAIT_S = 0.5


class Rate:
    """A token bucket: `per_s` on the average, `at_once` after a rest."""

    def __init__(
        self, per_s: float, at_once: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._now_s = now_s
        self._tokens = float(at_once)
        self._counted_s = now_s()

    def spend(self, amount: float = 1.0) -> None:
        """So much has passed; the last to pass may overdraw."""
        self._count()
        self._tokens -= amount

    @property
    def left(self) -> float:
        """How many may still pass at once; less than none where one has overdrawn."""
        self._count()
        return self._tokens

    def resume(self, left: float) -> None:
        """Go on from what was left of another rate."""
        self._tokens = min(self._tokens, left)

    def allows(self) -> bool:
        """Whether one may pass now; if so, it counts as passed."""
        if self.wait_s() > 0:
            return False
        self.spend()
        return True

    def wait_s(self) -> float:
        """How long until the next may pass."""
        self._count()
        return max(0.0, (1.0 - self._tokens) / self._per_s)

    def _count(self) -> None:
        now_s = self._now_s()
        self._tokens = min(self._tokens + (now_s - self._counted_s) * self._per_s, self._at_once)
        self._counted_s = now_s


class Limits:
    """Every limit of one wall; they go on over reconnects."""

    def __init__(
        self,
        events_per_hour: float,
        health_interval_s: float,
        looks_per_s: float = 0.0,
        now_s: Callable[[], float] = time.monotonic,
        top_k: int = MAX_TOP_K,
    ) -> None:
        events_per_s = events_per_hour / HOUR_S
        records_per_s = RECORDS_PER_EVENT * events_per_s + looks_per_s
        records_per_s += 2 * REPORTS_PER_INTERVAL / health_interval_s
        at_most_per_s = max(RECORDS_PER_S, 2 * events_per_s) + looks_per_s
        self._reports = Rate(REPORTS_PER_INTERVAL / health_interval_s, REPORTS_AT_ONCE, now_s)
        self._looks = Rate(looks_per_s, LOOKS_AT_ONCE, now_s) if looks_per_s else None
        self._events = Rate(events_per_s, EVENTS_AT_ONCE, now_s)
        self._starts = Rate(STARTS_PER_EVENT * events_per_s, STARTS_AT_ONCE, now_s)
        self._counted = (
            Rate(at_most_per_s, RECORDS_AT_ONCE, now_s),
            Rate(records_per_s, 2 * RECORDS_AT_ONCE, now_s),
        )
        self._weighed = (
            Rate(BYTES_PER_S * at_most_per_s / RECORDS_PER_S, BYTES_AT_ONCE, now_s),
            Rate(BYTES_PER_RECORD * records_per_s, 2 * BYTES_AT_ONCE, now_s),
        )
        self._rates: tuple[Rate, ...] = (
            self._reports,
            self._events,
            self._starts,
            *self._counted,
            *self._weighed,
        )
        if self._looks is not None:
            self._rates += (self._looks,)
        self.top_k = top_k
        """How many labels of a look may pass."""
        self.held = False
        """Whether the limit of events in an hour has been reached, and not been left well behind."""

    @property
    def left(self) -> tuple[float, ...]:
        """What is left of each."""
        return tuple(rate.left for rate in self._rates)

    def resume(self, before: "Limits") -> None:
        """Go on from what was left under another configuration: a reload is no rest."""
        # The last one, of looks, is not always there.
        for rate, tokens in zip(self._rates, before.left, strict=False):
            rate.resume(tokens)
        self.held = before.held

    def wait_s(self, *, introduced: bool) -> float:
        """How long the next record must wait, at most `LONGEST_WAIT_S` at a time.

        Only who has yet to say hello waits for the turn of a hello.
        """
        events_s = self._events.wait_s()
        if events_s > 0:
            self.held = True
        elif self._events.left >= EVENTS_AT_EASE:
            self.held = False
        waits_s = [events_s, *(rate.wait_s() for rate in (*self._counted, *self._weighed))]
        if not introduced:
            waits_s.append(self._starts.wait_s())
        return min(max(waits_s), LONGEST_WAIT_S)

    def record(self, size: int) -> None:
        """A record of so many bytes came, whatever it is."""
        for rate in self._counted:
            rate.spend()
        for rate in self._weighed:
            rate.spend(size)

    def event(self, count: int) -> None:
        """It was an event, or more than one."""
        self._events.spend(count)

    def start(self) -> bool:
        """It was a hello; whether it may pass now, where it has not waited for its turn."""
        early = self._starts.wait_s() > 0
        self._starts.spend()
        return not early

    def report(self) -> bool:
        """Whether one more health report may pass."""
        return self._reports.allows()

    def look(self) -> bool:
        """Whether one more look may pass to the live feed."""
        return self._looks is not None and self._looks.allows()
