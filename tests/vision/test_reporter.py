"""Hello, events, commits and reconnects. What passes by is in test_reporter_passing.py."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
from support.descriptors import descriptors
from support.notifications import Notifications
from support.peer import Peer, Publisher
from support.quiet_half import QuietHalf
from support.waiting import wait_until

from edgecam import link
from edgecam.appliance import systemd
from edgecam.errors import LinkError
from edgecam.link import Committed, Hello, Numbered, Welcome
from edgecam.messages import CameraState, Sighting
from edgecam.vision import attempts
from edgecam.vision import reporter as module
from edgecam.vision.pending import MAX_UNCOMMITTED
from edgecam.vision.reporter import Reporter

TABLES = "0123456789abcdef"


def sighting(number: int) -> Sighting:
    return Sighting(appeared=True, region=0, label=number % 1000, confidence=500, at_ns=number)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "RECONNECT_S", 0.02)
    monkeypatch.setattr(attempts, "REFUSED_WAIT_S", 0.02)
    monkeypatch.setattr(attempts, "REFUSED_GRACE_S", 0.3)
    monkeypatch.setattr(module, "_SLICE_S", 0.05)


class Make(Protocol):
    """Makes a reporter that has events already when it starts, and ends it with the test."""

    def __call__(self, connect: Callable[[], socket.socket], events: int = 0) -> Reporter: ...


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Reporter] = []

    def start(connect: Callable[[], socket.socket], events: int = 0) -> Reporter:
        reporter = Reporter(connect, TABLES, QuietHalf(), 60)
        made.append(reporter)
        for number in range(1, events + 1):
            reporter.report(sighting(number))
        reporter.start(lambda: None)
        return reporter

    yield start
    for reporter in made:
        reporter.stop()
        assert reporter.join(5)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    made = Publisher(tmp_path / "wall")
    yield made
    made.end()


@pytest.fixture
def pair() -> Iterator[tuple[Callable[[], socket.socket], Peer]]:
    """A wall inside one process: it is there once."""
    vision, publisher = link.pair()
    walls = [vision]

    def connect() -> socket.socket:
        if not walls:
            msg = "there is no other wall"
            raise LinkError(msg)
        return walls.pop()

    yield connect, Peer(publisher)
    publisher.close()
    for wall in walls:
        wall.close()


Pair = tuple[Callable[[], socket.socket], Peer]


def counters(records: list[link.FromVision]) -> list[int]:
    return [record.counter for record in records if isinstance(record, Numbered)]


def test_hello_comes_first_and_nothing_before_the_welcome(make: Make, pair: Pair) -> None:
    connect, peer = pair
    reporter = make(connect)
    reporter.report(sighting(1))
    assert peer.receive() == Hello(link.PROTOCOL, reporter.run, TABLES, 0)
    assert peer.receive_all() == []
    peer.send(Welcome(0, paused=False))
    assert peer.receive() == Numbered(1, sighting(1))


def test_events_are_numbered_in_their_order_and_kept_until_committed(
    make: Make, pair: Pair
) -> None:
    connect, peer = pair
    reporter = make(connect)
    peer.greet()
    for number in (1, 2, 3):
        reporter.report(sighting(number))
    assert peer.receive_all() == [Numbered(number, sighting(number)) for number in (1, 2, 3)]
    peer.send(Committed(2))
    assert reporter.flush(0.1) > 0
    peer.send(Committed(3))
    assert reporter.flush(5) == 0
    assert peer.receive_all() == []


def test_flush_is_quick_with_nothing_to_wait_for_and_after_an_end(make: Make, pair: Pair) -> None:
    connect, peer = pair
    reporter = make(connect)
    assert reporter.flush(0) == 0
    reporter.report(sighting(1))
    assert reporter.flush(0.05) > 0
    peer.wall.send(b"garbage")
    wait_until(lambda: reporter.ended)
    assert reporter.flush(60) > 0


def test_no_more_is_on_the_wall_than_may_be_without_an_answer(make: Make, pair: Pair) -> None:
    connect, peer = pair
    reporter = make(connect)
    peer.greet()
    for number in range(1, 101):
        reporter.report(sighting(number))
    most = MAX_UNCOMMITTED
    assert counters(peer.receive_all()) == list(range(1, most + 1))
    peer.send(Committed(10))
    assert counters(peer.receive_all()) == list(range(most + 1, most + 11))
    peer.send(Committed(most + 10))
    assert counters(peer.receive_all()) == list(range(most + 11, 2 * most + 11))


def test_after_a_reconnect_only_what_is_not_committed_comes_again(
    make: Make, publisher: Publisher
) -> None:
    reporter = make(publisher.connect)
    first = publisher.accept()
    hello = first.greet()
    for number in range(1, 6):
        reporter.report(sighting(number))
    assert counters(first.receive_all()) == [1, 2, 3, 4, 5]
    first.send(Committed(2))
    first.wall.close()
    reporter.report(sighting(6))
    second = publisher.accept()
    again = second.greet(3)  # the third was committed, but the answer got lost
    assert again == msgspec.structs.replace(hello, committed=2)
    assert second.receive_all() == [Numbered(number, sighting(number)) for number in (4, 5, 6)]
    second.send(Committed(6))
    assert reporter.flush(5) == 0


def test_a_publisher_that_comes_late_gets_everything(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = []

    def connect() -> socket.socket:
        attempts.append(1)
        return link.connect(str(tmp_path / "wall"))

    with caplog.at_level(logging.WARNING):
        reporter = make(connect)
        reporter.report(sighting(1))
        wait_until(lambda: len(attempts) >= 3)
        reporter.report(sighting(2))
        said = [record.getMessage() for record in caplog.records]
    assert len([message for message in said if "no publisher listens there" in message]) == 1
    publisher = Publisher(tmp_path / "wall")
    try:
        peer = publisher.accept()
        peer.greet()
        assert counters(peer.receive_all()) == [1, 2]
    finally:
        publisher.end()


def test_systemd_is_told_of_a_publisher_that_is_waited_for(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "_waits", {"camera": "no camera"})
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    told = Notifications(tmp_path / "notify")
    make(lambda: link.connect(str(tmp_path / "wall")))
    waiting = "STATUS=no camera; waiting for the publisher: see edgecam-publisher.service"
    wait_until(lambda: told.heard == [waiting])
    publisher = Publisher(tmp_path / "wall")
    try:
        publisher.accept().greet()
        wait_until(lambda: told.heard == [waiting, "STATUS=no camera"])
    finally:
        publisher.end()
        told.close()


@pytest.mark.parametrize("greeted", [False, True])
def test_who_goes_on_refusing_ends_it(
    make: Make, publisher: Publisher, caplog: pytest.LogCaptureFixture, *, greeted: bool
) -> None:
    reporter = make(publisher.connect)
    if greeted:
        publisher.accept().greet()
        publisher.peers[-1].wall.close()
    attempts = 0
    while not reporter.ended:
        publisher.refuse("another version; restart both halves", 0.5)
        attempts += 1
    assert attempts > 2
    assert isinstance(reporter.failure, LinkError)
    assert str(reporter.failure) == "another version; restart both halves"
    assert caplog.text.count("the publisher refuses us") == 1
    reporter.report(sighting(1))  # the inference worker does not know yet


def test_who_refuses_for_a_while_is_tried_again_and_nothing_is_lost(
    make: Make, publisher: Publisher
) -> None:
    """The other half may be about to read the same configuration."""
    reporter = make(publisher.connect, 2)
    for _ in range(3):
        publisher.refuse("other tables", 2)
    peer = publisher.accept()
    peer.greet()
    assert counters(peer.receive_all()) == [1, 2]
    assert not reporter.ended


def test_a_welcome_ends_the_time_of_grace(make: Make, publisher: Publisher) -> None:
    reporter = make(publisher.connect, 1)
    for _ in range(2):
        publisher.refuse("not now", 2)
        peer = publisher.accept()
        peer.greet()
        assert counters(peer.receive_all(0.35)) == [1]
        peer.wall.close()
    assert not reporter.ended


def test_what_no_publisher_would_say_ends_it(make: Make, pair: Pair) -> None:
    connect, peer = pair
    reporter = make(connect)
    peer.wall.send(b"\x93garbage")
    wait_until(lambda: reporter.ended)
    assert isinstance(reporter.failure, LinkError)


def test_a_publisher_that_never_answers_hello_is_given_up(
    make: Make, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WELCOME_TIMEOUT_S", 0.2)
    make(publisher.connect)
    first = publisher.accept()
    assert isinstance(first.receive(), Hello)
    second = publisher.accept()  # raises TimeoutError where it does not come back
    assert isinstance(second.receive(), Hello)


def test_time_never_runs_backwards_on_the_wall(make: Make, pair: Pair) -> None:
    """Camera trouble is told by another thread, while a frame from before is being looked at."""
    connect, peer = pair
    reporter = make(connect)
    peer.greet()
    reporter.report(CameraState(1, 0, 50, 0))
    reporter.report(sighting(20))
    reporter.report(sighting(60))
    events = [record.event for record in peer.receive_all() if isinstance(record, Numbered)]
    assert [event.at_ns for event in events] == [50, 50, 60]


def test_many_threads_report_in_the_order_of_time(make: Make, pair: Pair) -> None:
    connect, peer = pair
    reporter = make(connect)

    def report() -> None:
        for _ in range(50):
            reporter.report(CameraState(0, 0, time.monotonic_ns(), 0))

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    peer.greet()
    events: list[Numbered] = []
    while len(events) < 200:
        record = peer.receive()
        assert isinstance(record, Numbered)
        events.append(record)
        peer.send(Committed(record.counter))
    assert counters([*events]) == list(range(1, 201))
    times_ns = [record.event.at_ns for record in events]
    assert times_ns == sorted(times_ns)


def test_closing_gives_every_descriptor_back() -> None:
    before = descriptors()
    vision, publisher = link.pair()
    reporter = Reporter(lambda: vision, TABLES, QuietHalf(), 60)
    reporter.start(lambda: None)
    Peer(publisher).greet()
    reporter.stop()
    assert reporter.join(5)
    publisher.close()
    assert descriptors() == before
    reporter.report(sighting(1))


def test_each_run_has_a_number_of_its_own() -> None:
    reporters = [Reporter(lambda: link.connect("/"), TABLES, QuietHalf(), 60) for _ in range(8)]
    assert len({reporter.run for reporter in reporters}) == 8
    assert all(0 <= reporter.run < 2**63 for reporter in reporters)
    for reporter in reporters:
        reporter.close()
