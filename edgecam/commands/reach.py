"""Whether the brokers of a configuration let us in, and what to do where one does not."""

import errno
import os
import socket
from collections.abc import Iterator

import msgspec

from edgecam.config import INSTALLED, Loaded, MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker import credentials
from edgecam.publisher.broker.attempts import first_protocol
from edgecam.publisher.broker.endings import NoEntryError, ProtocolRefusedError
from edgecam.publisher.broker.mqtt import Connection, Protocol

_SLICE_S = 0.25
_UNREACHED = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)


def may_try(loaded: Loaded) -> bool:
    """Whether we may read the password; where not, `missing` says that this is for root."""
    return loaded.file.resolve() != INSTALLED or os.geteuid() == 0


def addresses(mqtt: MqttOptions) -> list[str]:
    """Those of all brokers."""
    return [mqtt.broker, *mqtt.fallback_brokers]


def problems(loaded: Loaded) -> Iterator[str]:
    """One line for each broker that does not let us in, with its option and what to do.

    A broker may only be away just now, and events wait for it: so these are warnings. Blocks for as
    long as the brokers let us wait.
    """
    mqtt = credentials.as_units_have_it(loaded.config.mqtt, loaded.file)
    secret = credentials.password(mqtt)
    yield from _login(loaded, mqtt, secret)
    options = ["mqtt.broker"]
    options += [f"mqtt.fallback_brokers[{index}]" for index in range(len(mqtt.fallback_brokers))]
    for option, address in zip(options, addresses(mqtt), strict=True):
        try:
            _enter(msgspec.structs.replace(mqtt, broker=address), secret)
        except BrokerError as error:
            yield f"{loaded.locate(option)}: {error}{advice(error)}"


def _login(loaded: Loaded, mqtt: MqttOptions, secret: str | None) -> Iterator[str]:
    """A name without a password, or the other way round: a broker says no more than no to it."""
    if secret is not None and mqtt.username is None:
        place = loaded.locate("mqtt.username")
        yield f"{place}: there is a password, but no user name to use it with"
    if secret is None and mqtt.username is not None:
        place = loaded.locate("mqtt.username")
        ours = loaded.file.resolve() == INSTALLED
        where = credentials.LOADED if ours else "a file, and name that in mqtt.password_file"
        yield f"{place}: there is a user name, but no password: write it into {where}"


def _enter(mqtt: MqttOptions, secret: str | None) -> None:
    """Be let in once, and leave. Raises BrokerError."""
    protocol = first_protocol(mqtt)
    try:
        _enter_with(mqtt, secret, protocol)
    except ProtocolRefusedError:
        if protocol == "3.1.1" or mqtt.protocol == "5":
            raise
        _enter_with(mqtt, secret, "3.1.1")


def _enter_with(mqtt: MqttOptions, secret: str | None, protocol: Protocol) -> None:
    # Without the appliance's client id: the broker would throw out one that runs.
    connection = Connection(mqtt, secret, "", protocol)
    try:
        connection.open()
        while not connection.connected:
            connection.poll(_SLICE_S)
        connection.close()
    finally:
        connection.drop()


def advice(error: BrokerError) -> str:
    """What to do, where the error does not say it; it names the options for TLS by itself."""
    if isinstance(error, NoEntryError):
        return "; it must know this user name with this password"
    cause = error.__cause__
    if isinstance(cause, socket.gaierror):
        return "; is the name right, and is there a network? Its address does as well"
    if isinstance(cause, ConnectionRefusedError):
        return "; nothing listens there: does the broker run, and at this port?"
    if isinstance(cause, TimeoutError) or getattr(cause, "errno", None) in _UNREACHED:
        return "; no answer: is the address right, and does no firewall stand between?"
    return ""
