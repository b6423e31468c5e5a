"""An event that waits, as the delivery sees it."""

from dataclasses import dataclass

from edgecam.publisher.stored_event import StoredEvent


@dataclass(frozen=True)
class Queued:
    """An event, its place in the queue, and the name it has for ever: `(epoch, seq)`.

    `place` only grows along the queue; it is of use within this process alone.
    """

    place: int
    epoch: str
    seq: int
    event: StoredEvent
    boot_offset_ns: int | None = None
    """Wall clock minus monotonic clock of the event's boot, where that was ever known for sure."""
