"""Delivers: drains the outbox to the broker, and keeps the retained topics true.

One thread owns the connection, so nothing here needs a lock. Retained topics go first: a backlog
of days must not keep the present from being said. An event leaves the outbox only after an
acknowledgement whose reason code says success.
"""

import logging
import select
import time
from pathlib import Path

from edgecam.appliance import board
from edgecam.config import MqttOptions
from edgecam.errors import BrokerError
from edgecam.link import Tables
from edgecam.messages import RegionState, VisionHealth
from edgecam.publisher import contract, payloads
from edgecam.publisher.backoff import STABLE_S, Backoff
from edgecam.publisher.contract import HealthPayload, InfoPayload, OutboxPart, Topics
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.mqtt import (
    Connection,
    ProtocolRefusedError,
    Will,
    first_protocol,
    other,
)
from edgecam.publisher.outbox import Outbox, Queued
from edgecam.worker import Wakeup, Worker

DRAIN_TIMEOUT_S = 2.0  # at a clean stop, for what is still queued
REFUSED_WAIT_S = 60.0  # before an event that the broker refused is tried again
VISION_GONE_S = 15.0  # without a vision half for so long, regions show "unknown"
HEALTH_GRACE_S = 2.0
_SLICE_S = 0.5

_log = logging.getLogger(__name__)


