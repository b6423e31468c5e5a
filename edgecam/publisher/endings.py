"""How a connection to a broker ends: errors by who can act, each one line with the options to see."""

import ssl
from dataclasses import dataclass

from edgecam.errors import BrokerError
from edgecam.publisher import credentials

_LOGIN = "mqtt.username, mqtt.password_file"
# Answers that stay the same until somebody changes something, and the options to look at. The names
# are those of MQTT 5's reason codes.
_NO_ENTRY = {
    "Not authorized": _LOGIN,
    "Bad user name or password": _LOGIN,
    "Bad authentication method": _LOGIN,
    "Client identifier not valid": "mqtt.client_id",
    "Banned": "mqtt.client_id",
}


class ProtocolRefusedError(BrokerError):
    """The broker does not speak this version of MQTT: it said so, or gave no answer to it."""


class NoEntryError(BrokerError):
    """The broker does not let us in, and will not until somebody changes something."""


class ClientIdTakenError(BrokerError):
    """Another client came with our client id, and the broker let us go for it."""


class HungUpError(BrokerError):
    """The broker closed a connection that it had accepted, in good order and without a word."""


@dataclass(frozen=True)
class Endings:
    """Tells the endings of connections to one address, with one version of MQTT, by one name."""

    address: str
    protocol: str
    client_id: str

    def unreachable(self, error: OSError | ValueError) -> BrokerError:
        """No connection came about; a ValueError is a host name that cannot be encoded."""
        # TCP is refused where it is not wanted; a reset comes from who is asked for TLS.
        if isinstance(error, ssl.SSLError | ConnectionResetError):
            return BrokerError(f"no connection to {self.address}: {credentials.tls_problem(error)}")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return BrokerError(f"no connection to {self.address}: {reason}")

    def refused(self, name: str) -> BrokerError:
        """The broker said no, by the name of a reason code of MQTT 5."""
        if name == "Unsupported protocol version":
            return ProtocolRefusedError(f"{self.address} does not speak MQTT {self.protocol}")
        if name == "Session taken over":
            return ClientIdTakenError(
                f"{self.address}: another client uses our client id, {self.client_id} "
                f"(mqtt.client_id)"
            )
        if name in _NO_ENTRY:
            return NoEntryError(f"{self.address} refuses us: {name} ({_NO_ENTRY[name]})")
        return BrokerError(f"{self.address} refuses us: {name}")

    def lost(self, why: str, *, connected: bool) -> BrokerError:
        """Before the broker's first answer a lost connection may be its answer to our version."""
        if not connected and self.protocol == "5":
            return ProtocolRefusedError(f"{self.address} did not accept MQTT 5: {why}")
        return BrokerError(f"{self.address}: {why}")

    def closed(self, error: OSError | None, *, connected: bool) -> BrokerError:
        """The socket was closed and nothing was said; `error` is what reading it came to."""
        if isinstance(error, ssl.SSLError):  # TLS 1.3 looks at our certificate after its handshake
            return self.unreachable(error)
        if error is not None and not isinstance(error, ConnectionError):  # the network's doing
            return self.lost(error.strerror or str(error), connected=connected)
        why = "the broker closed the connection"
        if connected and error is None:
            return HungUpError(f"{self.address}: {why}")
        return self.lost(why, connected=connected)

    def garbled(self, error: Exception) -> BrokerError:
        """What came was no MQTT, or nothing that a broker has to say."""
        return BrokerError(
            f"{self.address} sent what cannot be understood ({type(error).__name__}: {error})"
        )
