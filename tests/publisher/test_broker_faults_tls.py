"""Fault 35: a broker that cannot be trusted is never talked to; each reason has its own words."""

import shutil
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from support.certificates import Authority, Certificate
from support.fake_broker import FakeBroker
from support.mosquitto import Mosquitto
from support.publisher import Make, NewBroker, passwords
from support.waiting import wait_until

from edgecam.config import MqttOptions
from edgecam.config.options import TlsOptions


@dataclass(frozen=True)
class Case:
    """A broker and an appliance that do not fit."""

    says: str
    host: str = "localhost"
    days: int = 30
    known: bool = True  # the broker's authority, to the appliance
    asks: bool = False  # the broker wants a certificate
    shows: str = ""  # the name in the appliance's certificate


CASES = {
    "expired": Case("its certificate has expired", days=-1),
    "wrong host": Case("its certificate is for another name; mqtt.broker", host="other.example"),
    "unknown authority": Case("(mqtt.tls.ca_file)", known=False),
    "no certificate of ours": Case(
        "it wants a certificate of ours (mqtt.tls.cert_file)", asks=True
    ),
    "a strange certificate of ours": Case(
        "it does not know the authority of our certificate (mqtt.tls.cert_file)",
        asks=True,
        shows="stranger",
    ),
}


@pytest.mark.parametrize("protocol", ["auto", "3.1.1"])
@pytest.mark.parametrize("name", CASES)
def test_fault_35_a_broker_that_cannot_be_trusted_gets_nothing(
    name: str,
    protocol: str,
    tmp_path: Path,
    make: Make,
    new_broker: NewBroker,
    *,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = CASES[name]
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "strange")
    broker = tls_broker(new_broker, authority, case)
    shown = stranger.sign(case.shows) if case.shows else None
    tls = TlsOptions(
        ca_file=str((authority if case.known else stranger).file),
        cert_file=str(shown.file) if shown else None,
        key_file=str(shown.key) if shown else None,
    )
    publisher = make(options(broker, tls, protocol))
    publisher.store(1, 2)
    publisher.start()
    wait_until(lambda: publisher.delivery._attempts._backoff._attempts >= 2, 15.0)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert case.says in warnings[0]
    assert broker.url.replace("mqtt", "mqtts").replace("127.0.0.1", "localhost") in warnings[0]
    assert publisher.waiting == 2


def test_fault_35_an_old_tls_is_not_settled_for(
    tmp_path: Path, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    context = tls_1_1(authority.sign("localhost"))
    heard = bytearray()

    def serve(link: socket.socket) -> None:
        heard.extend(context.wrap_socket(link, server_side=True).recv(1000))

    old = FakeBroker(serve)
    url = old.url.replace("mqtt://127.0.0.1", "mqtts://localhost")
    make(MqttOptions(broker=url, tls=TlsOptions(ca_file=str(authority.file)))).start()
    wait_until(lambda: old.connections >= 2, 10.0)
    old.close()
    assert "it speaks no TLS 1.2 or later" in caplog.text
    assert not heard


def test_fault_35_a_port_without_tls_is_not_settled_for(
    broker: Mosquitto, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker would let everybody in."""
    publisher = make(MqttOptions(broker=f"mqtts://localhost:{broker.port}"))
    publisher.store(1, 1)
    publisher.start()
    wait_until(lambda: publisher.delivery._attempts._backoff._attempts >= 2, 10.0)
    assert "is the port of mqtt.broker the one for TLS?" in caplog.text
    assert publisher.waiting == 1


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_fits_connects_with_certificate_and_password(
    protocol: str, tmp_path: Path, make: Make, new_broker: NewBroker
) -> None:
    authority = Authority(tmp_path)
    server, ours = authority.sign("localhost"), authority.sign("cam")
    broker = new_broker(
        f"allow_anonymous false\npassword_file {passwords(tmp_path)}\n"
        f"certfile {server.file}\nkeyfile {server.key}\ncafile {authority.file}\n"
        f"require_certificate true\n"
    )
    broker.start()
    tls = TlsOptions(ca_file=str(authority.file), cert_file=str(ours.file), key_file=str(ours.key))
    publisher = make(options(broker, tls, protocol, username="cam"), "secret")
    publisher.store(1, 200)
    publisher.start()
    wait_until(lambda: publisher.waiting == 0, 15.0)


def test_certificates_that_cannot_be_read_for_a_moment_are_tried_again(
    tmp_path: Path, make: Make, new_broker: NewBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """They are being renewed while the connection is lost."""
    authority = Authority(tmp_path)
    broker = tls_broker(new_broker, authority, Case(""))
    trusted = tmp_path / "trusted.pem"
    shutil.copy(authority.file, trusted)
    publisher = make(options(broker, TlsOptions(ca_file=str(trusted)), "5"))
    publisher.start()
    publisher.store(1, 1)
    wait_until(lambda: publisher.waiting == 0, 10.0)
    away = trusted.rename(tmp_path / "away.pem")
    broker.stop()
    broker.start()
    wait_until(lambda: f"{trusted} cannot be read" in caplog.text, 10.0)
    away.rename(trusted)
    publisher.store(2, 2)
    wait_until(lambda: publisher.waiting == 0, 20.0)


def tls_1_1(certificate: Certificate) -> ssl.SSLContext:
    """What a server of 2010 could do at best."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 keeps TLS 1.1 behind this door
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(certificate.file, certificate.key)
    return context


def tls_broker(new_broker: NewBroker, authority: Authority, case: Case) -> Mosquitto:
    certificate = authority.sign(case.host, days=case.days)
    broker = new_broker(
        f"allow_anonymous true\ncertfile {certificate.file}\nkeyfile {certificate.key}\n"
        f"cafile {authority.file}\nrequire_certificate {str(case.asks).lower()}\n"
    )
    broker.start()
    return broker


def options(
    broker: Mosquitto, tls: TlsOptions, protocol: str, username: str | None = None
) -> MqttOptions:
    url = f"mqtts://localhost:{broker.port}"
    made = {"broker": url, "protocol": protocol, "username": username}
    return msgspec.structs.replace(msgspec.convert(made, MqttOptions), tls=tls)
