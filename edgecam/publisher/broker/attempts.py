"""Which broker is tried next, with which version of MQTT, and when; and what is said of it.

A round tries every address once, the first one first; waits grow from round to round. A connection
that held for a while ends its round. Who refused us is asked again later than who was not there.
"""

import logging
import random
import time

import msgspec

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker.backoff import STABLE_S, Backoff
from edgecam.publisher.broker.endings import (
    ClientIdTakenError,
    HungUpError,
    NoEntryError,
    ProtocolRefusedError,
)
from edgecam.publisher.broker.mqtt import Protocol

NEXT_ADDRESS_S = 1.0  # at most, jittered: between the addresses of a round
NO_ENTRY_WAIT_S = 60.0  # at least, jittered up to a quarter more: after a refused password
TAKEN_WAIT_S = 30.0  # at least, jittered up to three times as long: two of one name must part
TAKEN_HELD_S = 600.0  # a connection that held for so long has its client id for itself
SUSPICIOUS_HANG_UPS = 3  # soon after connecting, one after the other
_SAID_AT_MOST = 16  # lines in one outage

_log = logging.getLogger(__name__)


class Attempts:
    """What to try, one attempt after the other."""

    def __init__(self, options: MqttOptions) -> None:
        self.client_id_taken = False
        """Whether another client seems to use our id, as far as it is known."""
        addresses = (options.broker, *options.fallback_brokers)
        self._brokers = [msgspec.structs.replace(options, broker=address) for address in addresses]
        self._number = 0
        self._protocol = first_protocol(options)
        self._backoff = Backoff()
        self._least_wait_s = 0.0
        self._due_s = 0.0
        self._hang_ups = 0
        self._said: set[str] = set()

    @property
    def broker(self) -> MqttOptions:
        """The options with the address to try in the first one's place."""
        return self._brokers[self._number]

    @property
    def protocol(self) -> Protocol:
        """The version of MQTT to try."""
        return self._protocol

    @property
    def wait_s(self) -> float:
        """How long to wait until then."""
        return max(0.0, self._due_s - time.monotonic())

    def holds(self, held_s: float) -> None:
        """The connection has held for so long."""
        if held_s >= STABLE_S:
            self._least_wait_s = 0.0
        if held_s >= TAKEN_HELD_S:
            self.client_id_taken = False

    def failed(self, error: BrokerError, held_s: float) -> None:
        """This attempt failed, or its connection was lost after `held_s` (0: it never was one)."""
        older = self._protocol == "5" and self.broker.protocol == "auto"
        if isinstance(error, ProtocolRefusedError) and older:
            self._protocol = "3.1.1"
            self._due_s = time.monotonic()
            self._say(logging.INFO, error, "; trying MQTT 3.1.1")
            return
        hint = self._note_double(error, held_s)
        if held_s > 0:
            self._said.clear()
        self._say(logging.WARNING, error, f"{hint}; events are kept, trying again")
        # A glitch must not bind us to 3.1.1, which cannot tell of an event that is refused.
        self._protocol = first_protocol(self.broker)
        self._due_s = time.monotonic() + self._wait_after(error, held_s)

    def _wait_after(self, error: BrokerError, held_s: float) -> float:
        """Turns to the next address, or to the first one again, and says how soon."""
        self._least_wait_s = max(self._least_wait_s, self._demanded_s(error))
        if held_s < STABLE_S and self._number + 1 < len(self._brokers):
            self._number += 1
            return random.uniform(0, NEXT_ADDRESS_S)  # noqa: S311  jitter, not a secret
        wait_s = max(self._backoff.wait_s(held_s), self._least_wait_s)
        self._number, self._least_wait_s = 0, 0.0
        return wait_s

    def _demanded_s(self, error: BrokerError) -> float:
        if isinstance(error, NoEntryError):
            return NO_ENTRY_WAIT_S * random.uniform(1, 1.25)  # noqa: S311  jitter, not a secret
        if isinstance(error, ClientIdTakenError) or self._suspicious(error):
            return TAKEN_WAIT_S * random.uniform(1, 3)  # noqa: S311  jitter, not a secret
        return 0.0

    def _note_double(self, error: BrokerError, held_s: float) -> str:
        """Looks for another client with our id, and gives a hint where that is a suspicion.

        MQTT 5 has a word for it, which Mosquitto 2.0 does not use, and 3.1.1 has none: then a
        broker only closes the connection, again and again.
        """
        if isinstance(error, ClientIdTakenError):
            self.client_id_taken = True
        if held_s >= STABLE_S:
            self._hang_ups = 0
        elif isinstance(error, HungUpError):
            self._hang_ups += 1
        if not self._suspicious(error):
            return ""
        self.client_id_taken = True
        return " again (does another client use our mqtt.client_id?)"

    def _suspicious(self, error: BrokerError) -> bool:
        return isinstance(error, HungUpError) and self._hang_ups >= SUSPICIOUS_HANG_UPS

    def _say(self, level: int, error: BrokerError, what_follows: str) -> None:
        """Each line once in an outage."""
        line = f"{error}{what_follows}"
        new = line not in self._said and len(self._said) < _SAID_AT_MOST
        ended = about("broker_disconnected", reason=f"{error}")
        _log.log(level if new else logging.DEBUG, "%s", line, extra=ended)
        if new:
            self._said.add(line)
            systemd.wait_for("broker", f"no broker: {error}")


def first_protocol(options: MqttOptions) -> Protocol:
    """The version of MQTT to begin with."""
    return "3.1.1" if options.protocol == "3.1.1" else "5"
