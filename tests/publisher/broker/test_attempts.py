"""Which broker comes next, and when: arithmetic on a clock that the test moves."""

import logging
from types import SimpleNamespace

import pytest

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker import attempts
from edgecam.publisher.broker.attempts import Attempts
from edgecam.publisher.broker.endings import (
    ClientIdTakenError,
    HungUpError,
    NoEntryError,
    ProtocolRefusedError,
)

ONE = MqttOptions(broker="mqtt://a")
THREE = MqttOptions(broker="mqtt://a", fallback_brokers=["mqtt://b", "mqtt://c"])
AWAY = BrokerError("not there")


class Clock(SimpleNamespace):
    """What the module under test takes for `time`."""

    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(attempts, "time", made)
    return made


def test_a_round_tries_every_address_at_once_and_then_waits_longer(clock: Clock) -> None:
    tried = Attempts(THREE)
    waits_s = []
    for _ in range(7):
        addresses = []
        for _ in THREE.fallback_brokers:
            addresses.append(tried.broker.broker)
            tried.failed(AWAY, 0.0)
            assert tried.wait_s <= attempts.NEXT_ADDRESS_S
            clock.now_s += tried.wait_s
        addresses.append(tried.broker.broker)
        assert addresses == ["mqtt://a", "mqtt://b", "mqtt://c"]
        tried.failed(AWAY, 0.0)
        waits_s.append(tried.wait_s)
    assert all(2**n / 2 <= waits_s[n] <= 2**n for n in range(4))
    assert 12.5 <= waits_s[-1] <= 25.0


@pytest.mark.parametrize(("held_s", "then"), [(5.0, "mqtt://c"), (31.0, "mqtt://a")])
def test_after_a_connection_that_held_the_first_address_is_tried_first(
    held_s: float, then: str
) -> None:
    tried = Attempts(THREE)
    tried.failed(AWAY, 0.0)
    assert tried.broker.broker == "mqtt://b"
    tried.failed(AWAY, held_s)
    assert tried.broker.broker == then


def test_who_does_not_speak_mqtt_5_is_asked_in_3_1_1_at_once_and_the_next_one_in_5() -> None:
    tried = Attempts(THREE)
    tried.failed(ProtocolRefusedError("no 5"), 0.0)
    assert (tried.broker.broker, tried.protocol, tried.wait_s) == ("mqtt://a", "3.1.1", 0.0)
    tried.failed(AWAY, 0.0)
    assert (tried.broker.broker, tried.protocol) == ("mqtt://b", "5")


def test_who_speaks_neither_is_no_storm() -> None:
    tried = Attempts(ONE)
    tried.failed(ProtocolRefusedError("no 5"), 0.0)
    tried.failed(ProtocolRefusedError("no 3.1.1"), 0.0)
    assert tried.protocol == "5"
    assert tried.wait_s > 0


def test_where_5_is_asked_for_3_1_1_is_not_tried() -> None:
    tried = Attempts(MqttOptions(protocol="5"))
    tried.failed(ProtocolRefusedError("no 5"), 0.0)
    assert tried.protocol == "5"
    assert tried.wait_s > 0


@pytest.mark.parametrize("options", [ONE, THREE])
def test_fault_34_who_refused_us_is_not_asked_again_within_a_minute(
    clock: Clock, options: MqttOptions
) -> None:
    tried = Attempts(options)
    for _ in range(5):
        asked_s = clock.now_s
        tried.failed(NoEntryError("wrong password"), 0.0)
        for _ in options.fallback_brokers:
            clock.now_s += tried.wait_s
            tried.failed(AWAY, 0.0)
        clock.now_s += tried.wait_s
        assert tried.broker.broker == "mqtt://a"
        assert 60.0 <= clock.now_s - asked_s < 80.0


def test_fault_36_a_taken_client_id_is_waited_for_and_said_until_it_is_ours_for_a_while() -> None:
    tried = Attempts(ONE)
    waits_s = []
    for _ in range(50):
        tried.failed(ClientIdTakenError("taken"), 5000.0)
        waits_s.append(tried.wait_s)
    assert min(waits_s) >= 29.9
    assert max(waits_s) - min(waits_s) > 10.0
    said = []
    for held_s in (0.0, 599.0, 601.0):
        tried.holds(held_s)
        said.append(tried.client_id_taken)
    assert said == [True, True, False]


def test_fault_36_a_third_hang_up_soon_after_connecting_is_suspicious(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = Attempts(ONE)
    said, waits_s = [], []
    for _ in range(3):
        tried.failed(HungUpError("gone"), 3.0)
        said.append(tried.client_id_taken)
        waits_s.append(tried.wait_s)
    assert said == [False, False, True]
    assert waits_s[0] <= 1.0
    assert waits_s[1] <= 2.0
    assert waits_s[2] >= 29.9
    assert "gone again (does another client use our mqtt.client_id?)" in caplog.text
    tried.failed(AWAY, 0.0)
    assert tried.wait_s <= 8.0


def test_fault_36_long_connections_are_not_suspicious() -> None:
    tried = Attempts(ONE)
    for _ in range(5):
        tried.failed(HungUpError("gone"), 3.0)
        tried.failed(HungUpError("gone"), 40.0)
    assert not tried.client_id_taken


def test_fault_32_an_hour_of_a_broker_that_drops_us_is_no_storm(clock: Clock) -> None:
    tried = Attempts(ONE)
    began_s, connects = clock.now_s, 0
    while clock.now_s < began_s + 3600:
        connects += 1
        clock.now_s += 0.1
        tried.failed(BrokerError("gone"), 0.1)
        clock.now_s += tried.wait_s
    assert connects < 3600 / 12.5 + 10


def test_each_reason_is_said_once_in_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tried = Attempts(ONE)
    for _ in range(20):
        tried.failed(ProtocolRefusedError("no 5"), 0.0)
        tried.failed(AWAY, 0.0)
        tried.failed(NoEntryError("wrong password"), 0.0)
    assert [record.message for record in caplog.records] == [
        "no 5; trying MQTT 3.1.1",
        "not there; events are kept, trying again",
        "wrong password; events are kept, trying again",
    ]
    tried.failed(AWAY, 60.0)
    assert len(caplog.records) == 4


def test_a_broker_that_says_something_else_each_time_is_no_flood(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = Attempts(ONE)
    for number in range(1000):
        tried.failed(BrokerError(f"nonsense {number}"), 0.0)
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) < 20
