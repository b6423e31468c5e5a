"""paho's client within bounds: what a broker may make it wait for, keep, or believe.

paho reads what is announced, up to 256 MB, takes any keep alive that a broker asks for, and lets a
packet that no broker should send change the fate of a message. The methods overridden here are not
public; tests with a broker that misbehaves notice if paho no longer calls them.
"""

import socket
import ssl

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

CONNECT_TIMEOUT_S = 10.0  # for TCP: three attempts of the kernel (after 1, 3 and 7 s)
HANDSHAKE_TIMEOUT_S = 20.0  # for TLS: two round trips of 4 s, and 4 kB of certificates at 1 kB/s
MAX_MESSAGE_BYTES = 64 * 1024  # of a message to us; MQTT 5 brokers are told, and keep the rest
# A 3.1.1 broker cannot be told, and a megabyte that somebody published to a topic of ours is better
# passed over than a reason to go.
MAX_PACKET_BYTES = 2 * 1024 * 1024
# What the kernel may hold for a slow broker: more than all that is in flight, and little enough
# for a message without acknowledgement to arrive while it is true.
SEND_BUFFER_BYTES = 16 * 1024

_EXPECTED = frozenset(
    kind << 4
    for kind in (
        PacketTypes.CONNACK,
        PacketTypes.PUBLISH,
        PacketTypes.PUBACK,
        PacketTypes.SUBACK,
        PacketTypes.PINGRESP,
        PacketTypes.DISCONNECT,
    )
)
_KIND = 0xF0  # of a packet's first byte
_QOS_2 = 0x04  # of a PUBLISH: we never ask for it


class BoundedClient(paho.Client):
    """A client for one connection, driven by `loop_read`, `loop_write` and `loop_misc`."""

    def __init__(
        self, client_id: str, protocol: MQTTProtocolVersion, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        self.read_error: OSError | None = None
        """What ended the reading, where it was more than the broker hanging up."""
        self._tls = tls
        self._unheard = False  # the broker takes nothing any more

    def reach(self, host: str, port: int, keepalive_s: int) -> None:
        """Connect, and say what may be sent to us. Raises OSError, ValueError."""
        limits = None
        if self._protocol == MQTTProtocolVersion.MQTTv5:
            limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
            limits.MaximumPacketSize = MAX_MESSAGE_BYTES
        self.connect(host, port, keepalive_s, properties=limits)

    def _create_socket(self) -> socket.socket:
        address = (self._host, self._port)
        link = socket.create_connection(address, timeout=CONNECT_TIMEOUT_S)
        try:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            link.settimeout(HANDSHAKE_TIMEOUT_S)
            if self._tls is not None:
                return self._tls.wrap_socket(link, server_hostname=self._host)
        except BaseException:
            link.close()
            raise
        return link

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > MAX_PACKET_BYTES:
            raise ValueError(f"a packet of {bufsize} bytes is announced")
        try:
            return super()._sock_recv(bufsize)
        except BlockingIOError:
            raise
        except OSError as error:
            self.read_error = error
            raise

    def _sock_send(self, buf: bytes | bytearray) -> int:
        """Leaves it to reading to find the end: a broker's last words say why it hung up."""
        if not self._unheard:
            try:
                return super()._sock_send(buf)
            except BlockingIOError:
                raise
            except OSError:
                self._unheard = True
        return len(buf)

    def _packet_handle(self) -> MQTTErrorCode:
        first = self._in_packet["command"]
        if first & _KIND not in _EXPECTED:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if first & _KIND == PacketTypes.PUBLISH << 4 and first & _QOS_2:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return super()._packet_handle()

    def _handle_connack(self) -> MQTTErrorCode:
        """A broker may ask for a shorter keep alive than ours, not for a longer one, or none."""
        ours_s = self._keepalive
        code = super()._handle_connack()
        self._keepalive = min(self._keepalive or ours_s, ours_s)
        return code
