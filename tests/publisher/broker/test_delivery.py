"""Delivery to real brokers: nothing leaves the queue before a broker has said that it took it."""

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from amqtt.broker import Broker
from paho.mqtt import publish
from support.fake_broker import FakeBroker, accept_client, read_to_end, receive
from support.mosquitto import Mosquitto, free_port
from support.publisher import Make, NewBroker, passwords, to
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.config import MqttOptions
from edgecam.messages import VisionHealth
from edgecam.publisher.broker import delivery, mqtt, retained
from edgecam.publisher.broker.mqtt import MAX_IN_FLIGHT, Connection
from edgecam.publisher.requests import REQUESTS_AT_ONCE
from edgecam.publisher.wall.presence import Shown


@pytest.mark.parametrize("protocol", ["auto", "5", "3.1.1"])
def test_a_backlog_arrives_complete_and_in_order_and_then_the_queue_is_empty(
    broker: Mosquitto, recorder: Recorder, make: Make, protocol: str
) -> None:
    publisher = make(to(broker, protocol=protocol))
    publisher.store(1, 500)
    publisher.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 500)
    assert [event["seq"] for event in recorder.events] == list(range(1, 501))
    assert [event["label"] for event in recorder.events] == [f"label {n}" for n in range(1, 501)]
    wait_until(lambda: publisher.waiting == 0, 10.0)


def test_no_more_is_in_flight_than_a_broker_takes(
    broker: Mosquitto, recorder: Recorder, make: Make
) -> None:
    """Checked inside: the broker may end a connection that has more in flight.

    Answers to requests come on top of a backlog, and still find their place.
    """
    publisher = make(to(broker), commands=["report"])
    publisher.store(1, 10_000)
    most = 0
    take = publisher.delivery._take_acknowledgements

    def counting(connection: Any) -> None:
        nonlocal most
        most = max(most, len(publisher.delivery._in_flight))
        take(connection)

    publisher.delivery._take_acknowledgements = counting  # type: ignore[method-assign]
    publisher.start()
    recorder.wait_for(lambda seen: len(seen.messages) > 100)
    request: list[Any] = [{"topic": "edgecam/test/request/report", "qos": 1}]
    publish.multiple(request * REQUESTS_AT_ONCE, "127.0.0.1", broker.port)
    recorder.wait_for(lambda seen: len(seen.on("/response/report")) == REQUESTS_AT_ONCE)
    wait_until(lambda: publisher.waiting == 0, 20.0)
    assert 1 < most <= MAX_IN_FLIGHT


def test_the_right_password_is_let_in(tmp_path: Path, make: Make, new_broker: NewBroker) -> None:
    broker = new_broker(f"allow_anonymous false\npassword_file {passwords(tmp_path)}\n")
    broker.start()
    recorder = Recorder(broker.port, "cam", "secret")
    publisher = make(to(broker, username="cam"), "secret")
    publisher.store(1, 2)
    publisher.start()
    recorder.wait_for(lambda seen: len(seen.events) == 2)
    recorder.close()


