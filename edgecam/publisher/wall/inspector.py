"""Judges the records of the vision half: what may not be is refused and counted.

What is sound goes where it belongs: reports, looks and answers to the publisher's other thread,
events into the batch that is committed next.
"""

import logging
import time

import msgspec

from edgecam.link import FromVision, Hello, Numbered, Tables
from edgecam.messages import Explanation, Look, VisionHealth
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.wall.intake import Intake
from edgecam.publisher.wall.limits import Limits

TICK_NS = 10**6
"""What an event's time is told to; finer ones would be another way out."""
FRESH_S = 3600.0
OLD_TICK_NS = 60 * 10**9
"""Where it waited for longer than `FRESH_S`: after a long rest there would be many to choose from."""

_log = logging.getLogger(__name__)


class Inspector:
    """Looks at every record after hello; for one thread."""

    def __init__(
        self, tables: Tables, limits: Limits, monitor: VisionMonitor, control: Control
    ) -> None:
        self.tables = tables
        """What the indices of the present peer stand for."""
        self.limits = limits
        self.batch: list[Numbered] = []
        """Events that are sound and not committed yet, in order."""
        self._monitor = monitor
        self._control = control
        self._latest_ns = 0  # over all runs: time does not run backwards at a restart either
        self._told_ns = 0  # what was made of it

    def inspect(self, record: FromVision, intake: Intake) -> bool:
        """Take a record in, or refuse it; whether the publisher's other thread has news."""
        value = record.event if isinstance(record, Numbered) else record
        if isinstance(value, VisionHealth):
            return self._report(value)
        if isinstance(value, Hello) or not self.tables.hold(value):
            self.refuse("an index that stands for nothing that may be reported")
        elif isinstance(value, Look):
            return self._look(value)
        elif isinstance(value, Explanation):
            return self._explanation(value)
        elif isinstance(record, Numbered):
            self._event(record, intake)
        return False

    def refuse(self, why: str) -> None:
        """Count what was refused, and say so now and then."""
        self._monitor.refused += 1
        if self._monitor.refused & (self._monitor.refused - 1) == 0:  # 1st, 2nd, 4th, 8th, …
            _log.warning("record refused: %s (%d so far)", why, self._monitor.refused)

    def _report(self, health: VisionHealth) -> bool:
        if not self.limits.report():
            self.refuse("a report too many")
            return False
        self._monitor.report(health)
        return True

    def _look(self, look: Look) -> bool:
        if not self.limits.look():
            self.refuse("a look that the live feed has no room for")
            return False
        most = msgspec.structs.replace(look, top=look.top[: self.limits.top_k])
        self._monitor.look(most, self.tables.labels)
        return True

    def _explanation(self, explanation: Explanation) -> bool:
        if not self._control.answer(explanation):
            self.refuse("an answer to no question")
            return False
        return True

    def _event(self, record: Numbered, intake: Intake) -> None:
        at_ns, now_ns = record.event.at_ns, time.monotonic_ns()
        if record.counter <= intake.stored:
            return  # it came again after an answer that was lost
        if not self._latest_ns <= at_ns <= now_ns:
            self.refuse("a time that cannot be")
        elif not intake.possible(record):
            self.refuse("a number that cannot be")
        else:
            before = self.batch[-1].counter if self.batch else intake.stored
            self.limits.event(2 if record.counter > before + 1 else 1)  # a gap is an event too
            self._latest_ns = at_ns
            self._told_ns = max(self._told_ns, _in_ticks(at_ns, now_ns))
            event = msgspec.structs.replace(record.event, at_ns=self._told_ns)
            self.batch.append(Numbered(record.counter, event))


def _in_ticks(at_ns: int, now_ns: int) -> int:
    """A time, as exactly as it may be told."""
    if now_ns - at_ns > FRESH_S * 1e9:
        return at_ns // OLD_TICK_NS * OLD_TICK_NS
    return (at_ns + TICK_NS // 2) // TICK_NS * TICK_NS
