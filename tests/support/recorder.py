"""An independent subscriber: it knows the contract from the outside, not our code."""

import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from support.waiting import wait_until

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    at_s: float = 0.0
    """When it came, by the monotonic clock."""

    @property
    def json(self) -> Any:
        """The payload as JSON."""
        return json.loads(self.payload)


class Recorder:
    """Records every message under `edgecam/`."""

    def __init__(self, port: int, username: str | None = None, password: str | None = None) -> None:
        self.messages: list[Received] = []
        self._subscribed = threading.Event()
        # A session that the broker keeps: what is published while we reconnect is not missed.
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"recorder-{next(_NUMBERS)}",
            clean_session=False,
        )
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.on_connect = lambda client, *_: client.subscribe("edgecam/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(10.0), "the recorder could not subscribe"

    @property
    def subscribed(self) -> bool:
        """Whether the broker would hand on a message now."""
        return self._subscribed.is_set()

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def on(self, topic_end: str) -> list[Received]:
        """The messages of topics with this ending, in the order they came."""
        return [message for message in list(self.messages) if message.topic.endswith(topic_end)]

    @property
    def statuses(self) -> list[str]:
        """Every status so far."""
        return [message.payload.decode() for message in self.on("/status")]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event so far."""
        return [message.json for message in self.on("/event")]

    @property
    def sightings(self) -> list[tuple[str, str]]:
        """`("appeared", label)` and so on, each event once, in order of `seq`."""
        once = {(event["epoch"], event["seq"]): event for event in self.events}
        return [
            (event["event_type"], event["label"])
            for _, event in sorted(once.items())
            if "label" in event
        ]

    @property
    def open(self) -> set[str]:
        """The ids of what has appeared and has not disappeared."""
        kinds = ("appeared", "disappeared")
        appeared, ended = (
            {event["id"] for event in self.events if event["event_type"] == kind} for kind in kinds
        )
        return appeared - ended

    @property
    def gapless(self) -> bool:
        """Whether every sequence number up to the highest has arrived."""
        seqs = {event["seq"] for event in self.events}
        return seqs == set(range(1, len(seqs) + 1))

    def wait_for(self, condition: Callable[["Recorder"], object], timeout_s: float = 20.0) -> None:
        """Wait until a condition holds of what was recorded."""
        wait_until(lambda: condition(self), timeout_s)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.messages.append(
            Received(
                message.topic,
                bytes(message.payload),
                message.retain,
                message.qos,
                time.monotonic(),
            )
        )
