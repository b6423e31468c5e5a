"""Delivers: drains the outbox to the broker, and keeps the retained topics true.

One thread owns the connection, so nothing here needs a lock. Retained topics go first: a backlog
of days must not keep the present from being said. An event leaves the outbox only after an
acknowledgement whose reason code says success.
"""

import logging
import select
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.config import MqttOptions
from edgecam.config.options import Command
from edgecam.errors import BrokerError, ConfigError
from edgecam.messages import Explanation
from edgecam.publisher import contract, payloads
from edgecam.publisher.broker import credentials
from edgecam.publisher.broker.attempts import Attempts
from edgecam.publisher.broker.mqtt import Connection, Will
from edgecam.publisher.broker.refusals import Refusals
from edgecam.publisher.broker.retained import Retained
from edgecam.publisher.condition import Condition
from edgecam.publisher.contract import Alarm, HealthPayload, ReportPart, WhyPart
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox, Queued
from edgecam.publisher.requests import Requests, Response
from edgecam.publisher.topics import Topics
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.worker import Wakeup, Worker

DRAIN_TIMEOUT_S = 2.0  # at a clean stop, for what is still queued
ACKNOWLEDGE_TIMEOUT_S = 60.0  # without any, while some are due: the slowest line is faster
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
        vocabulary: Vocabulary,
        commands: Sequence[Command],
        outbox: Outbox,
        outbox_folder: Path,
        monitor: VisionMonitor,
        control: Control,
        health_interval_s: float,
    ) -> None:
        super().__init__("delivery")
        self.connecting = False
        self._secret = secret
        self._node = node
        self._client_id = options.client_id or f"edgecam-{node}"
        self._topics = Topics(node)
        self._outbox = outbox
        self._monitor = monitor
        self._control = control
        self._vocabulary = vocabulary
        self._condition = Condition(outbox, outbox_folder, monitor, control, health_interval_s)
        self._wakeup = Wakeup()
        self._attempts = Attempts(options)
        self._connection: Connection | None = None
        self._retained = Retained(
            topics=self._topics,
            vocabulary=vocabulary,
            monitor=monitor,
            health=self._health,
            health_interval_s=health_interval_s,
        )
        self._refusals = Refusals(self._topics)
        self._requests = Requests(
            allowed=commands,
            regions=vocabulary.tables.regions,
            control=control,
            report=self._report,
            why=self._why,
        )
        self._responses: deque[Response] = deque()  # to be sent; as few as there are requests
        self._in_flight: dict[int, Queued | None] = {}  # by message id; None: no event
        self._sent_place = 0
        self._acknowledged_s = 0.0  # when the last acknowledgement came, or none was due
        self._openings = outbox.openings

    def nudge(self) -> None:
        """Something is new in the outbox or the monitor; callable from any thread."""
        self._wakeup.set()

    def reload(self, vocabulary: Vocabulary) -> None:
        """Speak of another configuration from now on; callable from any thread."""
        self._vocabulary = vocabulary
        self._wakeup.set()

    def stop(self) -> None:
        """Ask the delivery to end now rather than when its wait is over."""
        super().stop()
        self._wakeup.set()

    def setup(self) -> None:
        """Raises ConfigError for certificates that cannot be used."""
        credentials.tls_context(self._attempts.broker)

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
        left_s = self._attempts.wait_s
        if left_s > 0:
            select.select([self._wakeup], [], [], min(left_s, _SLICE_S))
            self._wakeup.clear()
            return
        try:
            connection = Connection(
                self._attempts.broker,
                self._secret,
                self._client_id,
                self._attempts.protocol,
                Will(self._topics.status, b"offline"),
            )
        except ConfigError as error:  # certificates that were good at the start: being renewed?
            raise BrokerError(str(error)) from error
        self.connecting = True
        try:
            with self.unbounded():  # a resolver may hang for as long as it likes
                connection.open()
        finally:
            self.connecting = False
        self._connection = connection

    def _work(self, connection: Connection, timeout_s: float) -> None:
        was_connected = connection.connected
        if was_connected:
            self._attempts.holds(time.monotonic() - connection.connected_s)
            alarms = self._condition.alarms(
                events_refused=self._refusals.lasting,
                client_id_taken=self._attempts.client_id_taken,
            )
            self._retained.refresh(self._vocabulary, alarms)
            self._send(connection)
            self._converse(connection)
            self._send(connection)
            timeout_s = min(timeout_s, self._retained.due_s)
        connection.poll(timeout_s, self._wakeup)
        self._wakeup.clear()
        if connection.connected and not was_connected:
            self._connected(connection)
        self._take_acknowledgements(connection)
        if time.monotonic() - self._acknowledged_s > ACKNOWLEDGE_TIMEOUT_S:
            msg = f"{connection.address} has acknowledged nothing for {ACKNOWLEDGE_TIMEOUT_S:g} s"
            raise BrokerError(msg)

    def _connected(self, connection: Connection) -> None:
        systemd.wait_for("broker", "")
        _log.info(
            "connected to %s with MQTT %s",
            *(connection.address, self._attempts.protocol),
            extra=about("broker_connected"),
        )
        self._retained.begin()
        self._refusals.begin()
        for command in self._requests.allowed:
            connection.subscribe(self._topics.request(command))

    def _disconnected(self, error: BrokerError) -> None:
        connection, held_s = self._connection, 0.0
        if connection is not None:
            connection.drop()
            if connection.connected:
                held_s = time.monotonic() - connection.connected_s
        self._attempts.failed(error, held_s)
        self._connection = None
        self._in_flight.clear()
        self._responses.clear()
        self._sent_place = 0

    def _send(self, connection: Connection) -> None:
        """What is true now, and what was asked, go before events, however many of them wait."""
        room = connection.max_in_flight - len(self._in_flight)
        for topic, payload in self._retained.take(room):
            self._in_flight[connection.publish(topic, payload, retain=True)] = None
            room -= 1
        while self._responses and room > 0:
            response = self._responses.popleft()
            topic = self._topics.response(response.command)
            answer = contract.encode(response.payload)
            self._in_flight[connection.publish(topic, answer, retain=False)] = None
            room -= 1
        if room <= 0 or self._refusals.holding:
            return
        if self._outbox.openings != self._openings:
            # What could not be read before may lie before what was sent meanwhile.
            self._openings = self._outbox.openings
            self._sent_place = 0
        for queued in self._outbox.after(self._sent_place, room):
            payload = contract.encode(payloads.event(queued, self._node))
            mid = connection.publish(self._topics.event, payload, retain=False)
            self._in_flight[mid] = queued
            self._sent_place = queued.place

    def _converse(self, connection: Connection) -> None:
        """Hear what is asked, and pass on looks as far as they get through at once."""
        self._requests.ignored += connection.passed_over
        connection.passed_over = 0
        self._responses.extend(self._requests.answers())
        while connection.messages:
            message = connection.messages.popleft()
            command = message.topic.rpartition("/")[2]
            response = self._requests.take(command, message.payload, retain=message.retain)
            if response is not None:
                self._responses.append(response)
        for seen in self._monitor.looks():
            topic = self._topics.live(self._vocabulary.tables.regions[seen.look.region])
            payload = contract.encode(payloads.live(seen.look, seen.labels))
            connection.publish(topic, payload, retain=False, qos=0)

    def _take_acknowledgements(self, connection: Connection) -> None:
        if connection.acknowledged or not self._in_flight:
            self._acknowledged_s = time.monotonic()
        while connection.acknowledged:
            answer = connection.acknowledged.popleft()
            queued = self._in_flight.pop(answer.mid, None)
            if answer.refusal:
                self._refused(queued, answer.refusal)
            elif queued is not None:
                self._refusals.taken()
                self._outbox.acknowledge([queued.place])

    def _refused(self, queued: Queued | None, why: str) -> None:
        if queued is None:
            self._refusals.other(why)
        else:
            self._refusals.event(queued.seq, why)
            self._sent_place = min(self._sent_place, queued.place - 1)

    def _drain(self, connection: Connection) -> None:
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        while time.monotonic() < deadline_s and not self._refusals.holding:
            self._work(connection, 0.05)
            waiting = self._outbox.after(self._sent_place, 1)
            if not (waiting or self._in_flight or self._responses or self._retained.unsaid):
                return

    def _say_goodbye(self, connection: Connection) -> None:
        self._retained.end()
        mid = 0
        for topic, payload in self._retained.take(most=sys.maxsize):
            mid = connection.publish(topic, payload, retain=True)
            self._in_flight[mid] = None
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        while mid in self._in_flight and time.monotonic() < deadline_s:
            connection.poll(0.05)
            self._take_acknowledgements(connection)
        connection.close()

    def _report(self) -> ReportPart:
        self._retained.say_health()
        return self._condition.report()

    def _why(self, explanation: Explanation) -> WhyPart:
        return self._vocabulary.why(
            explanation, paused=self._control.paused, asleep=self._monitor.asleep
        )

    def _health(self, alarms: tuple[Alarm, ...]) -> HealthPayload:
        # Of the hours that were read here, not of what the half that sees says.
        wakes_at = self._vocabulary.wakes_at() if self._monitor.asleep else None
        return self._condition.health(alarms, self._requests.ignored, wakes_at)
