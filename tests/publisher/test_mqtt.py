"""One connection: how it opens, what it says when it cannot, what it sends."""

import socket

import pytest
from support.mosquitto import Mosquitto, free_port

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.endings import ProtocolRefusedError
from edgecam.publisher.mqtt import Connection


def connected(options: MqttOptions) -> Connection:
    connection = Connection(options, None, "", "5")
    connection.open()
    while not connection.connected:
        connection.poll(0.5)
    return connection


def poll_often(connection: Connection) -> None:
    for _ in range(10):
        connection.poll(0.5)


def test_nobody_listening_is_one_clear_line() -> None:
    port = free_port()
    with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{port}: Connection refused"):
        connected(MqttOptions(broker=f"mqtt://127.0.0.1:{port}"))


@pytest.mark.parametrize("host", ["a..b", "no-such-host.invalid", "x" * 300])
def test_a_host_that_cannot_be_resolved_is_a_broker_error(host: str) -> None:
    with pytest.raises(BrokerError, match="no connection to"):
        connected(MqttOptions(broker=f"mqtt://{host}:1883"))


def test_a_lost_connection_is_noticed(broker: Mosquitto) -> None:
    connection = connected(MqttOptions(broker=broker.url))
    broker.stop()
    with pytest.raises(BrokerError, match=broker.url):
        poll_often(connection)


def test_a_message_is_acknowledged_by_its_id(broker: Mosquitto) -> None:
    connection = connected(MqttOptions(broker=broker.url))
    mid = connection.publish("edgecam/test/event", b"{}", retain=False)
    while not connection.acknowledged:
        connection.poll(0.5)
    answer = connection.acknowledged.popleft()
    assert (answer.mid, answer.refusal) == (mid, "")
    connection.close()


def test_a_glitch_before_the_brokers_answer_is_not_taken_for_its_word() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection(
            MqttOptions(broker=f"mqtt://127.0.0.1:{server.getsockname()[1]}"), None, "", "5"
        )
        connection.open()
        server.accept()[0].close()
        with pytest.raises(ProtocolRefusedError, match="did not accept MQTT 5"):
            poll_often(connection)
