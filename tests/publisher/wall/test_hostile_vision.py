"""Row 46 of the fault catalogue: a hostile vision half.

Random, oversize, out-of-range, out-of-turn and too-fast records over a real socket: each is
refused and counted, the rate is held, the publisher lives, and nothing of it is in the outbox.
"""

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.receiving import ANIMALS, CAT, DOG, RUN, SECRET, Receiving, VisionEnd, sighting
from support.waiting import wait_until

from edgecam import link
from edgecam.errors import LinkError
from edgecam.link import PROTOCOL, Committed, FromPublisher, FromVision, Hello, Numbered, Welcome
from edgecam.messages import CameraState, Explanation, Look, Scored, Tally, VisionHealth
from edgecam.publisher.wall import inspector, limits
from edgecam.publisher.wall import receiver as module
from edgecam.publisher.wall.intake import MAX_GAP

HEALTH = VisionHealth(10_000, 100, 1, 2, 3, 4_000, 5_000, 6, 0, asleep=False)
UNLIMITED = 3_600_000  # what refuses is to be seen, not what holds back


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Receiving]:
    made = Receiving(tmp_path, events_per_hour=UNLIMITED)
    yield made
    made.close()


@pytest.fixture
def wall(publisher: Receiving) -> Iterator[VisionEnd]:
    made = VisionEnd(publisher)
    yield made
    made.close()


def still_takes_events(publisher: Receiving, wall: VisionEnd) -> bool:
    """Whether the next event of the same peer is stored, and nothing else was."""
    wall.send(Numbered(1, sighting()))
    return wall.answer() == Committed(1) and publisher.stored == [("appeared", "cat")]


NONSENSE = {
    "zeros": b"\x00" * 256,
    "oversize": b"\xff" * 300,
    "a picture": b"\xff\xd8\xff\xe0" + b"pixels" * 10_000,
    "a label that is none": link.encode(Numbered(1, sighting(ANIMALS + 1))),
    "a label in a group": link.encode(Numbered(1, sighting(2))),
    "a label that may not be reported": link.encode(Numbered(1, sighting(SECRET))),
    "a region that is none": link.encode(Numbered(1, sighting(region=2))),
    "the publisher's words": link.encode(Committed(1)),
    "surer than sure": msgspec.msgpack.encode(["event", 1, ["sighting", True, 0, 0, 1001, 1]]),
    "number zero": msgspec.msgpack.encode(["event", 0, ["camera", 0, 0]]),
    "an unknown trouble": msgspec.msgpack.encode(["event", 1, ["camera", 99, 0]]),
    "one field more": msgspec.msgpack.encode(["event", 1, ["camera", 0, 0], "more"]),
    "less than nothing": msgspec.msgpack.encode(["health", -1, 0, 0, 0, 0, 0, 0]),
    "a map": msgspec.msgpack.encode({"event": 1}),
    "a text": msgspec.msgpack.encode(["event", 1, ["sighting", True, 0, "cat", 1, 1]]),
    "too great a gap": link.encode(Numbered(MAX_GAP + 1, sighting())),
    "an hour from now": link.encode(
        Numbered(1, sighting(at_ns=time.monotonic_ns() + 3600 * 10**9))
    ),
    "a look while live is off": link.encode(Look(0, (Scored(CAT, 1),))),
    "an answer to no question": link.encode(Explanation(1, 0, 0, ())),
    "a tally of what may not be reported": link.encode(
        Explanation(1, 0, 0, (Tally(SECRET, 1, 0, 0, True),))  # noqa: FBT003  present
    ),
}


@pytest.mark.parametrize("packet", NONSENSE.values(), ids=NONSENSE)
def test_what_may_not_be_is_refused_and_counted(
    publisher: Receiving, wall: VisionEnd, packet: bytes
) -> None:
    wall.hello()
    wall.socket.send(packet)
    wait_until(lambda: publisher.refused == 1)
    assert still_takes_events(publisher, wall)
    assert publisher.monitor.looks() == []
    assert publisher.control.answers() == []


