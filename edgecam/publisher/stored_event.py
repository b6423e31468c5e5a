"""An event as it waits in the queue: everything its payload will need, in words, not indices."""

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edgecam.appliance import clock

EventType = Literal["appeared", "disappeared", "camera_trouble", "camera_ok", "loss"]

_MOST = 2**53
# A damaged number must not grow, in a sum of losses, beyond what can be stored.
Count = Annotated[int, Meta(ge=0, le=_MOST)]


class StoredEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event with everything its payload needs, so that a later configuration changes nothing.

    Monotonic times are of the boot `boot_id`; `at_wall_ns` is the wall clock's idea of `at_ns`
    when it was stored, for events that outlive their boot.
    """

    event_type: EventType
    boot_id: str
    at_ns: int
    at_wall_ns: int
    clock_synced: bool
    id: str | None = None
    region: str | None = None
    label: str | None = None
    confidence: int | None = None  # thousandths
    start_ns: int | None = None
    model: str | None = None
    reason: str | None = None
    value: int | None = None  # thousandths, of what the reason measures
    count: Count | None = None
    lost_epoch: str | None = None  # of the numbers below, where it is not the event's own
    first_seq: Count | None = None
    last_seq: Count | None = None


def happened(event_type: EventType, at_ns: int | None = None, **details: Any) -> StoredEvent:  # noqa: ANN401  the fields of StoredEvent
    """An event at a monotonic time of this boot; now, where none is given."""
    at_ns = time.monotonic_ns() if at_ns is None else at_ns
    return StoredEvent(
        event_type=event_type,
        boot_id=clock.boot_id(),
        at_ns=at_ns,
        at_wall_ns=clock.wall_ns(at_ns),
        clock_synced=clock.synchronized(),
        **details,
    )


def loss_of(
    dropped: Sequence[tuple[int, StoredEvent]], reason: str, lost_epoch: str | None = None
) -> StoredEvent:
    """The event that stands for dropped ones; a dropped loss counts what it stood for itself.

    `lost_epoch`: that of their numbers, where it is another than that of this event.
    """
    newest = max(dropped, key=lambda item: item[0])[1]
    count = sum((event.count or 0) if event.event_type == "loss" else 1 for _, event in dropped)
    return StoredEvent(
        event_type="loss",
        boot_id=newest.boot_id,
        at_ns=newest.at_ns,
        at_wall_ns=newest.at_wall_ns,
        clock_synced=newest.clock_synced,
        reason=reason,
        count=min(count, _MOST),
        lost_epoch=lost_epoch,
        first_seq=min(event.first_seq or seq for seq, event in dropped),
        last_seq=max(seq for seq, _ in dropped),
    )


def encode(event: StoredEvent) -> bytes:
    """The event as the queue keeps it."""
    return msgspec.msgpack.encode(event)


def decode(body: bytes) -> StoredEvent | None:
    """An event of the queue; None where it cannot be read."""
    try:
        return msgspec.msgpack.decode(body, type=StoredEvent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
