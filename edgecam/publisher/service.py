"""The publisher half: two threads, constructed, started, watched and stopped.

receiver  the wall → outbox
delivery  outbox → broker; retained topics
"""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from edgecam.config import MqttOptions, OutboxOptions
from edgecam.config.options import Command
from edgecam.publisher.control import Control
from edgecam.publisher.delivery import Delivery
from edgecam.publisher.limits import Limits
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.receiver import PAUSED, Receiver
from edgecam.publisher.vocabulary import Vocabulary

STOP_TIMEOUT_S = 6.0  # more than delivery takes to drain and to say goodbye


class PublisherService:
    """The publisher half, whole."""

    def __init__(
        self,
        *,
        outbox: OutboxOptions,
        mqtt: MqttOptions,
        secret: str | None,
        node: str,
        vocabulary: Vocabulary,
        limits: Limits,
        commands: Sequence[Command],
        health_interval_s: float,
        listener: socket.socket | None = None,
        wall: socket.socket | None = None,
    ) -> None:
        """Over a listening socket, or a wall that is already connected.

        Raises OutboxError or ConfigError for the queue file.
        """
        monitor = VisionMonitor(len(vocabulary.tables.regions), health_interval_s)
        file = Path(outbox.file)
        self._outbox = Outbox(
            file,
            max_events=outbox.max_events,
            max_mb=outbox.max_mb,
            max_age_days=outbox.max_age_days,
        )
        control = Control(paused=bool(self._outbox.fact(PAUSED)))
        self._delivery = Delivery(
            options=mqtt,
            secret=secret,
            node=node,
            vocabulary=vocabulary,
            commands=commands,
            outbox=self._outbox,
            outbox_folder=file.parent,
            monitor=monitor,
            control=control,
            health_interval_s=health_interval_s,
        )
        self._receiver = Receiver(
            listener=listener,
            wall=wall,
            outbox=self._outbox,
            monitor=monitor,
            control=control,
            limits=limits,
            vocabulary=vocabulary,
            on_news=self._delivery.nudge,
        )

    def start(self, on_end: Callable[[], None]) -> None:
        """Start both threads."""
        self._delivery.start(on_end)
        self._receiver.start(on_end)

    def check(self) -> None:
        """Raise what ended a worker."""
        for worker in (self._receiver, self._delivery):
            worker.check()

    def reload(self, vocabulary: Vocabulary, limits: Limits) -> None:
        """Another configuration is in force, as far as it can be without a restart."""
        self._receiver.reload(vocabulary.tables, limits)
        self._delivery.reload(vocabulary)

    @property
    def ready(self) -> bool:
        """It can keep events from the start; a broker may come later."""
        return True

    @property
    def alive(self) -> bool:
        """Both threads run; a broker outage is not a fault of ours."""
        return not (self._receiver.ended or self._delivery.ended)

    @property
    def finished(self) -> bool:
        """It never is by itself."""
        return False

    def stop(self) -> bool:
        """Deliver what can be delivered, say `stopped`. Vision has stopped before, and flushed."""
        self._receiver.stop()
        done = self._receiver.join(STOP_TIMEOUT_S)
        self._delivery.stop()
        if not self._delivery.join(STOP_TIMEOUT_S):
            # A resolver or a dead network can hold a connect for long; nothing is lost by leaving.
            done &= self._delivery.connecting
        if done:  # else a thread may hold it, and closing would wait for that
            self._outbox.close()
        return done
