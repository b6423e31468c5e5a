"""Fault 38: a broker that sends what it should not. No crash, no memory, and the next one works."""

import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import fake_broker
from support.fake_broker import FakeBroker, accept_client, read_to_end
from support.mosquitto import Mosquitto
from support.proxy import Proxy
from support.publisher import Make
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker import attempts
from edgecam.publisher.broker.client import MAX_MESSAGE_BYTES, MAX_PACKET_BYTES
from edgecam.publisher.broker.mqtt import MAX_MESSAGES, Connection, Protocol

PROTOCOLS: list[Protocol] = ["5", "3.1.1"]
NewFake = Callable[[Callable[[socket.socket], None]], FakeBroker]


@pytest.fixture
def new_fake() -> Iterator[NewFake]:
    made: list[FakeBroker] = []

    def fake(behave: Callable[[socket.socket], None]) -> FakeBroker:
        made.append(FakeBroker(behave))
        return made[-1]

    yield fake
    for one in made:
        one.close()


def publish(topic: bytes, payload: bytes, *, qos: int = 0, protocol: str = "5") -> bytes:
    """A PUBLISH packet of less than 128 bytes."""
    body = struct.pack("!H", len(topic)) + topic
    body += b"\x00\x07" if qos else b""
    body += b"\x00" if protocol == "5" else b""
    body += payload
    return bytes([0x30 | qos << 1, len(body)]) + body


NONSENSE = {
    "noise": b"\xfe\xd0\x0f\xba\xad" * 40,
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "200 MB": b"\x30\x80\x84\xaf\x5f" + b"\x00" * 100_000,
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x7f",
    "a topic that is not UTF-8": publish(b"edgecam/\xff\xfe", b"x"),
    "a second CONNACK": fake_broker.CONNACK["5"],
    "CONNECT": b"\x10\x0c\x00\x04MQTT\x05\x00\x00\x14\x00\x00",
    "SUBSCRIBE": b"\x82\x06\x00\x01\x00\x01a\x00",
    "PINGREQ": b"\xc0\x00",
    "PUBREC of an event": b"\x50\x02\x00\x01",
    "PUBCOMP of an event": b"\x70\x02\x00\x01",
    "QoS 2": publish(b"edgecam/test/command", b"x", qos=2),
    "QoS 3": publish(b"edgecam/test/command", b"x", qos=3),
    "AUTH": b"\xf0\x00",
    "a PUBACK with a property of a CONNACK": b"\x40\x09\x00\x01\x00\x05\x27\x00\x00\x00\x05",
    "a packet that is cut off": b"\x30\x20\x00\x05abc",
}