def test_a_broker_that_speaks_only_3_1_1_gets_everything(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """amqtt leaves an MQTT 5 client that has a will without an answer."""
    monkeypatch.setattr(mqtt, "ANSWER_TIMEOUT_S", 1.0)
    caplog.set_level("INFO", "edgecam")
    with amqtt() as port:
        recorder = Recorder(port)
        publisher = make(MqttOptions(broker=f"mqtt://127.0.0.1:{port}", protocol="auto"))
        publisher.store(1, 5)
        publisher.start()
        recorder.wait_for(lambda seen: len(seen.events) >= 5, 30.0)
        assert "trying MQTT 3.1.1" in caplog.text
        recorder.close()


def test_a_broker_that_was_restarted_is_told_everything_again(
    broker: Mosquitto, recorder: Recorder, make: Make
) -> None:
    publisher = make(to(broker))
    publisher.monitor.connected(1)
    publisher.monitor.show([Shown("dog", 700, time.monotonic_ns())])
    publisher.start()
    recorder.wait_for(lambda seen: seen.on("/state/door"))
    broker.stop()
    publisher.store(1, 1)
    broker.start()
    recorder.wait_for(lambda seen: len(seen.events) == 1, 30.0)
    again = ("/status", "/info", "/state/door")
    recorder.wait_for(lambda seen: all(len(seen.on(topic)) >= 2 for topic in again))
    assert recorder.statuses[-1] == "online"
    assert recorder.on("/state/door")[-1].json["label"] == "dog"


def test_health_follows_the_vision_half_at_once(
    broker: Mosquitto, recorder: Recorder, make: Make
) -> None:
    publisher = make(to(broker))
    publisher.start()
    recorder.wait_for(lambda seen: seen.on("/health"))
    assert recorder.on("/health")[-1].json["vision"]["up"] is False
    publisher.monitor.connected(1)
    publisher.monitor.report(
        VisionHealth(10_000, 90, 4, 3, 2, 5_000, 6_000, 7, 0b0011, asleep=False)
    )
    publisher.delivery.nudge()
    recorder.wait_for(lambda seen: seen.on("/health")[-1].json["vision"]["up"])
    health = recorder.on("/health")[-1].json
    assert health["vision"] == {
        "up": True,
        "fps": 10.0,
        "last_frame_age_s": 0.09,
        "restarts": 0,
        "dropped": 4,
        "unreadable": 2,
        "still": 7,
        "slowed": ["idle", "hot"],
        "asleep": False,
        "paused": False,
    }
    assert health["inference"] == {"p50_ms": 5.0, "p95_ms": 6.0, "skipped": 3}


def test_an_unchanged_state_is_said_once(broker: Mosquitto, recorder: Recorder, make: Make) -> None:
    publisher = make(to(broker))
    publisher.monitor.connected(1)
    state = Shown("cat", 700, time.monotonic_ns())
    publisher.monitor.show([state])
    publisher.start()
    recorder.wait_for(lambda seen: seen.on("/state/door"))
    for number in range(1, 20):
        publisher.monitor.show([state])
        publisher.store(number, number)
    recorder.wait_for(lambda seen: len(seen.events) == 19)
    assert len(recorder.on("/state/door")) == 1


def test_waiting_for_a_silent_broker_costs_nothing(make: Make) -> None:
    """A loop that spins would take tens of thousands of turns in this time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        publisher = make(MqttOptions(broker=f"mqtt://127.0.0.1:{server.getsockname()[1]}"))
        turns = 0
        step = publisher.delivery.step

        def counting() -> None:
            nonlocal turns
            turns += 1
            step()

        publisher.delivery.step = counting  # type: ignore[method-assign]
        publisher.start()
        silent, _ = server.accept()
        wait_until(lambda: turns >= 4, 10.0)
        started_s = time.monotonic()
        wait_until(lambda: time.monotonic() - started_s > 1.0, 5.0)
        assert turns < 50
        silent.close()


def test_a_publisher_alone_says_that_nobody_looks(
    broker: Mosquitto, recorder: Recorder, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the appliance retained before it was cut off must not stand for ever."""
    monkeypatch.setattr(retained, "VISION_GONE_S", 0.5)
    make(to(broker)).start()
    recorder.wait_for(lambda seen: seen.on("/state/door"))
    assert recorder.on("/state/door")[-1].json["label"] == "unknown"


class amqtt:  # noqa: N801  used as a context manager
    """An embedded amqtt broker on a free port."""

    def __init__(self) -> None:
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._broker: Any = None

    def __enter__(self) -> int:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(15.0)
        return self._port

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(15.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10.0)
        self._loop.close()

    async def _start(self) -> None:
        self._broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self._port}"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
            }
        )
        await self._broker.start()


def test_a_broker_that_acknowledges_nothing_is_left(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It answers pings, and so no keep alive notices."""
    monkeypatch.setattr(delivery, "ACKNOWLEDGE_TIMEOUT_S", 0.5)

    def behave(link: socket.socket) -> None:
        accept_client(link)
        read_to_end(link)

    fake = FakeBroker(behave)
    publisher = make(MqttOptions(broker=fake.url))
    publisher.store(1, 3)
    publisher.start()
    wait_until(lambda: fake.connections >= 2, 20.0)
    assert "has acknowledged nothing for 0.5 s" in caplog.text
    assert publisher.waiting == 3
    fake.close()


@pytest.mark.parametrize(("protocol", "answer"), [("5", b"\x00\x87"), ("3.1.1", b"\x80")])
def test_a_broker_that_does_not_let_us_hear_commands_is_told_of(
    protocol: mqtt.Protocol, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def behave(link: socket.socket) -> None:
        accept_client(link)
        _, body = receive(link)  # SUBSCRIBE
        link.sendall(bytes([0x90, 2 + len(answer)]) + body[:2] + answer)
        read_to_end(link)

    fake = FakeBroker(behave)
    connection = Connection(MqttOptions(broker=fake.url), None, "cam", protocol)
    connection.open()
    while not connection.connected:
        connection.poll(0.05)
    connection.subscribe("edgecam/test/request/pause")
    deadline_s = time.monotonic() + 10.0
    while "does not let us hear what we ask for" not in caplog.text:
        assert time.monotonic() < deadline_s
        connection.poll(0.05)
    connection.close()
    fake.close()
