"""Who has to give way where the queue is too long, too large or too old, and what is told of it."""

import itertools
from dataclasses import dataclass

from edgecam.publisher import stored_event
from edgecam.publisher.outbox.transaction import Row, Transaction

_DROP_SHARE = 100  # where the queue is too long, this part of it (1/100) gives way at once
_DROP_SHARE_OF_BYTES = 20  # more than one commit can bring: only whole pages become free again
_FULL_SHARE = 0.9  # of the bytes: what remains is for the commit at hand, and for the loss event
_EXPIRE_AT_ONCE = 10_000


@dataclass(frozen=True)
class Bounds:
    """How much may wait, and how long."""

    max_events: int
    max_bytes: int
    max_age_s: int


def make_room(transaction: Transaction, bounds: Bounds, coming: int) -> None:
    """Let the oldest give way, where so many events more would be too many."""
    excess, count = 0, transaction.state.count
    if count + coming > bounds.max_events:
        excess = count + coming - bounds.max_events + max(bounds.max_events // _DROP_SHARE, 1)
    if transaction.used_bytes > bounds.max_bytes * _FULL_SHARE:
        excess = max(excess, count // _DROP_SHARE_OF_BYTES + 1)
    if excess:
        _give_way(transaction, transaction.oldest(excess), "queue_full")


def expire(transaction: Transaction, bounds: Bounds) -> None:
    """Let go what has waited too long."""
    born_before_s = transaction.clock_s - bounds.max_age_s
    rows = itertools.takewhile(
        lambda row: row.born_s < born_before_s, transaction.oldest(_EXPIRE_AT_ONCE)
    )
    _give_way(transaction, list(rows), "queue_expired")


def _give_way(transaction: Transaction, rows: list[Row], reason: str) -> None:
    for epoch, group in itertools.groupby(rows, key=lambda row: row.epoch):
        gone = list(group)
        other = None if epoch == transaction.state.epoch else epoch
        transaction.delete([(gone[0].place, gone[-1].place)])
        dropped = [(row.seq, row.event) for row in gone]
        transaction.state.lost += sum(event.event_type != "loss" for _, event in dropped)
        transaction.add(stored_event.loss_of(dropped, reason, other))