def test_an_empty_packet_cannot_be_told_from_the_end(publisher: Receiving, wall: VisionEnd) -> None:
    wall.hello()
    wall.socket.send(b"")
    assert wall.cut_off
    again = VisionEnd(publisher)
    again.hello()
    assert still_takes_events(publisher, again)
    again.close()


def test_nothing_is_taken_before_hello(publisher: Receiving, wall: VisionEnd) -> None:
    wall.send(Numbered(1, sighting()), HEALTH, Look(0, ()), Explanation(1, 0, 0, ()))
    wait_until(lambda: publisher.refused == 4)
    assert publisher.stored == []
    assert publisher.monitor.health is None
    assert publisher.monitor.shown == [None, None]


def test_who_never_says_hello_is_cut_off(
    publisher: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELLO_TIMEOUT_S", 0.2)
    silent = VisionEnd(publisher)
    assert silent.cut_off
    assert publisher.refused == 1
    good = VisionEnd(publisher)
    good.hello()
    time.sleep(0.3)  # whoever has said hello may be silent as long as it likes
    assert still_takes_events(publisher, good)
    silent.close()
    good.close()


def test_who_comes_without_a_hello_does_not_put_off_what_its_going_shows(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    wall.close()
    wait_until(lambda: publisher.monitor.gone_s > 0.2)
    VisionEnd(publisher).close()
    later = VisionEnd(publisher)
    later.socket.send(b"garbage")
    wait_until(lambda: publisher.refused == 1)  # the one before has gone
    assert publisher.monitor.gone_s > 0.2
    later.close()


def test_who_talks_without_a_hello_is_cut_off_as_well(
    publisher: Receiving, wall: VisionEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELLO_TIMEOUT_S", 0.3)
    with pytest.raises(OSError, match=r"."):  # noqa: PT012  until it is cut off
        for _ in range(1000):
            wall.socket.send(b"garbage")
            time.sleep(0.01)
    assert publisher.stored == []


def test_a_hello_of_another_run_on_the_same_wall_is_refused(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    wall.send(Hello(PROTOCOL, RUN + 1, publisher.tables.fingerprint, 0))
    wait_until(lambda: publisher.refused == 1)
    assert still_takes_events(publisher, wall)
    assert publisher.outbox.committed(RUN + 1) == 0
    assert publisher.monitor.restarts == 0


def test_time_may_not_run_backwards_not_even_after_a_restart_of_vision(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    late_ns = time.monotonic_ns()
    wall.send(Numbered(1, sighting(at_ns=late_ns)))
    assert wall.answer() == Committed(1)
    wall.send(Numbered(2, sighting(at_ns=late_ns - 1)))
    wait_until(lambda: publisher.refused == 1)
    wall.close()
    other = VisionEnd(publisher)
    other.hello(RUN + 1)
    other.send(
        Numbered(1, CameraState(1, 0, late_ns - 1, 0)), Numbered(2, CameraState(1, 0, late_ns, 0))
    )
    assert other.answer() == Committed(2)
    assert publisher.refused == 2
    kinds = [(event.event_type, event.count) for event in publisher.events]
    assert kinds == [("appeared", None), ("loss", 1), ("camera_trouble", None)]
    other.close()


def test_times_are_told_to_the_millisecond_and_old_ones_to_the_minute(
    publisher: Receiving, wall: VisionEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall.hello()
    now_ns = time.monotonic_ns()
    monkeypatch.setattr(inspector, "FRESH_S", 0.1)
    old_ns = now_ns - 10**9
    wall.send(Numbered(1, sighting(at_ns=old_ns)), Numbered(2, sighting(DOG, at_ns=old_ns + 1)))
    while publisher.outbox.committed(RUN) < 2:
        wall.answer()
    monkeypatch.setattr(inspector, "FRESH_S", 3600.0)
    wall.send(Numbered(3, sighting(DOG, at_ns=now_ns)))
    assert wall.answer() == Committed(3)
    told_ns = [event.at_ns for event in publisher.events]
    assert told_ns[0] == told_ns[1] == old_ns // (60 * 10**9) * 60 * 10**9
    assert told_ns[2] == round(now_ns, -6)


def test_a_flood_of_garbage_is_one_line_in_the_log_now_and_then(
    publisher: Receiving, wall: VisionEnd, caplog: pytest.LogCaptureFixture
) -> None:
    wall.hello()
    for _ in range(150):
        wall.socket.send(b"garbage")
    wait_until(lambda: publisher.refused == 150, 10.0)
    assert 1 <= caplog.text.count("record refused") <= 8
    assert "garbage" not in caplog.text


def flood(wall: VisionEnd, packet: bytes, seconds: float) -> int:
    """Send as much as the wall takes; how many packets that were. Answers are taken in."""
    wall.socket.settimeout(0)
    sent, until_s = 0, time.monotonic() + seconds
    while time.monotonic() < until_s:
        readable, writable, _ = select.select([wall.socket], [wall.socket], [], 0.1)
        if readable:
            wall.socket.recv(512)
        if writable:
            with contextlib.suppress(BlockingIOError):
                sent += bool(wall.socket.send(packet))
    return sent


@pytest.mark.parametrize("size", [1, 257])
def test_of_a_flood_no_more_is_read_than_the_rate_allows(tmp_path: Path, size: int) -> None:
    publisher = Receiving(tmp_path, events_per_hour=600)
    wall = VisionEnd(publisher)
    wall.hello()
    started_s = time.monotonic()
    sent = flood(wall, b"\xff" * size, 2.0)
    passed_s = time.monotonic() - started_s
    by_count = limits.RECORDS_AT_ONCE + limits.RECORDS_PER_S * passed_s
    by_weight = (limits.BYTES_AT_ONCE + limits.BYTES_PER_S * passed_s) / size
    assert 1 < publisher.refused <= min(by_count, by_weight) + 1 < sent
    assert publisher.stored == []
    wall.close()
    publisher.receiver.stop()
    assert publisher.receiver.join(2.0)  # it stops while it is held
    publisher.close()


def test_a_flood_of_hellos_is_held_to_a_rate_of_its_own(tmp_path: Path) -> None:
    publisher = Receiving(tmp_path, events_per_hour=600)
    wall = VisionEnd(publisher)
    hello = link.encode(Hello(PROTOCOL, RUN, publisher.tables.fingerprint, 0))
    welcomes, until_s = 0, time.monotonic() + 1.5
    wall.socket.settimeout(0.2)
    while time.monotonic() < until_s:
        wall.socket.send(hello)
        with contextlib.suppress(TimeoutError):
            welcomes += isinstance(wall.answer(), Welcome)
    assert welcomes == limits.STARTS_AT_ONCE
    assert publisher.monitor.restarts == 0
    wall.close()
    publisher.close()


def test_after_too_many_hellos_one_that_waits_a_little_is_let_in(tmp_path: Path) -> None:
    """As a vision half waits that was restarted often: 10 s, where a hello may come each 45 s."""
    publisher = Receiving(tmp_path)  # a hello each half second
    deadline_s = time.monotonic() + 20.0
    welcomed: list[FromPublisher] = []
    while len(welcomed) < limits.STARTS_AT_ONCE + 3:
        assert time.monotonic() < deadline_s, f"{len(welcomed)} were let in, and nobody since"
        with contextlib.suppress(LinkError, TimeoutError):
            wall = VisionEnd(publisher)
            wall.socket.settimeout(0.1)
            try:
                welcomed.append(wall.hello(run=len(welcomed)))
            finally:
                wall.close()
        time.sleep(0.01)
    publisher.close()


def test_reports_too_many_are_refused(publisher: Receiving, wall: VisionEnd) -> None:
    wall.hello()
    wall.send(*[HEALTH] * (limits.REPORTS_AT_ONCE + 5))
    wait_until(lambda: publisher.refused == 5)
    assert still_takes_events(publisher, wall)


def test_looks_too_many_are_refused(tmp_path: Path) -> None:
    publisher = Receiving(tmp_path, looks_per_s=0.1)
    wall = VisionEnd(publisher)
    wall.hello()
    wall.send(*[Look(0, (Scored(CAT, 1),))] * (limits.LOOKS_AT_ONCE + 5))
    wait_until(lambda: publisher.refused == 5)
    assert len(publisher.monitor.looks()) == 1
    wall.send(Look(0, (Scored(SECRET, 1),)))
    wait_until(lambda: publisher.refused == 6)
    assert publisher.monitor.looks() == []
    wall.close()
    publisher.close()


def test_of_a_look_no_more_passes_than_the_live_feed_is_set_to(tmp_path: Path) -> None:
    publisher = Receiving(tmp_path, looks_per_s=5.0, top_k=2)
    wall = VisionEnd(publisher)
    wall.hello()
    wall.send(Look(0, (Scored(CAT, 3), Scored(CAT, 2), Scored(CAT, 1))), Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    (seen,) = publisher.monitor.looks()
    assert seen.look.top == (Scored(CAT, 3), Scored(CAT, 2))
    wall.close()
    publisher.close()


def test_an_answer_is_taken_once_and_only_of_the_region_that_was_asked(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    number = publisher.control.ask(0)
    wall.answer()
    right, wrong = Explanation(number, 0, 1, ()), Explanation(number, 1, 1, ())
    wall.send(wrong, right, right, Explanation(number + 1, 0, 1, ()))
    wait_until(lambda: publisher.refused == 3)
    assert publisher.control.answers() == [right]


def test_who_takes_no_answers_is_cut_off_and_the_next_one_is_let_in(
    publisher: Receiving, wall: VisionEnd
) -> None:
    """A small buffer fills soon; hellos in between must not bring the dead wall back to life."""
    hello = link.encode(Hello(PROTOCOL, RUN, publisher.tables.fingerprint, 0))
    wall.hello()
    wait_until(lambda: publisher.receiver._wall is not None)
    end = publisher.receiver._wall
    assert end is not None
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    with contextlib.suppress(OSError):
        for number in range(1, 150):
            wall.send(Numbered(number, sighting()))
            wall.socket.send(hello)
    wait_until(lambda: not publisher.monitor._connected)
    assert publisher.receiver._intake is None
    other = VisionEnd(publisher)
    assert isinstance(other.hello(RUN + 1), Welcome)
    other.close()


PACKETS = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.sampled_from(list(NONSENSE.values())),
    st.builds(
        lambda packet, place, byte: packet[:place] + bytes([byte]) + packet[place + 1 :],
        st.sampled_from([link.encode(Numbered(1, sighting())), link.encode(HEALTH)]),
        st.integers(0, 12),
        st.integers(0, 255),
    ),
    st.builds(
        lambda counter, label, region, at_ns: link.encode(
            Numbered(counter, sighting(label, region, at_ns=at_ns))
        ),
        st.integers(1, 2**53),
        st.integers(0, 65_535),
        st.integers(0, 7),
        st.integers(0, 2**63 - 1),
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PACKETS, max_size=20), st.integers(0, 2**63 - 1))
def test_whatever_comes_the_publisher_lives_and_tells_only_what_may_be_told(
    publisher: Receiving, packets: list[bytes], run: int
) -> None:
    wall = VisionEnd(publisher)
    assert isinstance(wall.hello(run), Welcome)
    good: list[FromVision] = [HEALTH]
    for packet in [*packets, *map(link.encode, good)]:
        wall.socket.send(packet)
    wall.close()
    again = VisionEnd(publisher)
    assert isinstance(again.hello(run), Welcome)
    again.close()
    assert publisher.receiver.failure is None
    assert {label for _, label in publisher.stored} <= {None, "cat", "dog", "animals"}
    assert {event.region for event in publisher.events} <= {None, "door", "yard"}
    assert {event.event_type for event in publisher.events} <= {
        *("appeared", "disappeared", "camera_trouble", "camera_ok", "loss")
    }
