"""One connection to a broker, driven by one thread: ours.

paho's own network thread is not used: an exception in a callback ends that thread unnoticed, while
the client goes on saying that it is connected (paho issues 894, 692). Here whatever goes wrong ends
this connection, with a reason; the next one is a new object that remembers nothing, because what
must not be forgotten is in the outbox.
"""

import logging
import select
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker import credentials
from edgecam.publisher.broker.client import MAX_MESSAGE_BYTES, BoundedClient
from edgecam.publisher.broker.endings import Endings
from edgecam.worker import Wakeup

# For the broker's answer after TCP and TLS. Some brokers meet a version that they do not know with
# silence, but over a slow network (1 kB/s, 2 s each way) a good answer takes 5 s and more.
ANSWER_TIMEOUT_S = 15.0
MAX_IN_FLIGHT = 20  # messages without an acknowledgement; what Mosquitto takes by default
MAX_MESSAGES = 100  # that came in and were not taken yet; what comes then is passed over

Protocol = Literal["5", "3.1.1"]

_PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_PORTS = {"mqtt": 1883, "mqtts": 8883}


_log = logging.getLogger(__name__)


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
    """A message that a broker sent us; `retain`: it is what the broker had kept."""

    topic: str
    payload: bytes
    retain: bool = False


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
        """To `options.broker` alone. Raises ConfigError for certificates that cannot be used."""
        self.connected = False
        self.connected_s = 0.0
        self.max_in_flight = MAX_IN_FLIGHT
        self.acknowledged: deque[Acknowledgement] = deque()
        self.messages: deque[Message] = deque()
        self.passed_over = 0
        """Messages to us that were too large, or too many."""
        self.address = options.broker
        self._endings = Endings(options.broker, protocol, client_id)
        self._keepalive_s = options.keepalive_s
        self._opened_s = 0.0
        self._awaited: set[int] = set()
        self._problem: BrokerError | None = None
        self._client = self._make_client(options, secret, client_id, protocol)
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=True)

    def open(self) -> None:
        """Reach the broker and introduce ourselves; `connected` turns true in a later `poll`.

        Blocks for as long as the resolver takes, then for at most CONNECT_TIMEOUT_S an address of
        the host and HANDSHAKE_TIMEOUT_S (client.py). Raises BrokerError.
        """
        url = urlsplit(self.address)
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        try:
            self._client.reach(host, port, self._keepalive_s)
        except (OSError, ValueError) as error:
            raise self._endings.unreachable(error) from error
        self._opened_s = time.monotonic()

    def poll(self, timeout_s: float, wake: Wakeup | None = None) -> None:
        """Do what the network asks for, waiting at most `timeout_s`, or until `wake` is set.

        Raises BrokerError once the connection is lost or refused.
        """
        link: Any = self._client.socket()
        if link is None:
            raise self._problem or self._lost("the connection was lost")
        writes = [link] if self._client.want_write() else []
        # What we owe a broker that does not read grows no further: until it is sent, nothing more
        # is read, and the keep alive ends a connection that stays so.
        reads: list[Any] = [] if writes else [link]
        pending = bool(reads) and isinstance(link, ssl.SSLSocket) and link.pending() > 0
        if wake is not None:
            reads.append(wake)
        ready, writable, _ = select.select(reads, writes, [], 0 if pending else timeout_s)
        try:
            if pending or link in ready:
                self._note(self._client.loop_read())
            if writable:
                self._note(self._client.loop_write())
            self._note(self._client.loop_misc())
        except Exception as error:  # whatever a broker's bytes do inside paho ends this connection
            raise self._endings.garbled(error) from error
        if self._problem is not None:
            raise self._problem
        if not self.connected and time.monotonic() - self._opened_s > ANSWER_TIMEOUT_S:
            raise self._lost("no answer")

    def publish(self, topic: str, payload: bytes, *, retain: bool, qos: Literal[0, 1] = 1) -> int:
        """Send; the message's id, which its acknowledgement will carry.

        With QoS 0 nothing is acknowledged, and nothing is sent while the network is behind: 0.
        """
        if qos == 0 and self._client.want_write():
            return 0
        mid = self._client.publish(topic, payload, qos=qos, retain=retain).mid
        if qos > 0:
            self._awaited.add(mid)
        return mid

    def subscribe(self, topics: str) -> None:
        """Ask for messages of a topic filter, with QoS 1.

        An MQTT 5 broker is asked to say also of messages that come now whether they are retained.
        """
        if self._client.protocol == MQTTProtocolVersion.MQTTv5:
            options = SubscribeOptions(qos=1, retainAsPublished=True)
            self._client.subscribe(topics, options=options)
        else:
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
        self, options: MqttOptions, secret: str | None, client_id: str, protocol: Protocol
    ) -> BoundedClient:
        tls = credentials.tls_context(options) if options.broker.startswith("mqtts://") else None
        client = BoundedClient(client_id, _PROTOCOLS[protocol], tls)
        client.max_inflight_messages = 2 * MAX_IN_FLIGHT  # never the one to hold back: we are
        if options.username is not None:
            client.username_pw_set(options.username, secret)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
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
        if self.connected:
            self._problem = self._lost("the broker answered twice")
        elif reason.is_failure:
            self._problem = self._endings.refused(reason.getName())
        else:
            self.connected = True
            self.connected_s = time.monotonic()
            allowed = int(getattr(properties, "ReceiveMaximum", MAX_IN_FLIGHT))
            self.max_in_flight = max(1, min(MAX_IN_FLIGHT, allowed))

    def _on_publish(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if mid in self._awaited:
            self._awaited.remove(mid)
            refusal = str(reason) if reason.is_failure else ""
            self.acknowledged.append(Acknowledgement(mid, refusal))

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            _log.warning("%s does not let us hear what we ask for: %s", self.address, refused[0])

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if len(message.payload) > MAX_MESSAGE_BYTES or len(self.messages) >= MAX_MESSAGES:
            self.passed_over += 1
        else:
            came = Message(message.topic, bytes(message.payload), message.retain)
            self.messages.append(came)

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._problem is not None:
            return
        name = reason.getName()
        if flags.is_disconnect_packet_from_server:
            self._problem = self._endings.refused(name)
        elif name == "Unspecified error":  # the socket was closed, and nothing was said
            self._problem = self._endings.closed(self._client.read_error, connected=self.connected)
        else:
            self._problem = self._lost(name)

    def _note(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and self._problem is None:
            self._problem = self._lost(paho.error_string(code).rstrip("."))

    def _lost(self, why: str) -> BrokerError:
        return self._endings.lost(why, connected=self.connected)
