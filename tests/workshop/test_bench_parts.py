"""The parts of a bench that need no whole run: brokers, what is provoked, what is added up."""

from pathlib import Path

import pytest

from edgecam import model, runtimes
from edgecam.config import Config, load
from edgecam.config.options import MqttOptions
from edgecam.publisher.broker.mqtt import Connection
from edgecam.workshop import broker
from edgecam.workshop.bench import latency, run, settings
from edgecam.workshop.bench.run import Plan
from edgecam.workshop.bench.subscriber import Subscriber
from edgecam.workshop.halves import write_configuration


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "users.yaml"
    file.write_text(
        "camera: {source: stills, fps: 20, rotation: 90}\n"
        "mqtt: {broker: 'mqtts://real:8883', username: me, protocol: '5'}\n"
        "schedule: {active_hours: ['03:00-03:01']}\n"
        "decision: {groups: {castles: [castle]}, votes: 4}\n"
    )
    return load(file).config


def publish(url: str, topic: str) -> None:
    connection = Connection(MqttOptions(broker=url, protocol="3.1.1"), None, "", "3.1.1")
    connection.open()
    while not connection.connected:
        connection.poll(0.1)
    connection.publish(topic, b"x", retain=False)
    while not connection.acknowledged:
        connection.poll(0.1)
    connection.close()


@pytest.mark.parametrize("there", ["Mosquitto", "amqtt, in the bench's own process"])
def test_either_broker_hands_messages_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    if there != "Mosquitto":
        monkeypatch.setattr(broker, "mosquitto_program", lambda: None)
    with run._any_broker(tmp_path) as (url, name):
        assert name == there
        assert url is not None
        with Subscriber(url) as subscriber:
            received = subscriber.receive(0.5)
            publish(url, "edgecam/test/event")
            received += subscriber.receive(2.0)
    assert [message.topic for _, message in received] == ["edgecam/test/event"]


def test_without_any_broker_the_bench_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "mosquitto_program", lambda: None)
    monkeypatch.setattr(runtimes, "is_installed", lambda _: False)
    with run._any_broker(tmp_path) as found:
        assert found == (None, "none")


def test_the_photographs_of_the_latency_are_told_apart(config: Config) -> None:
    pair = latency.choose_pair(config, model.load(config.model))
    assert pair is not None
    assert pair.shown != pair.other
    assert 0.05 < pair.threshold < 0.95


def test_the_real_broker_and_the_hours_of_sleep_are_not_taken_over(
    tmp_path: Path, config: Config
) -> None:
    made = load(write_configuration(tmp_path, config, settings.full_rate("mqtt://127.0.0.1:1")))
    assert made.config.mqtt == MqttOptions(broker="mqtt://127.0.0.1:1", protocol="3.1.1")
    assert made.config.schedule.active_hours == []
    assert not made.config.motion.enabled
    assert made.config.power == "performance"
    # All else is the user's.
    assert made.config.camera == config.camera
    assert made.config.decision == config.decision


def test_each_frame_of_the_latency_is_one_event(tmp_path: Path, config: Config) -> None:
    pair = latency.choose_pair(config, model.load(config.model))
    assert pair is not None
    changes = latency._changes(tmp_path, config, pair, "mqtt://127.0.0.1:1")
    made = load(write_configuration(tmp_path, config, changes)).config
    assert (made.decision.votes, made.decision.window, made.decision.cooldown_s) == (1, 1, 0)
    assert made.decision.only == [pair.label]
    assert made.decision.groups == {}
    assert (made.camera.fps, made.camera.rotation) == (20, 0)
    assert len(list(Path(made.camera.stills.folder).iterdir())) == 2


def test_a_soak_takes_at_least_as_long_as_it_is_told() -> None:
    assert Plan(21, 1.0, 0.0, None, 0.1).appliance_s == 6.0
    soak = Plan(21, 1.0, 600.0, None, 0.1)
    assert soak.appliance_s == 600.0
    assert soak.total_s > 600.0
