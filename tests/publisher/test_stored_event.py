"""Events as the queue keeps them: what is damaged is refused, and cannot spoil what comes after."""

import msgspec
import pytest

from edgecam.publisher import stored_event
from edgecam.publisher.stored_event import happened

MOST = 2**53


@pytest.mark.parametrize("count", [-1, MOST + 1, 2**64 - 1])
@pytest.mark.parametrize("field", ["count", "first_seq", "last_seq"])
def test_a_number_that_cannot_be_is_damage(field: str, count: int) -> None:
    loss = msgspec.structs.asdict(happened("loss", reason="queue_full")) | {field: count}

    assert stored_event.decode(msgspec.msgpack.encode(loss)) is None


def test_a_loss_of_losses_can_be_stored_whatever_they_count() -> None:
    loss = happened("loss", reason="queue_full", count=MOST, first_seq=1, last_seq=2)

    lost = stored_event.loss_of([(3, loss), (4, loss), (5, happened("camera_ok"))], "queue_full")

    assert (lost.count, lost.first_seq, lost.last_seq) == (MOST, 1, 5)
    assert stored_event.decode(stored_event.encode(lost)) == lost
