"""Outboxes as tests of the queue make, fill and account for them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgecam.publisher.outbox import Outbox
from edgecam.publisher.outbox.queued import Queued
from edgecam.publisher.stored_event import StoredEvent, happened

RUN = 7


class Clock:
    """A monotonic clock that a test sets forward."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Queues:
    """Opens outboxes on one clock, and closes them whatever happens."""

    clock: Clock
    stack: contextlib.ExitStack

    def open(
        self, file: Path, *, max_events: int = 10_000, max_mb: int = 4, max_age_days: int = 30
    ) -> Outbox:
        """An outbox, open until the test ends."""
        outbox = Outbox(
            file,
            max_events=max_events,
            max_mb=max_mb,
            max_age_days=max_age_days,
            monotonic_s=self.clock,
        )
        self.stack.callback(outbox.close)
        return outbox

    def tidy_later(self, outbox: Outbox, after_s: float = 61.0) -> None:
        """Let the outbox do what is due after some time."""
        self.clock.now_s += after_s
        outbox.tidy()


@contextlib.contextmanager
def queues() -> Iterator[Queues]:
    """What a fixture yields."""
    with contextlib.ExitStack() as stack:
        yield Queues(Clock(), stack)


def sighting(label: str) -> StoredEvent:
    """An event of about the usual size."""
    return happened(
        "appeared",
        id="05bbfe88-0-2",
        region="scene",
        label=label,
        confidence=900,
        start_ns=5,
        model="efficientnet_lite0_int8",
    )


def fill(outbox: Outbox, first: int, last: int, *, at_once: int = 1) -> int:
    """Commit events called "label 1" and so on; what was said to be committed."""
    committed = 0
    for start in range(first, last + 1, at_once):
        counters = range(start, min(start + at_once, last + 1))
        committed = outbox.commit(RUN, [(n, sighting(f"label {n}")) for n in counters], {})
    return committed


def waiting(outbox: Outbox) -> list[Queued]:
    """Everything that waits."""
    return outbox.after(0, 1_000_000)


def labels(outbox: Outbox) -> list[str]:
    """The labels of the sightings that wait."""
    return [queued.event.label for queued in waiting(outbox) if queued.event.label is not None]


def told(outbox: Outbox) -> int:
    """How many events the losses that wait speak of."""
    return sum(queued.event.count or 0 for queued in waiting(outbox))


def trouble(outbox: Outbox) -> str:
    """What is wrong with the disk now."""
    return outbox.trouble


def check_account(outbox: Outbox, committed: int) -> None:
    """Every event either waits, in order, or is counted in a loss; no name stands for two."""
    found = waiting(outbox)
    numbers = [int(queued.event.label.split()[1]) for queued in found if queued.event.label]
    assert numbers == sorted(set(numbers))
    assert len(numbers) + told(outbox) == committed
    names = [(queued.epoch, queued.seq) for queued in found]
    assert len(names) == len(set(names))
    assert [queued.place for queued in found] == sorted(queued.place for queued in found)
