"""Faults 34 and 36: a broker that does not let us in, or not do something; a client of our name."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.mosquitto import Mosquitto
from support.proxy import Proxy
from support.publisher import Make, NewBroker, Publisher, passwords, to
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.config import MqttOptions
from edgecam.publisher import attempts, refusals
from edgecam.publisher.backoff import Backoff
from edgecam.publisher.mqtt import Protocol

CLIENT_ID = "edgecam-test"
PROTOCOLS: list[Protocol] = ["5", "3.1.1"]
SOON_S = 0.5  # in place of half a minute


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("secret", ["wrong", None])
def test_fault_34_a_wrong_password_is_one_line_and_a_minute_of_patience(
    protocol: Protocol,
    secret: str | None,
    tmp_path: Path,
    make: Make,
    new_broker: NewBroker,
    *,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = new_broker(f"allow_anonymous false\npassword_file {passwords(tmp_path)}\n")
    broker.start()
    publisher = make(to(broker, protocol=protocol, username="cam" if secret else None), secret)
    publisher.store(1, 2)
    publisher.start()
    wait_until(
        lambda: "refuses us: Not authorized (mqtt.username, mqtt.password_file)" in caplog.text
    )
    wait_until(lambda: publisher.delivery._connection is None)
    assert publisher.delivery._attempts.wait_s > attempts.NO_ENTRY_WAIT_S - 5.0
    assert len(caplog.records) == 1
    assert "wrong" not in caplog.text
    assert publisher.waiting == 2


def test_fault_34_refused_events_are_kept_tried_again_later_and_said_in_health(
    tmp_path: Path,
    make: Make,
    new_broker: NewBroker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert refusals.REFUSED_WAIT_S >= 60.0
    monkeypatch.setattr(refusals, "REFUSED_WAIT_S", SOON_S)
    rules = tmp_path / "rules"
    rules.write_text(
        "topic read #\ntopic write edgecam/test/status\ntopic write edgecam/test/health\n"
    )
    broker = new_broker(f"allow_anonymous true\nacl_file {rules}\n")
    broker.start()
    recorder = Recorder(broker.port)
    publisher = make(to(broker))
    refused_s = []
    refused = publisher.delivery._refusals.event

    def timed(seq: int, why: str) -> None:
        if seq == 1:
            refused_s.append(time.monotonic())
        refused(seq, why)

    publisher.delivery._refusals.event = timed  # type: ignore[method-assign]
    publisher.store(1, 3)
    publisher.start()
    wait_until(lambda: len(refused_s) >= 3, 10.0)
    assert all(b - a >= SOON_S for a, b in pairwise(refused_s))
    assert caplog.text.count("the broker refuses event") == 1
    assert caplog.text.count("the broker refuses messages of ours other than events") == 1
    recorder.wait_for(lambda seen: alarms(seen) == ["events_refused"])
    rules.write_text("topic readwrite edgecam/#\n")
    broker.reload()
    wait_until(lambda: publisher.waiting == 0, 20.0)
    recorder.wait_for(lambda seen: alarms(seen) == [])
    recorder.wait_for(lambda seen: {event["seq"] for event in seen.events} == {1, 2, 3})
    recorder.close()


def alarms(recorder: Recorder) -> list[str]:
    """The alarms in the last health."""
    health = recorder.on("/health")
    found: list[str] = health[-1].json["alarms"] if health else []
    return found


class Double:
    """A client that uses our id, and comes back at once whenever it is sent away."""

    def __init__(self, port: int) -> None:
        self.connects = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=CLIENT_ID)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, *_: object) -> None:
        self.connects += 1


@pytest.fixture
def line(broker: Mosquitto) -> Iterator[Proxy]:
    """A way to the broker that counts connections."""
    proxy = Proxy(broker.port)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_fault_36_a_client_of_our_name_is_noticed_and_not_fought(
    protocol: Protocol,
    broker: Mosquitto,
    recorder: Recorder,
    line: Proxy,
    make: Make,
    *,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(attempts, "TAKEN_WAIT_S", SOON_S)
    publisher = impatient(make(at(line, protocol)))
    publisher.start()
    recorder.wait_for(lambda seen: seen.statuses == ["online"])
    double = Double(broker.port)
    wait_until(lambda: double.connects >= 2, 15.0)
    began_s, before = time.monotonic(), line.connections
    wait_until(lambda: double.connects >= 4, 30.0)
    assert line.connections - before <= (time.monotonic() - began_s) / SOON_S + 1
    assert "does another client use our mqtt.client_id?" in caplog.text
    double.end()
    recorder.wait_for(lambda seen: alarms(seen) == ["client_id_taken"])
    publisher.store(1, 1)
    wait_until(lambda: publisher.waiting == 0, 10.0)
    monkeypatch.setattr(attempts, "TAKEN_HELD_S", 0.1)
    recorder.wait_for(lambda seen: alarms(seen) == [])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_fault_36_two_appliances_of_one_name_are_no_storm(
    protocol: Protocol,
    line: Proxy,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without care they send each other away at every round trip; here half a second stands for 30."""
    assert attempts.TAKEN_WAIT_S >= 30.0
    monkeypatch.setattr(attempts, "TAKEN_WAIT_S", SOON_S)
    both: list[Publisher] = [impatient(make(at(line, protocol))) for _ in range(2)]
    began_s = time.monotonic()
    for publisher in both:
        publisher.start()
    wait_until(lambda: all(one.delivery._attempts.client_id_taken for one in both), 20.0)
    wait_until(lambda: line.connections >= 12, 30.0)
    # Four before it is suspicious, and from then on each waits after each connection.
    assert line.connections <= 4 + 2 + 2 * (time.monotonic() - began_s) / SOON_S


def at(line: Proxy, protocol: Protocol) -> MqttOptions:
    return MqttOptions(broker=line.url, protocol=protocol)


def impatient(publisher: Publisher) -> Publisher:
    """Nothing but the care for a taken id holds it back."""
    publisher.delivery._attempts._backoff = Backoff(first_s=0.01, longest_s=0.02)
    return publisher
