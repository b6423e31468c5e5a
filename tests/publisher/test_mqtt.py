"""One connection: how it opens, what it says when it cannot, TLS, passwords, backoff."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.mosquitto import Mosquitto, free_port

from edgecam.config import MqttOptions
from edgecam.config.options import TlsOptions
from edgecam.errors import BrokerError, ConfigError
from edgecam.publisher import mqtt
from edgecam.publisher.mqtt import Backoff, Connection


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


@pytest.fixture
def tls_broker(tmp_path: Path, new_broker: Callable[[str], Mosquitto]) -> Mosquitto:
    """A broker with a certificate for localhost, signed by itself, in `tmp_path`/cert.pem."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return new_broker(
        f"allow_anonymous true\ncertfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\n",
    )


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_needs_the_right_authority_and_the_right_name(
    tmp_path: Path, tls_broker: Mosquitto
) -> None:
    tls_broker.start()
    trusted = TlsOptions(ca_file=str(tmp_path / "cert.pem"))
    url = f"mqtts://localhost:{tls_broker.port}"
    connected(MqttOptions(broker=url, tls=trusted)).close()
    with pytest.raises(BrokerError, match="certificate verify failed"):
        connected(MqttOptions(broker=url))
    with pytest.raises(BrokerError, match=r"certificate verify failed.*127"):
        connected(MqttOptions(broker=url.replace("localhost", "127.0.0.1"), tls=trusted))


def test_a_certificate_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        mqtt.tls_context(MqttOptions(tls=TlsOptions(ca_file=str(tmp_path / "none.pem"))))
    assert caught.value.option == "mqtt.tls"


def test_the_password_is_the_files_first_line_and_the_credential_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from file\n")
    options = MqttOptions(username="cam", password_file=str(file))
    assert mqtt.password(options) == "from file"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert mqtt.password(options) == "from file"
    (tmp_path / mqtt.CREDENTIAL).write_text("from credential")
    assert mqtt.password(options) == "from credential"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        mqtt.password(MqttOptions(username="cam", password_file=str(file)))
    assert caught.value.option == "mqtt.password_file"
    assert str(file) in str(caught.value)


def test_backoff_doubles_to_its_limit_with_jitter() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0)
    waits = [backoff.wait_s() for _ in range(12)]
    for number, wait_s in enumerate(waits):
        full_s = min(2.0**number, 60.0)
        assert full_s / 2 <= wait_s <= full_s


def test_only_a_connection_that_held_resets_the_backoff() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0, stable_s=30.0)
    for _ in range(8):
        backoff.wait_s()
    assert backoff.wait_s(held_s=29.0) >= 30.0
    assert backoff.wait_s(held_s=31.0) <= 1.0
