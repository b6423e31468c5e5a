"""Faults 30 to 33 and 37: a broker that is away, frozen, slow, cut off, or has forgotten it all."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.certificates import Authority
from support.mosquitto import Mosquitto, free_port
from support.proxy import Proxy
from support.publisher import Make, NewBroker, Publisher, to
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.config import MqttOptions
from edgecam.config.options import TlsOptions
from edgecam.publisher.broker import attempts
from edgecam.publisher.broker.backoff import Backoff
from edgecam.publisher.broker.mqtt import Connection
from edgecam.publisher.wall.presence import Shown

NewProxy = Callable[..., Proxy]


@pytest.fixture
def new_proxy() -> Iterator[NewProxy]:
    made: list[Proxy] = []

    def proxy(to_port: int, **faults: float) -> Proxy:
        made.append(Proxy(to_port, **faults))
        return made[-1]

    yield proxy
    for one in made:
        one.close()


def next_connection(publisher: Publisher, last: Connection | None) -> Connection:
    """The connection after `last`, once a broker has accepted it."""
    found: list[Connection] = []

    def came() -> bool:
        now = publisher.delivery._connection
        if now is not None and now is not last and now.connected:
            found.append(now)
        return bool(found)

    wait_until(came, 10.0)
    return found[0]


def arrived(recorder: Recorder) -> list[int]:
    """The numbers of the events, each once, in the order in which they came first."""
    return list(dict.fromkeys(event["seq"] for event in recorder.events))


def test_fault_30_what_is_true_now_is_said_while_a_backlog_drains(
    broker: Mosquitto, recorder: Recorder, make: Make, new_proxy: NewProxy
) -> None:
    """A day's events over a line that takes some seconds for them."""
    line = new_proxy(broker.port, bytes_per_s=150_000)
    publisher = make(MqttOptions(broker=line.url), health_interval_s=1.0)
    publisher.store(1, 3000)
    publisher.start()
    wait_until(lambda: publisher.waiting == 0, 40.0)
    assert arrived(recorder) == list(range(1, 3001))
    topics = [message.topic.rpartition("/")[2] for message in recorder.messages]
    first, last = topics.index("event"), len(topics) - topics[::-1].index("event")
    assert "status" in topics[:first]
    assert topics[first:last].count("health") >= 2
    waiting = [message.json["outbox"]["queued"] for message in recorder.on("/health")]
    assert any(0 < queued < 3000 for queued in waiting)


def test_fault_31_a_frozen_broker_is_noticed(
    broker: Mosquitto, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Within twice the keep alive: 40 s with the default of 20."""
    publisher = make(to(broker))
    publisher.start()
    next_connection(publisher, None)
    broker.freeze()
    frozen_s = time.monotonic()
    publisher.store(1, 50)
    wait_until(lambda: "Keep alive timeout" in caplog.text, 2 * 5 + 2)
    took_s = time.monotonic() - frozen_s
    assert took_s * MqttOptions().keepalive_s / 5 <= 45.0
    assert publisher.waiting == 50


def test_fault_32_a_line_that_breaks_60_times_loses_nothing(
    broker: Mosquitto,
    recorder: Recorder,
    make: Make,
    new_proxy: NewProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How often it is tried is arithmetic (test_attempts); here that is in fast motion."""
    line = new_proxy(broker.port)
    publisher = make(MqttOptions(broker=line.url, protocol="5"))
    publisher.delivery._attempts._backoff = Backoff(first_s=0.01, longest_s=0.02)
    monkeypatch.setattr(attempts, "TAKEN_WAIT_S", 0.01)
    publisher.start()
    connection = None
    for flap in range(60):
        publisher.store(3 * flap + 1, 3 * flap + 3)
        connection = next_connection(publisher, connection)
        line.cut()
    publisher.store(181, 181)
    recorder.wait_for(lambda seen: 181 in arrived(seen), 20.0)
    assert arrived(recorder) == list(range(1, 182))


@pytest.mark.parametrize("tls", [False, True])
def test_fault_33_a_slow_line_is_slow_and_nothing_else(
    tls: bool,  # noqa: FBT001  of the parameters
    tmp_path: Path,
    make: Make,
    new_broker: NewBroker,
    new_proxy: NewProxy,
) -> None:
    """1 kB/s and 2 s each way: a TLS connection needs about 15 s."""
    authority = Authority(tmp_path)
    server = authority.sign("localhost")
    broker = new_broker(
        "allow_anonymous true\n"
        + (f"certfile {server.file}\nkeyfile {server.key}\n" if tls else "")
    )
    broker.start()
    line = new_proxy(broker.port, delay_s=2.0, bytes_per_s=1000.0)
    url = f"{'mqtts' if tls else 'mqtt'}://localhost:{line.port}"
    publisher = make(
        MqttOptions(broker=url, tls=TlsOptions(ca_file=str(authority.file) if tls else None))
    )
    publisher.store(1, 10)
    publisher.start()
    wait_until(lambda: publisher.waiting == 0, 60.0)
    assert line.connections == 1


def test_fault_37_a_broker_that_has_forgotten_everything_is_told_again(
    make: Make, new_broker: NewBroker, new_proxy: NewProxy
) -> None:
    broker = new_broker("allow_anonymous true\npersistence false\n")
    broker.start()
    line = new_proxy(broker.port)
    publisher = make(MqttOptions(broker=line.url))
    publisher.monitor.connected(1)
    publisher.monitor.show([Shown("dog", 700, time.monotonic_ns())])
    publisher.store(1, 3)
    publisher.start()
    wait_until(lambda: publisher.waiting == 0, 10.0)
    line.stall()
    publisher.store(4, 6)
    wait_until(lambda: len(publisher.delivery._in_flight) >= 3, 5.0)
    line.refusing = True
    line.cut()
    line.flow()
    broker.stop()
    broker.start()
    recorder = Recorder(broker.port)
    assert recorder.messages == []
    line.refusing = False
    recorder.wait_for(lambda seen: arrived(seen) == [4, 5, 6])
    topics = ("/status", "/info", "/state/door", "/health")
    recorder.wait_for(lambda seen: all(seen.on(topic) for topic in topics))
    recorder.close()
    late = Recorder(broker.port)
    late.wait_for(lambda seen: len(seen.messages) == len(topics))
    assert all(message.retain for message in late.messages)
    late.close()


def test_the_next_broker_of_the_list_gets_everything_where_the_first_is_away(
    broker: Mosquitto, recorder: Recorder, make: Make
) -> None:
    away = [f"mqtt://127.0.0.1:{free_port()}" for _ in range(2)]
    publisher = make(MqttOptions(broker=away[0], fallback_brokers=[away[1], broker.url]))
    publisher.store(1, 5)
    publisher.start()
    recorder.wait_for(lambda seen: arrived(seen) == [1, 2, 3, 4, 5], 10.0)
