"""One connection to a broker, driven by one thread: ours.

The only file of the daemon that imports paho. Its own network thread is not used: an exception in
a callback ends that thread unnoticed, while the client goes on saying that it is connected (paho
issues 894, 692). Here whatever goes wrong ends this connection, with a reason; the next one is a
new object that remembers nothing, because what must not be forgotten is in the outbox.
"""

import select
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher import credentials
from edgecam.worker import Wakeup

CONNECT_TIMEOUT_S = 5.0  # for the TCP and TLS handshake
# For the broker's answer after that. Some answer a version that they do not know by silence, so
# where another can be tried the wait is short.
ANSWER_TIMEOUT_S = {"5": 5.0, "3.1.1": 15.0}
MAX_IN_FLIGHT = 20  # messages without an acknowledgement; what Mosquitto takes by default

_PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_PORTS = {"mqtt": 1883, "mqtts": 8883}

Protocol = Literal["5", "3.1.1"]


class ProtocolRefusedError(BrokerError):
    """The broker does not speak this version of MQTT: it said so (`said`), or said nothing."""

    def __init__(self, message: str, *, said: bool) -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True)
class Will:
    """What the broker publishes, retained, when this connection breaks."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Acknowledgement:
    """A broker's answer to a message: `refusal` is empty where it took it."""

    mid: int
    refusal: str


@dataclass(frozen=True)
class Message:
    """A message that a broker sent us."""

    topic: str
    payload: bytes


class Connection:
    """A connection from its first packet to its last; for one thread.

    `open`, then `poll` over and over; what came in lies in `acknowledged` and `messages`.
    """

    def __init__(
        self,
        options: MqttOptions,
        secret: str | None,
        client_id: str,
        protocol: Protocol,
        will: Will | None = None,
    ) -> None:
        """Raises ConfigError for certificates that cannot be used."""
        self.connected = False
        self.connected_s = 0.0
        self.max_in_flight = MAX_IN_FLIGHT
        self.acknowledged: deque[Acknowledgement] = deque()
        self.messages: deque[Message] = deque()
        self.address = options.broker
        self._protocol = protocol
        self._keepalive_s = options.keepalive_s
        self._opened_s = 0.0
        self._problem: BrokerError | None = None
        self._client = self._make_client(options, secret, client_id, will)

    def open(self) -> None:
        """Reach the broker and introduce ourselves; `connected` turns true in a later `poll`.

        Blocks for at most CONNECT_TIMEOUT_S, and as long as the resolver takes. Raises BrokerError.
        """
        url = urlsplit(self.address)
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        try:
            self._client.connect(host, port, self._keepalive_s)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be encoded
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            msg = f"no connection to {self.address}: {reason}"
            raise BrokerError(msg) from error
        self._opened_s = time.monotonic()

    def poll(self, timeout_s: float, wake: Wakeup | None = None) -> None:
        """Do what the network asks for, waiting at most `timeout_s`, or until `wake` is set.

        Raises BrokerError once the connection is lost or refused.
        """
        link = self._client.socket()
        if link is None:
            raise self._lost("the connection was lost")
        pending = isinstance(link, ssl.SSLSocket) and link.pending() > 0
        reads: list[Any] = [link] if wake is None else [link, wake]
        writes = [link] if self._client.want_write() else []
        ready, writable, _ = select.select(reads, writes, [], 0 if pending else timeout_s)
        try:
            if pending or link in ready:
                self._note(self._client.loop_read())
            if writable:
                self._note(self._client.loop_write())
            self._note(self._client.loop_misc())
        except Exception as error:  # whatever a broker's bytes do inside paho ends this connection
            msg = f"the broker sent what cannot be understood ({type(error).__name__}: {error})"
            raise BrokerError(msg) from error
        if self._problem is not None:
            raise self._problem
        waited_s = time.monotonic() - self._opened_s
        if not self.connected and waited_s > ANSWER_TIMEOUT_S[self._protocol]:
            raise self._lost("no answer")

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Send with QoS 1; the message's id, which its acknowledgement will carry."""
        return self._client.publish(topic, payload, qos=1, retain=retain).mid

    def subscribe(self, topics: str) -> None:
        """Ask for messages of a topic filter, with QoS 1."""
        self._client.subscribe(topics, qos=1)

    def close(self) -> None:
        """Say goodbye, so that the will is not published; safe on a broken connection."""
        self._client.disconnect()
        deadline_s = time.monotonic() + 1.0
        while self._client.want_write() and time.monotonic() < deadline_s:
            try:
                self.poll(0.05)
            except BrokerError:
                return

    def drop(self) -> None:
        """Let the connection go without a word."""
        link = self._client.socket()
        if link is not None:
            link.close()

    def _make_client(
        self, options: MqttOptions, secret: str | None, client_id: str, will: Will | None
    ) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=_PROTOCOLS[self._protocol],
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages = 2 * MAX_IN_FLIGHT  # never the one to hold back: we are
        if options.username is not None:
            client.username_pw_set(options.username, secret)
        if options.broker.startswith("mqtts://"):
            client.tls_set_context(credentials.tls_context(options))
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            self.connected = True
            self.connected_s = time.monotonic()
            allowed = getattr(properties, "ReceiveMaximum", MAX_IN_FLIGHT)
            self.max_in_flight = min(MAX_IN_FLIGHT, int(allowed))
        elif reason.getName() == "Unsupported protocol version":
            msg = f"{self.address} does not speak MQTT {self._protocol}"
            self._problem = ProtocolRefusedError(msg, said=True)
        else:
            hint = ""
            if reason.getName() in ("Not authorized", "Bad user name or password"):
                hint = " (mqtt.username, mqtt.password_file)"
            self._problem = BrokerError(f"{self.address} refuses us: {reason}{hint}")

    def _on_publish(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        refusal = str(reason) if reason.is_failure else ""
        self.acknowledged.append(Acknowledgement(mid, refusal))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.messages.append(Message(message.topic, bytes(message.payload)))

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._problem is None:
            why = str(reason)
            if why == "Unspecified error":  # the socket was closed, and nothing was said
                why = "the broker closed the connection"
            self._problem = self._lost(why)

    def _note(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and self._problem is None:
            self._problem = self._lost(paho.error_string(code).rstrip("."))

    def _lost(self, why: str) -> BrokerError:
        """Before the broker's first answer a lost connection may be its answer to our version."""
        if not self.connected and self._protocol == "5":
            msg = f"{self.address} did not accept MQTT 5: {why}"
            return ProtocolRefusedError(msg, said=False)
        return BrokerError(f"{self.address}: {why}")


def first_protocol(options: MqttOptions) -> Protocol:
    """The version to begin with."""
    return "3.1.1" if options.protocol == "3.1.1" else "5"


def other(protocol: Protocol) -> Protocol:
    """The version to try where one was refused."""
    return "3.1.1" if protocol == "5" else "5"
