"""The judge: what a subscriber was told, held against what had been promised.

It knows the contract of docs/mqtt.md and nothing of the code that is under test. What was promised
comes from outside too: from the answers on the wall (`faults.tap`), or from whoever put the events
into the queue.
"""

import json
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from support.recorder import Received
from support.waiting import wait_until

from faults.series import Result

MAX_PAYLOAD_BYTES = 512
RECOVERY_S = 30.0  # a fresh event arrives within this time after healing

# A sighting as both the wall and the contract tell it: event type, monotonic seconds, confidence.
Fact = tuple[str, float, float]


class _Epoch:
    """What came under one epoch's numbers."""

    def __init__(self) -> None:
        self.events: dict[int, tuple[Any, ...]] = {}
        self.last = 0
        self.losses: list[tuple[int, int, int]] = []

    def unexplained(self) -> list[int]:
        """The numbers up to the highest that neither came nor stand in a `loss`."""
        missing = sorted(set(range(1, self.last + 1)) - self.events.keys())
        for first, last, count in self.losses:
            explained = [seq for seq in missing if first <= seq <= last]
            if len(explained) <= count:
                missing = [seq for seq in missing if not first <= seq <= last]
        return missing


class Judge:
    """Reads a list of messages that grows, and says what is wrong with it."""

    def __init__(
        self, messages: Sequence[Received], committed: Callable[[], Collection[Fact]]
    ) -> None:
        self.duplicated = 0
        self.recoveries_s: list[float] = []
        self._messages = messages
        self._heard = 0
        self._committed = committed
        self._epochs: dict[str, _Epoch] = {}
        self._facts: dict[Fact, tuple[str, int]] = {}
        self._healed_s: float | None = None
        self._problems: list[str] = []

    def catch_up(self) -> None:
        """Take in what has come since."""
        new = self._messages[self._heard :]
        self._heard += len(new)
        for message in new:
            if len(message.payload) > MAX_PAYLOAD_BYTES:
                self._problem(f"{len(message.payload)} bytes on {message.topic}")
            if message.topic.endswith("/event"):
                self._take(json.loads(message.payload), message.at_s)

    def healed(self) -> None:
        """From now on a fresh event can arrive; how long it takes is measured."""
        self._healed_s = time.monotonic()

    def recovered(self) -> bool:
        """Whether something that happened after the healing has come."""
        self.catch_up()
        return self._healed_s is None

    def wait_recovered(self) -> None:
        """Wait for the first event that happened after the healing."""
        wait_until(self.recovered, RECOVERY_S)

    def wait_settled(self, timeout_s: float = RECOVERY_S) -> None:
        """Wait until everything that was promised has come; what has not is lost."""
        try:
            wait_until(lambda: not self.missing(), timeout_s)
        except AssertionError:
            pass  # `result` counts it

    def missing(self) -> set[Fact]:
        """What was promised and has not come."""
        self.catch_up()
        return set(self._committed()) - self._facts.keys()

    @property
    def arrived(self) -> int:
        """How many different events have come."""
        self.catch_up()
        return sum(len(epoch.events) for epoch in self._epochs.values())

    def result(self, tried: int, figures: str = "", problems: Sequence[str] = ()) -> Result:
        """The verdict; whatever is wrong is a problem, and what never came is lost."""
        missing = self.missing()
        found = [*problems, *self._problems]
        gaps = 0
        for name, epoch in self._epochs.items():
            if unexplained := epoch.unexplained():
                gaps += len(unexplained)
                found.append(f"epoch {name} lacks {_some(unexplained)}")
        if missing:
            found.append(f"{len(missing)} promised events never came: {_some(sorted(missing))}")
        if not self._committed():
            found.append("nothing was promised, so nothing was shown")
        if self._healed_s is not None:
            found.append("no fresh event came after the last healing")
        worst_s = max(self.recoveries_s, default=None)
        if worst_s is not None and worst_s > RECOVERY_S:
            found.append(f"a fresh event took {worst_s:.0f} s, more than {RECOVERY_S:g} s")
        return Result(
            tried=tried,
            committed=len(self._committed()),
            lost=max(gaps, len(missing)),
            duplicated=self.duplicated,
            worst_recovery_s=worst_s,
            figures=figures,
            problems=tuple(found),
        )

    def _take(self, event: dict[str, Any], at_s: float) -> None:
        name, seq = event["epoch"], event["seq"]
        epoch = self._epochs.setdefault(name, _Epoch())
        # What does not change when an event is sent again.
        same = tuple(event.get(key) for key in ("event_type", "monotonic_s", "id", "count"))
        if seq in epoch.events:
            self.duplicated += 1
            if epoch.events[seq] != same:
                self._problem(f"{name}/{seq} names two events")
            return
        if seq < epoch.last:
            self._problem(f"{name}/{seq} came first after {epoch.last}")
        epoch.events[seq] = same
        epoch.last = max(epoch.last, seq)
        if event["event_type"] == "loss":
            bounds = event.get("first_seq", 0), event.get("last_seq", 0), event.get("count", 0)
            epoch.losses.append(bounds)
        elif "label" in event:
            self._take_fact((event["event_type"], event["monotonic_s"], event["confidence"]), event)
        if self._healed_s is not None and event["monotonic_s"] > self._healed_s:
            self.recoveries_s.append(at_s - self._healed_s)
            self._healed_s = None

    def _take_fact(self, fact: Fact, event: dict[str, Any]) -> None:
        place = event["epoch"], event["seq"]
        if self._facts.setdefault(fact, place) != place:
            self._problem(f"{fact} is stored twice: {self._facts[fact]} and {place}")

    def _problem(self, what: str) -> None:
        self._problems.append(what)


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:5])
    return f"{shown}, …" if len(values) > 5 else shown
