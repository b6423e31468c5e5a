"""Where too many events wait for a publisher, some are lost, and none of them uncounted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.peer import Peer, Publisher

from edgecam.link import Committed, Numbered
from edgecam.messages import Event, Lost, Sighting
from edgecam.vision import reporter as module
from edgecam.vision.reporter import MAX_PENDING, Reporter


def sighting(number: int) -> Sighting:
    return Sighting(
        appeared=True,
        region=0,
        label=number % 1000,
        confidence=500,
        appearance=number,
        start_ns=number,
        at_ns=number,
    )


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    made = Publisher(tmp_path / "wall")
    yield made
    made.end()


@pytest.fixture
def overflowing(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    """A reporter that had 25 events more than it keeps before it could connect."""
    monkeypatch.setattr(module, "RECONNECT_S", 0.02)
    reporter = Reporter(publisher.connect, "0" * 16, lambda: None, 60)
    for number in range(1, MAX_PENDING + 26):
        reporter.report(sighting(number))
    reporter.start(lambda: None)
    yield reporter
    reporter.stop()
    assert reporter.join(5)


def drain(peer: Peer) -> list[Event]:
    """Commit whatever comes until nothing more does."""
    events = []
    while (record := peer.receive(0.3)) is not None:
        assert isinstance(record, Numbered)
        events.append(record.event)
        peer.send(Committed(record.counter))
    return events


def losses(events: list[Event]) -> list[int]:
    return [event.count for event in events if isinstance(event, Lost)]


def test_of_too_many_events_the_oldest_are_counted_lost_in_one_event(
    publisher: Publisher, overflowing: Reporter
) -> None:
    peer = publisher.accept()
    peer.greet()
    events = drain(peer)
    assert events[:-1] == [sighting(number) for number in range(26, MAX_PENDING + 26)]
    assert losses(events) == [25]
    assert overflowing.flush(5)


def test_a_loss_that_is_lost_itself_still_counts(
    publisher: Publisher, overflowing: Reporter
) -> None:
    first = publisher.accept()
    first.greet()
    received = len(first.receive_all())
    first.send(Committed(25 + received))
    assert first.receive() is not None  # the answer was taken in, and the loss put in the queue
    first.wall.close()
    for number in range(MAX_PENDING + 26, 2 * MAX_PENDING + 26):
        overflowing.report(sighting(number))
    second = publisher.accept()
    second.greet(25 + received)
    events = drain(second)
    sightings = received + len([event for event in events if isinstance(event, Sighting)])
    assert sightings + sum(losses(events)) == 2 * MAX_PENDING + 25