@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("early", [False, True])
def test_fault_38_nonsense_ends_the_connection_and_the_next_broker_gets_everything(
    name: str,
    early: bool,  # noqa: FBT001  of the parameters
    broker: Mosquitto,
    make: Make,
    new_fake: NewFake,
    *,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(attempts, "NEXT_ADDRESS_S", 0.01)

    def behave(link: socket.socket) -> None:
        if early:
            link.sendall(NONSENSE[name])
        else:
            accept_client(link, NONSENSE[name])
        link.shutdown(socket.SHUT_WR)
        read_to_end(link)

    nonsense = new_fake(behave)
    publisher = make(MqttOptions(broker=nonsense.url, fallback_brokers=[broker.url]))
    publisher.store(1, 3)
    publisher.start()
    wait_until(lambda: publisher.waiting == 0, 10.0)
    assert nonsense.connections <= 2  # once with each version, where it came before the answer
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert nonsense.url in warnings[0]


def test_fault_38_a_corrupt_line_loses_nothing(
    broker: Mosquitto, recorder: Recorder, make: Make
) -> None:
    line = Proxy(broker.port)
    publisher = make(MqttOptions(broker=line.url))
    publisher.start()
    recorder.wait_for(lambda seen: seen.statuses == ["online"])
    line.corrupt = True
    publisher.store(1, 3)
    wait_until(lambda: line.connections >= 2, 10.0)
    line.corrupt = False
    wait_until(lambda: publisher.waiting == 0, 20.0)
    assert [event["seq"] for event in recorder.events[-3:]] == [1, 2, 3]
    line.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_fault_38_an_acknowledgement_of_nothing_is_nothing(
    protocol: Protocol, make: Make, new_fake: NewFake
) -> None:
    """Message 4242 was never sent, and 1 (the status) is acknowledged twice."""

    def behave(link: socket.socket) -> None:
        accept_client(link, b"\x40\x02\x10\x92", b"\x40\x02\x00\x01" * 2)
        read_to_end(link)

    fake = new_fake(behave)
    publisher = make(MqttOptions(broker=fake.url, protocol=protocol))
    publisher.store(1, 3)
    publisher.start()
    wait_until(lambda: len(publisher.delivery._in_flight) >= 3, 10.0)
    assert publisher.waiting == 3
    assert fake.connections == 1


def test_fault_38_a_huge_packet_is_not_waited_for(new_fake: NewFake) -> None:
    sent = 0

    def behave(link: socket.socket) -> None:
        nonlocal sent
        accept_client(link, b"\x30\x80\x84\xaf\x5f")
        while True:
            sent += link.send(bytes(65536))

    connection = connected(new_fake(behave), "3.1.1")
    with pytest.raises(BrokerError, match="a packet of 200000000 bytes is announced"):
        poll_for_ever(connection)
    connection.drop()
    assert sent < 2 * MAX_PACKET_BYTES


def test_fault_38_what_is_too_large_or_too_much_for_us_is_passed_over(new_fake: NewFake) -> None:
    large = b"\x00\x01a" + bytes(MAX_MESSAGE_BYTES + 1)
    length = len(large)
    head = bytes([0x30, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])

    def behave(link: socket.socket) -> None:
        accept_client(link, head + large)
        link.sendall(publish(b"a", b"b", protocol="3.1.1") * (MAX_MESSAGES + 5))
        read_to_end(link)

    connection = connected(new_fake(behave), "3.1.1")
    while connection.passed_over < 6:
        connection.poll(0.5)
    assert len(connection.messages) == MAX_MESSAGES
    assert connection.messages[0].payload == b"b"
    connection.drop()


def test_fault_38_what_we_owe_a_broker_that_does_not_read_is_bounded(new_fake: NewFake) -> None:
    """Each of its messages asks for an answer of ours, and none of those is ever taken."""

    def behave(link: socket.socket) -> None:
        accept_client(link)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while True:
            link.sendall(publish(b"a", b"b", qos=1) * 100)

    connection = connected(new_fake(behave))

    def stuck() -> bool:
        for _ in range(1000):
            connection.poll(0.01)
            if connection._client.want_write():
                return True
        return False

    wait_until(stuck, 20.0)
    came = len(connection.messages) + connection.passed_over
    for _ in range(100):
        connection.poll(0.001)
    assert len(connection.messages) + connection.passed_over == came
    assert len(connection._client._out_packet) == 1
    connection.drop()


def test_messages_without_acknowledgement_are_not_queued_for_a_slow_broker(
    new_fake: NewFake,
) -> None:
    done = threading.Event()

    def behave(link: socket.socket) -> None:
        accept_client(link)
        done.wait(10.0)

    connection = connected(new_fake(behave))
    sent = 0
    while connection.publish("live", bytes(1000), retain=False, qos=0):
        sent += 1
        assert sent < 10_000
    assert len(connection._client._out_packet) == 1
    assert connection.publish("live", b"x", retain=False, qos=0) == 0
    assert not connection.acknowledged
    connection.drop()
    done.set()


def test_an_mqtt_5_broker_is_told_how_much_we_take(broker: Mosquitto, recorder: Recorder) -> None:
    connection = Connection(MqttOptions(broker=broker.url), None, "", "5")
    connection.open()
    while not connection.connected:
        connection.poll(0.5)
    connection.subscribe("edgecam/test/command")
    connection.publish("edgecam/test/command", bytes(MAX_MESSAGE_BYTES), retain=False)
    connection.publish("edgecam/test/command", b"small", retain=False)
    while not connection.messages:
        connection.poll(0.5)
    assert connection.messages[0].payload == b"small"
    assert not connection.messages[0].retain
    assert connection.passed_over == 0
    recorder.wait_for(lambda seen: len(seen.on("/command")) == 2)
    connection.close()


@pytest.mark.parametrize(("protocol", "told"), [("5", True), ("3.1.1", False)])
def test_what_is_retained_is_told_of_a_message_that_comes_just_now(
    protocol: Protocol, broker: Mosquitto, *, told: bool
) -> None:
    """As far as the version of MQTT has a way to ask for it."""
    connection = Connection(MqttOptions(broker=broker.url), None, "", protocol)
    connection.open()
    while not connection.connected:
        connection.poll(0.5)
    connection.subscribe("edgecam/test/command")
    connection.poll(0.5)
    connection.publish("edgecam/test/command", b"{}", retain=True)
    while not connection.messages:
        connection.poll(0.5)
    assert connection.messages[0].retain is told
    connection.close()


@pytest.mark.parametrize("theirs_s", [0, 60_000])
def test_fault_31_a_broker_cannot_talk_us_out_of_the_keep_alive(
    theirs_s: int, new_fake: NewFake
) -> None:
    def behave(link: socket.socket) -> None:
        fake_broker.receive(link)
        link.sendall(b"\x20\x06\x00\x00\x03\x13" + struct.pack("!H", theirs_s))
        read_to_end(link)

    connection = connected(new_fake(behave))
    assert connection._client.keepalive == MqttOptions().keepalive_s
    connection.drop()


def test_fault_36_the_brokers_own_word_for_a_taken_client_id_is_understood(
    make: Make, new_fake: NewFake, caplog: pytest.LogCaptureFixture
) -> None:
    def behave(link: socket.socket) -> None:
        accept_client(link, b"\xe0\x01\x8e")
        read_to_end(link)

    publisher = make(MqttOptions(broker=new_fake(behave).url))
    publisher.store(1, 100)
    publisher.start()
    wait_until(lambda: publisher.delivery._attempts.client_id_taken, 5.0)
    wait_until(lambda: publisher.delivery._connection is None, 5.0)
    assert publisher.delivery._attempts.wait_s > 25.0
    assert "another client uses our client id, edgecam-test (mqtt.client_id)" in caplog.text


class Careless(Connection):
    """A connection whose own code fails when a message comes."""

    def _on_message(self, *_: object) -> None:
        raise RuntimeError("careless")


@pytest.mark.parametrize("qos", [0, 1])
def test_a_callback_that_raises_ends_the_connection_with_a_reason(
    qos: int, new_fake: NewFake
) -> None:
    def behave(link: socket.socket) -> None:
        accept_client(link, publish(b"a", b"b", qos=qos))
        read_to_end(link)

    connection = connected(new_fake(behave), kind=Careless)
    with pytest.raises(BrokerError, match="RuntimeError: careless"):
        poll_for_ever(connection)
    connection.drop()


def packets() -> st.SearchStrategy[bytes]:
    """Packets with a true length and anything in them."""
    return st.builds(
        lambda first, body: bytes([first, len(body)]) + body,
        st.integers(0, 255),
        st.binary(max_size=60),
    )


@settings(max_examples=400, deadline=None)
@given(
    nonsense=st.one_of(st.binary(max_size=300), st.lists(packets(), max_size=8).map(b"".join)),
    protocol=st.sampled_from(PROTOCOLS),
    early=st.booleans(),
)
def test_fault_38_any_bytes_end_in_a_broker_error_and_acknowledge_nothing_else(
    mouth: "Mouth",
    nonsense: bytes,
    protocol: Protocol,
    early: bool,  # noqa: FBT001  drawn
) -> None:
    mouth.words.put((nonsense, early))
    connection = Connection(MqttOptions(broker=mouth.url), None, "", protocol)
    connection.open()
    sent = {connection.publish("a", b"b", retain=False) for _ in range(3)}
    with pytest.raises(BrokerError):
        poll_for_ever(connection)
    acknowledged = [answer.mid for answer in connection.acknowledged]
    assert set(acknowledged) <= sent
    assert len(acknowledged) == len(set(acknowledged))
    connection.drop()


class Mouth(FakeBroker):
    """Says to each client what lies next in `words`, and then hangs up."""

    def __init__(self) -> None:
        self.words: queue.Queue[tuple[bytes, bool]] = queue.Queue()
        super().__init__(self._speak)

    def _speak(self, link: socket.socket) -> None:
        nonsense, early = self.words.get()
        if early:
            link.sendall(nonsense)
        else:
            accept_client(link, nonsense)
        link.shutdown(socket.SHUT_WR)
        read_to_end(link)


@pytest.fixture(scope="module")
def mouth() -> Iterator[Mouth]:
    made = Mouth()
    yield made
    made.close()


def connected(
    fake: FakeBroker, protocol: Protocol = "5", kind: type[Connection] = Connection
) -> Connection:
    """A connection to a fake that accepts it."""
    connection = kind(MqttOptions(broker=fake.url), None, "", protocol)
    connection.open()
    while not connection.connected:
        connection.poll(0.5)
    return connection


def poll_for_ever(connection: Connection) -> None:
    while True:
        connection.poll(0.5)
