"""The publisher's way to a broker: its queue, its monitor and its delivery, without a wall."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgecam.config import DecisionOptions, MqttOptions
from edgecam.config.options import Command, ScheduleOptions
from edgecam.model import Model, Tensor
from edgecam.publisher.broker.delivery import Delivery
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import happened
from edgecam.publisher.vocabulary import Vocabulary
from support.mosquitto import Mosquitto

LABELS = ("cat", "dog")
TENSOR = Tensor((1, 32, 32, 3), "uint8", 0.0, 0)
MODEL = Model(Path("m"), "m", "f" * 64, LABELS, TENSOR, TENSOR, True, None, None)  # noqa: FBT003
VOCABULARY = Vocabulary.build(
    DecisionOptions(),
    MODEL,
    regions=("door",),
    fps=None,
    power="eco",
    schedule=ScheduleOptions(),
    runtime="r",
    os_name="o",
)


class Publisher:
    """A delivery with its queue and monitor, towards some broker."""

    def __init__(
        self,
        folder: Path,
        options: MqttOptions,
        secret: str | None = None,
        health_interval_s: float = 30.0,
        commands: Sequence[Command] = (),
    ) -> None:
        self.outbox = Outbox(folder / "q.db", max_events=100_000, max_mb=64, max_age_days=30)
        self.monitor = VisionMonitor(1, health_interval_s)
        self.delivery = Delivery(
            options=options,
            secret=secret,
            node="test",
            vocabulary=VOCABULARY,
            commands=commands,
            outbox=self.outbox,
            outbox_folder=folder,
            monitor=self.monitor,
            control=Control(paused=False),
            health_interval_s=health_interval_s,
        )

    def start(self) -> None:
        """Start its thread."""
        self.delivery.start(lambda: None)

    def store(self, first: int, last: int) -> None:
        """Put events `first` to `last` into the queue, in one transaction."""
        events = [(n, happened("appeared", label=f"label {n}")) for n in range(first, last + 1)]
        self.outbox.commit(1, list(events), {})
        self.delivery.nudge()

    @property
    def waiting(self) -> int:
        """How many events are in the queue."""
        return self.outbox.count

    def close(self) -> None:
        """End it; it must not have failed."""
        self.delivery.stop()
        self.delivery.nudge()
        assert self.delivery.join(10.0)
        self.outbox.close()
        assert self.delivery.failure is None


Make = Callable[..., Publisher]
NewBroker = Callable[[str], Mosquitto]


def to(broker: Mosquitto, **options: Any) -> MqttOptions:
    """Options for a broker that a test has, with the shortest keep alive."""
    return MqttOptions(broker=broker.url, keepalive_s=5, **options)


def passwords(folder: Path) -> Path:
    """A Mosquitto password file with cam:secret in it."""
    file = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(file), "cam", "secret"], check=True)
    return file
