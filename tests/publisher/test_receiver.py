"""The publisher's end of the wall, with a vision half that does as it likes."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.waiting import wait_until

from edgecam import link
from edgecam.link import PROTOCOL, Committed, Hello, Numbered, Refused, Tables, Welcome
from edgecam.messages import UNKNOWN, CameraState, RegionState, Sighting, VisionHealth
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.receiver import RECORDS_AT_ONCE, Receiver

TABLES = Tables(("door", "yard"), ("cat", "dog", "animals"), "0123456789abcdef")
RUN = 42


class Publisher:
    """A receiver on a socket in a folder, with its outbox and monitor."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "wall")
        self.outbox = Outbox(folder / "q.db", max_events=1000, max_mb=4, max_age_days=30)
        self.monitor = VisionMonitor(len(TABLES.regions), 30.0)
        self.receiver = Receiver(
            listener=link.listen(self.path),
            wall=None,
            outbox=self.outbox,
            monitor=self.monitor,
            tables=TABLES,
            model_name="model",
            on_news=lambda: None,
        )
        self.receiver.start(lambda: None)

    def close(self) -> None:
        self.receiver.stop()
        assert self.receiver.join(5.0)
        assert self.receiver.failure is None
        self.outbox.close()

    @property
    def stored(self) -> list[tuple[str, str | None]]:
        return [(row.event.event_type, row.event.label) for row in self.outbox.after(0, 1000)]


class Wall:
    """A vision half's end, blocking, with a deadline."""

    def __init__(self, path: str) -> None:
        self.socket = link.connect(path)
        self.socket.settimeout(5.0)

    def send(self, *records: link.FromVision) -> None:
        for record in records:
            self.socket.send(link.encode(record))

    def answer(self) -> link.FromPublisher:
        return link.decode_from_publisher(self.socket.recv(512))

    def hello(self, run: int = RUN) -> link.FromPublisher:
        self.send(Hello(PROTOCOL, run, TABLES.fingerprint))
        return self.answer()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    made = Publisher(tmp_path)
    yield made
    made.close()


@pytest.fixture
def wall(publisher: Publisher) -> Iterator[Wall]:
    made = Wall(publisher.path)
    yield made
    made.socket.close()


def sighting(label: int = 0, region: int = 0) -> Sighting:
    now_ns = time.monotonic_ns()
    return Sighting(
        appeared=True,
        region=region,
        label=label,
        confidence=900,
        appearance=1,
        start_ns=now_ns,
        at_ns=now_ns,
    )


def test_committed_is_said_only_of_what_is_on_disk(publisher: Publisher, wall: Wall) -> None:
    assert wall.hello() == Welcome(0)
    wall.send(Numbered(1, sighting(0)), Numbered(2, sighting(2)))
    counter = 0
    while counter < 2:
        answer = wall.answer()
        assert isinstance(answer, Committed)
        counter = answer.counter
        assert publisher.outbox.committed(RUN) >= counter
    assert publisher.stored == [("appeared", "cat"), ("appeared", "animals")]


def test_a_resend_after_a_reconnect_is_stored_once(publisher: Publisher, wall: Wall) -> None:
    wall.hello()
    wall.send(Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    wall.socket.close()
    again = Wall(publisher.path)
    assert again.hello() == Welcome(1)
    again.send(Numbered(1, sighting()), Numbered(2, sighting(1)))
    wait_until(lambda: publisher.outbox.committed(RUN) == 2, 5.0)
    assert publisher.stored == [("appeared", "cat"), ("appeared", "dog")]
    again.socket.close()


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x00" * 256,
        b"\xff" * 300,
        link.encode(Numbered(1, sighting(label=3))),
        link.encode(Numbered(1, sighting(region=2))),
        link.encode(RegionState(0, 3, 0, 0)),
        link.encode(Committed(1)),
        msgspec.msgpack.encode(["event", 1, ["sighting", True, 0, 0, 1001, 1, 0, 0]]),
        msgspec.msgpack.encode(["event", 0, ["camera", 0, 0]]),
        msgspec.msgpack.encode(["event", 1, ["camera", 99, 0]]),
        msgspec.msgpack.encode(["event", 1, ["sighting", True, 0, 0, 1, 1, 0, 0], "more"]),
        msgspec.msgpack.encode(["health", -1, 0, 0, 0, 0, 0, 0]),
        msgspec.msgpack.encode({"event": 1}),
    ],
    ids=lambda packet: packet[:12].hex() or "empty",
)
def test_what_is_not_of_the_schema_is_refused_and_counted(
    publisher: Publisher, wall: Wall, packet: bytes
) -> None:
    wall.hello()
    if packet:  # an empty packet cannot be told from a closed wall, and ends the connection
        wall.socket.send(packet)
        wait_until(lambda: publisher.monitor.refused == 1, 5.0)
        wall.send(Numbered(1, sighting()))
        assert wall.answer() == Committed(1)
    else:
        wall.socket.send(packet)
        with contextlib.suppress(ConnectionError):
            assert wall.socket.recv(512) == b""
    assert publisher.receiver.failure is None


