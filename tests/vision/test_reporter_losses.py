"""Where too many events wait for a publisher, some are lost, and none of them unnoticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.peer import Peer, Publisher
from support.quiet_half import QuietHalf

from edgecam.link import Committed, Numbered
from edgecam.messages import Sighting
from edgecam.vision import attempts
from edgecam.vision.pending import MAX_PENDING
from edgecam.vision.reporter import Reporter


def sighting(number: int) -> Sighting:
    return Sighting(appeared=True, region=0, label=number % 1000, confidence=500, at_ns=number)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    made = Publisher(tmp_path / "wall")
    yield made
    made.end()


@pytest.fixture
def overflowing(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    """A reporter that had 25 events more than it keeps before it could connect."""
    monkeypatch.setattr(attempts, "RECONNECT_S", 0.02)
    reporter = Reporter(publisher.connect, "0" * 16, QuietHalf(), 60)
    for number in range(1, MAX_PENDING + 26):
        reporter.report(sighting(number))
    reporter.start(lambda: None)
    yield reporter
    reporter.stop()
    assert reporter.join(5)


def drain(peer: Peer) -> list[Numbered]:
    """Commit whatever comes until nothing more does."""
    events = []
    while (record := peer.receive(0.3)) is not None:
        assert isinstance(record, Numbered)
        events.append(record)
        peer.send(Committed(record.counter))
    return events


def test_of_too_many_events_the_oldest_are_lost_and_their_numbers_are_missed(
    publisher: Publisher, overflowing: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    peer = publisher.accept()
    peer.greet()
    kept = range(26, MAX_PENDING + 26)
    assert drain(peer) == [Numbered(number, sighting(number)) for number in kept]
    assert overflowing.flush(5) == 0
    said = [record.getMessage() for record in caplog.get_records("setup")]
    assert said == ["no publisher for too long: event 1 is lost"]


def test_what_was_on_the_wall_and_is_lost_since_is_missed_as_well(
    publisher: Publisher, overflowing: Reporter
) -> None:
    first = publisher.accept()
    first.greet()
    received = len(first.receive_all())
    first.wall.close()
    for number in range(MAX_PENDING + 26, 2 * MAX_PENDING + 26):
        overflowing.report(sighting(number))
    second = publisher.accept()
    second.greet(25 + received)
    events = drain(second)
    assert [record.counter for record in events] == list(
        range(MAX_PENDING + 26, 2 * MAX_PENDING + 26)
    )