class Delivery(Worker):
    """The publisher's thread towards the broker."""

    def __init__(
        self,
        *,
        options: MqttOptions,
        secret: str | None,
        node: str,
        info: InfoPayload,
        tables: Tables,
        outbox: Outbox,
        outbox_folder: Path,
        monitor: VisionMonitor,
        health_interval_s: float,
    ) -> None:
        super().__init__("delivery")
        self.connecting = False
        self._options = options
        self._secret = secret
        self._node = node
        self._client_id = options.client_id or f"edgecam-{node}"
        self._topics = Topics(node)
        self._info = info
        self._tables = tables
        self._outbox = outbox
        self._outbox_folder = outbox_folder
        self._monitor = monitor
        self._board = board.Board()
        self._health_interval_s = health_interval_s
        self._wakeup = Wakeup()
        self._protocol = self._usual_protocol = first_protocol(options)
        self._connection: Connection | None = None
        self._backoff = Backoff()
        self._retry_s = 0.0
        self._said_absent = False
        self._retained: dict[str, bytes] = {}  # to be sent, the newest for each topic
        self._shown: dict[str, RegionState] = {}  # what each state topic was last told
        self._health_due_s = 0.0
        self._said_health: tuple[bool, VisionHealth | None] = (False, None)
        self._in_flight: dict[int, Queued | None] = {}  # by message id, None for retained ones
        self._sent_place = 0
        self._disk_trouble = outbox.trouble
        self._hold_until_s = 0.0

    def nudge(self) -> None:
        """Something is new in the outbox or the monitor; callable from any thread."""
        self._wakeup.set()

    def stop(self) -> None:
        """Ask the delivery to end now rather than when its wait is over."""
        super().stop()
        self._wakeup.set()

    def step(self) -> None:
        """Connect where needed, say what is new, take in acknowledgements."""
        try:
            if self._connection is None:
                self._reconnect()
            else:
                self._work(self._connection, _SLICE_S)
        except BrokerError as error:
            self._disconnected(error)

    def close(self) -> None:
        """Send what is still queued, as far as time allows, and say `stopped`."""
        connection = self._connection
        if connection is not None and connection.connected and self.failure is None:
            try:
                self._drain(connection)
                self._say_goodbye(connection)
            except BrokerError as error:
                _log.warning("could not say goodbye: %s", error)
        self._wakeup.close()

    def _reconnect(self) -> None:
        left_s = self._retry_s - time.monotonic()
        if left_s > 0:
            select.select([self._wakeup], [], [], min(left_s, _SLICE_S))
            self._wakeup.clear()
            return
        connection = Connection(
            self._options,
            self._secret,
            self._client_id,
            self._protocol,
            Will(self._topics.status, b"offline"),
        )
        self.connecting = True
        try:
            connection.open()
        finally:
            self.connecting = False
        self._connection = connection

    def _work(self, connection: Connection, timeout_s: float) -> None:
        was_connected = connection.connected
        if was_connected:
            self._refresh()
            self._send(connection)
            timeout_s = min(timeout_s, self._next_due_s())
        connection.poll(timeout_s, self._wakeup)
        self._wakeup.clear()
        if connection.connected and not was_connected:
            self._connected()
        self._take_acknowledgements(connection)

    def _connected(self) -> None:
        _log.info("connected to %s with MQTT %s", self._options.broker, self._protocol)
        self._said_absent = False
        # A broker that lost its memory must be told everything again, so always say it all.
        self._shown.clear()
        self._retained[self._topics.status] = b"online"
        self._retained[self._topics.info] = contract.encode(self._info)
        self._health_due_s = 0.0 if self._monitor.up else time.monotonic() + HEALTH_GRACE_S

    def _disconnected(self, error: BrokerError) -> None:
        connection, held_s = self._connection, 0.0
        if connection is not None:
            connection.drop()
            if connection.connected:
                held_s = time.monotonic() - connection.connected_s
        wait_s = self._backoff.wait_s(held_s)
        if isinstance(error, ProtocolRefusedError) and self._options.protocol == "auto":
            self._protocol = other(self._protocol)
            if error.said:
                self._usual_protocol = self._protocol
            wait_s = 0.0 if self._protocol == "3.1.1" else wait_s
            _log.info("%s; trying MQTT %s", error, self._protocol)
        else:
            # A glitch must not bind us to 3.1.1, which cannot tell of an event that is refused.
            self._protocol = self._usual_protocol
            hint = ""
            if 0 < held_s < STABLE_S:
                hint = f" (is another client called {self._client_id} connected?)"
            level = logging.DEBUG if self._said_absent else logging.WARNING
            _log.log(level, "%s%s; events are kept, trying again", error, hint)
            self._said_absent = True
        self._retry_s = time.monotonic() + wait_s
        self._connection = None
        self._in_flight.clear()
        self._retained.clear()
        self._sent_place = 0

    def _refresh(self) -> None:
        """Put into `_retained` what has changed since it was last said."""
        if self._monitor.gone_s > VISION_GONE_S:
            self._monitor.forget_states()
        self._refresh_states()
        news = (self._monitor.up, self._monitor.health)
        if news != self._said_health or time.monotonic() >= self._health_due_s:
            self._said_health = news
            # Vision's own report is due at the same time: wait for it rather than say it twice.
            self._health_due_s = time.monotonic() + self._health_interval_s + HEALTH_GRACE_S
            self._retained[self._topics.health] = contract.encode(self._health())

    def _refresh_states(self) -> None:
        for region, shown in zip(self._tables.regions, self._monitor.states, strict=True):
            topic = self._topics.state(region)
            # Before vision has said anything, what was said before a restart stands.
            if shown is not None and self._shown.get(topic) != shown:
                self._shown[topic] = shown
                payload = payloads.state(shown, self._tables.labels)
                self._retained[topic] = contract.encode(payload)

    def _send(self, connection: Connection) -> None:
        room = connection.max_in_flight - len(self._in_flight)
        for topic in list(self._retained)[: max(room, 0)]:
            payload = self._retained.pop(topic)
            self._in_flight[connection.publish(topic, payload, retain=True)] = None
            room -= 1
        if room <= 0 or time.monotonic() < self._hold_until_s:
            return
        if self._outbox.trouble != self._disk_trouble:
            # What could not be read before may lie before what was sent meanwhile.
            self._disk_trouble = self._outbox.trouble
            self._sent_place = 0
        for queued in self._outbox.after(self._sent_place, room):
            payload = contract.encode(payloads.event(queued, self._node))
            mid = connection.publish(self._topics.event, payload, retain=False)
            self._in_flight[mid] = queued
            self._sent_place = queued.place

    def _take_acknowledgements(self, connection: Connection) -> None:
        while connection.acknowledged:
            answer = connection.acknowledged.popleft()
            queued = self._in_flight.pop(answer.mid, None)
            if answer.refusal:
                self._refused(queued, answer.refusal)
            elif queued is not None:
                self._outbox.acknowledge([queued.place])

    def _refused(self, queued: Queued | None, why: str) -> None:
        if queued is None:
            _log.warning("the broker refuses a retained topic of ours: %s", why)
            return
        _log.warning(
            "the broker refuses event %d (%s): kept, trying again in %g s; "
            "check its access rules for %s",
            queued.seq,
            why,
            REFUSED_WAIT_S,
            self._topics.event,
        )
        self._hold_until_s = time.monotonic() + REFUSED_WAIT_S
        self._sent_place = min(self._sent_place, queued.place - 1)

    def _drain(self, connection: Connection) -> None:
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        while time.monotonic() < deadline_s and time.monotonic() >= self._hold_until_s:
            self._work(connection, 0.05)
            waiting = self._outbox.after(self._sent_place, 1)
            if not (waiting or self._in_flight or self._retained):
                return

    def _say_goodbye(self, connection: Connection) -> None:
        # What is retained outlives us: nobody is looking any more.
        self._monitor.forget_states()
        self._refresh_states()
        for topic, payload in self._retained.items():
            connection.publish(topic, payload, retain=True)
        mid = connection.publish(self._topics.status, b"stopped", retain=True)
        self._in_flight[mid] = None
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        while mid in self._in_flight and time.monotonic() < deadline_s:
            connection.poll(0.05)
            self._take_acknowledgements(connection)
        connection.close()

    def _health(self) -> HealthPayload:
        oldest = self._outbox.oldest()
        age_s = payloads.age_s(oldest) if oldest else 0.0
        return payloads.health(
            self._monitor,
            OutboxPart(
                queued=self._outbox.count,
                oldest_s=round(age_s, 1),
                lost=self._outbox.lost,
            ),
            self._board,
            board.disk_free_mb(self._outbox_folder),
        )

    def _next_due_s(self) -> float:
        return max(0.0, self._health_due_s - time.monotonic())