def test_nothing_is_taken_before_hello(publisher: Publisher, wall: Wall) -> None:
    wall.send(Numbered(1, sighting()), RegionState(0, 0, 900, 1))
    wait_until(lambda: publisher.monitor.refused == 2, 5.0)
    assert publisher.stored == []
    assert publisher.monitor.states == [None, None]


def test_other_tables_or_another_protocol_are_refused_with_a_reason(publisher: Publisher) -> None:
    for hello in (
        Hello(PROTOCOL, RUN, "f" * 16),
        Hello(PROTOCOL + 1, RUN, TABLES.fingerprint),
    ):
        other = Wall(publisher.path)
        other.send(hello)
        answer = other.answer()
        assert isinstance(answer, Refused)
        assert "restart both halves" in answer.reason
        assert other.socket.recv(512) == b""
        other.socket.close()


def test_a_second_vision_half_is_turned_away_and_the_first_goes_on(
    publisher: Publisher, wall: Wall
) -> None:
    wall.hello()
    second = Wall(publisher.path)
    assert isinstance(second.answer(), Refused)
    second.socket.close()
    wall.send(Numbered(1, sighting()))
    assert wall.answer() == Committed(1)


def test_states_and_health_reach_the_monitor(publisher: Publisher, wall: Wall) -> None:
    wall.hello()
    state = RegionState(1, 1, 700, 5)
    health = VisionHealth(10_000, 100, 1, 2, 3, 4_000, 5_000)
    wall.send(state, health)
    wait_until(lambda: publisher.monitor.up, 5.0)
    assert publisher.monitor.states == [None, state]
    assert publisher.monitor.health == health
    wall.socket.close()
    wait_until(lambda: not publisher.monitor.up, 5.0)
    publisher.monitor.forget_states()
    shown = publisher.monitor.states[1]
    assert shown is not None
    assert shown.label == UNKNOWN


def test_restarts_of_the_vision_half_are_counted(publisher: Publisher) -> None:
    for run in (1, 1, 2, 3):
        end = Wall(publisher.path)
        end.hello(run)
        end.socket.close()
        wait_until(lambda: not publisher.monitor._connected, 5.0)
    assert publisher.monitor.restarts == 2


def test_the_camera_is_an_event_only_when_it_changes(publisher: Publisher) -> None:
    """Each run says how its camera is; a restart loop must not flood anybody."""
    at_ns = time.monotonic_ns()
    runs = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 0), (6, 0)]
    for run, trouble in runs:
        end = Wall(publisher.path)
        end.hello(run)
        end.send(Numbered(1, CameraState(trouble, at_ns)))
        assert end.answer() == Committed(1)
        end.socket.close()
    assert [kind for kind, _ in publisher.stored] == [
        "camera_trouble",
        "camera_trouble",
        "camera_ok",
    ]
    reasons = [row.event.reason for row in publisher.outbox.after(0, 10)]
    assert reasons == ["missing", "stalled", None]


def test_a_flood_of_garbage_is_one_line_in_the_log_now_and_then(
    publisher: Publisher, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    wall.hello()
    for _ in range(150):
        wall.socket.send(b"garbage")
    wait_until(lambda: publisher.monitor.refused == 150, 10.0)
    assert 1 <= caplog.text.count("record refused") <= 8


def test_a_vision_half_is_held_to_a_rate_and_loses_nothing_by_it(
    publisher: Publisher, wall: Wall
) -> None:
    wall.hello()
    count = RECORDS_AT_ONCE + 40
    started_s = time.monotonic()
    for number in range(1, count + 1):
        wall.send(Numbered(number, sighting()))
    wait_until(lambda: publisher.outbox.committed(RUN) == count, 20.0)
    # What is above the first rush took its time: 40 records at 20 a second.
    assert time.monotonic() - started_s >= 1.5
    assert publisher.monitor.refused == 0


def test_a_second_hello_is_refused_and_changes_nothing(publisher: Publisher, wall: Wall) -> None:
    wall.hello()
    wall.send(Hello(PROTOCOL, RUN + 1, TABLES.fingerprint), Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    assert publisher.monitor.refused == 1
    assert publisher.outbox.committed(RUN) == 1
    assert publisher.outbox.committed(RUN + 1) == 0


@pytest.mark.parametrize(("start_s", "at_s"), [(0, 3600), (1, -1), (-1, 3600)])
def test_times_that_cannot_be_are_refused(
    publisher: Publisher, wall: Wall, start_s: int, at_s: int
) -> None:
    wall.hello()
    now_ns = time.monotonic_ns()
    event = msgspec.structs.replace(
        sighting(), start_ns=now_ns + start_s * 10**9, at_ns=now_ns + at_s * 10**9
    )
    wall.send(Numbered(1, event), RegionState(0, 0, 900, now_ns + 3600 * 10**9))
    wait_until(lambda: publisher.monitor.refused == 2, 5.0)
    assert publisher.stored == []
    assert publisher.monitor.states[0] is None


def test_the_socket_is_for_our_group_only(publisher: Publisher) -> None:
    assert Path(publisher.path).stat().st_mode & 0o777 == 0o660
    assert isinstance(publisher.receiver._listener, socket.socket)
