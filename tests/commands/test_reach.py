"""What `edgecam check` says of brokers: why one does not let us in, and what to do."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.certificates import Authority
from support.commands import Outcome, run
from support.fake_broker import FakeBroker, accept_client, read_to_end
from support.mosquitto import Mosquitto, free_port
from support.places import MODEL, SAMPLES

NewBroker = Callable[[str], Mosquitto]


def check(folder: Path, mqtt: str, *more: str) -> Outcome:
    """Check a configuration in which nothing but `mqtt` can be wrong."""
    (folder / "config.yaml").write_text(
        f"mqtt: {mqtt}\nmodel: {{file: {MODEL}}}\noutbox: {{file: outbox.db}}\n"
        f"camera: {{source: stills, stills: {{folder: {SAMPLES}}}}}\n",
        encoding="utf-8",
    )
    done = run(folder, "check", "--quiet", *more)
    assert (done.code, done.out) == (0, "")
    return done


def protected(folder: Path, new_broker: NewBroker) -> Mosquitto:
    """A broker that lets in `door` with the password `open`, and nobody else."""
    users = folder / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", users, "door", "open"], check=True)
    broker = new_broker(f"allow_anonymous false\npassword_file {users}\n")
    broker.start()
    return broker


def test_a_broker_that_lets_us_in_is_told_nothing_of(tmp_path: Path, broker: Mosquitto) -> None:
    assert check(tmp_path, f"{{broker: '{broker.url}'}}").errors == []


def test_brokers_that_let_us_in_are_named_to_who_asks(tmp_path: Path, broker: Mosquitto) -> None:
    check(tmp_path, f"{{broker: '{broker.url}'}}")
    entered, right = run(tmp_path, "check").out.splitlines()[-2:]
    assert (entered, right) == (f"# {broker.url} lets us in", "# config.yaml is right")
    away = f"mqtt://127.0.0.1:{free_port()}"
    check(tmp_path, f"{{broker: '{broker.url}', fallback_brokers: ['{away}']}}")
    assert "lets us in" not in run(tmp_path, "check").out
    assert "lets us in" not in run(tmp_path, "check", "--offline").out


def test_a_broker_of_the_older_version_is_as_good(tmp_path: Path) -> None:
    """It hangs up where it does not understand, and is asked again."""

    def behave(link: socket.socket) -> None:
        if old.connections > 1:
            accept_client(link)
            read_to_end(link)

    old = FakeBroker(behave)
    try:
        assert check(tmp_path, f"{{broker: '{old.url}'}}").errors == []
        assert old.connections == 2
    finally:
        old.close()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("mqtt://edgecam.invalid", "is the name right, and is there a network?"),
        ("mqtt://127.0.0.1:{port}", "Connection refused; nothing listens there: does the broker "),
        ("mqtts://127.0.0.1:{port}", "Connection refused; nothing listens there: does the broker "),
    ],
)
def test_a_broker_that_is_not_there(tmp_path: Path, address: str, why: str) -> None:
    address = address.format(port=free_port())
    (said,) = check(tmp_path, f"{{broker: '{address}'}}").errors
    assert said.startswith(f"warning: config.yaml:1: mqtt.broker: no connection to {address}: ")
    assert why in said


def test_offline_asks_no_broker(tmp_path: Path) -> None:
    broker = FakeBroker(read_to_end)
    try:
        assert check(tmp_path, f"{{broker: '{broker.url}'}}", "--offline").errors == []
        assert broker.connections == 0
    finally:
        broker.close()


def test_a_login_that_is_refused(tmp_path: Path, new_broker: NewBroker) -> None:
    broker = protected(tmp_path, new_broker)
    for secret, name in (("open", "door"), ("shut", "door"), ("open", "gate")):
        (tmp_path / "secret").write_text(secret, encoding="utf-8")
        mqtt = f"{{broker: '{broker.url}', username: {name}, password_file: secret}}"
        said = check(tmp_path, mqtt).errors
        if (secret, name) == ("open", "door"):
            assert said == []
        else:
            (line,) = said
            assert f"mqtt.broker: {broker.url} refuses us: Not authorized " in line
            assert "(mqtt.username, mqtt.password_file); it must know this user name" in line


def test_a_user_name_without_a_password(tmp_path: Path, new_broker: NewBroker) -> None:
    broker = protected(tmp_path, new_broker)
    lacks, refused = check(tmp_path, f"{{broker: '{broker.url}', username: door}}").errors
    assert lacks == (
        "warning: config.yaml:1: mqtt.username: there is a user name, but no password: "
        "write it into a file, and name that in mqtt.password_file"
    )
    assert "refuses us: Not authorized" in refused


def test_each_fallback_is_asked_and_told_of(tmp_path: Path, broker: Mosquitto) -> None:
    nobody = f"mqtt://127.0.0.1:{free_port()}"
    mqtt = f"{{broker: '{broker.url}', fallback_brokers: ['{nobody}', '{broker.url}']}}"
    (said,) = check(tmp_path, mqtt).errors
    assert said.startswith(
        f"warning: config.yaml:1: mqtt.fallback_brokers[0]: no connection to {nobody}"
    )


def test_tls_that_does_not_come_about(
    tmp_path: Path, broker: Mosquitto, new_broker: NewBroker
) -> None:
    authority = Authority(tmp_path)
    other = Authority(tmp_path, "other")
    ours = authority.sign("localhost")
    safe = new_broker(f"allow_anonymous true\ncertfile {ours.file}\nkeyfile {ours.key}\n")
    safe.start()
    for port, ca_file, why in (
        (safe.port, authority.file, ""),
        (safe.port, other.file, "of an authority that is not known here (mqtt.tls.ca_file)"),
        (broker.port, authority.file, "is the port of mqtt.broker the one for TLS?"),
    ):
        address = f"mqtts://localhost:{port}"
        said = check(tmp_path, f"{{broker: '{address}', tls: {{ca_file: {ca_file}}}}}").errors
        assert len(said) == bool(why)
        assert all(why in line and f"no connection to {address}: " in line for line in said)


def test_a_running_appliance_is_not_thrown_out(tmp_path: Path) -> None:
    """The broker ends the older of two connections with one client id: ours has another."""
    seen: list[bytes] = []

    def behave(link: socket.socket) -> None:
        link.settimeout(10.0)
        seen.append(link.recv(4096))

    broker = FakeBroker(behave)
    try:
        check(tmp_path, f"{{broker: '{broker.url}', client_id: edgecam-door, protocol: '5'}}")
    finally:
        broker.close()
    (connect,) = seen
    assert b"MQTT" in connect
    assert b"edgecam-door" not in connect
