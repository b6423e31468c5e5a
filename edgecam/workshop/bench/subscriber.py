"""A subscriber that notes when each message came."""

import time
from typing import Self

from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.publisher.broker.mqtt import Connection, Message

_TIMEOUT_S = 10.0


class Subscriber:
    """Connected to a broker of ours, and subscribed to everything of edgecam's."""

    def __init__(self, broker: str) -> None:
        """Raises BrokerError."""
        self._connection = Connection(
            MqttOptions(broker=broker, protocol="3.1.1"), None, "", "3.1.1"
        )
        self._connection.open()
        deadline_s = time.monotonic() + _TIMEOUT_S
        while not self._connection.connected:
            if time.monotonic() > deadline_s:
                msg = f"{broker} does not answer"
                raise BrokerError(msg)
            self._connection.poll(0.1)
        self._connection.subscribe("edgecam/#")

    def receive(self, seconds: float) -> list[tuple[int, Message]]:
        """What comes in so many seconds, each with the monotonic time in ns at which it came."""
        received = []
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._connection.poll(left_s)
            now_ns = time.monotonic_ns()
            while self._connection.messages:
                received.append((now_ns, self._connection.messages.popleft()))
        return received

    def close(self) -> None:
        """Leave the broker."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
