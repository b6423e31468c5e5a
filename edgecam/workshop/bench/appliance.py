"""Both halves as real processes on the configured camera: start-up, rate, memory, heat."""

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edgecam.appliance.board import Board
from edgecam.config import Config
from edgecam.config.rules import is_endless
from edgecam.publisher.contract import HealthPayload
from edgecam.workshop.bench import settings
from edgecam.workshop.bench.result import Sample
from edgecam.workshop.bench.subscriber import Subscriber
from edgecam.workshop.halves import HalfProcess, Memory, write_configuration

READY_TIMEOUT_S = 60.0
STARTS = 3
_HEALTH_S = 1.0
_SAMPLES = 300  # at most: enough for a plot as wide as a screen
_SHORTEST_S = 0.5
_RATE_TIMEOUT_S = 10.0  # a few reports of health, the first of which knows no rate yet


@dataclass(frozen=True)
class ApplianceFigures:
    """What the kernel and a subscriber say of the running appliance."""

    ready_s: float
    """From the start of the vision process until it was ready; the median of a few."""
    fps: float | None
    """As health tells it, which is rounded to two digits; None without a broker."""
    cpu_ms_per_frame: float | None
    """Of the vision process, its camera's work included; None where the rate is not known."""
    vision: Memory
    publisher: Memory
    vision_pss_mb: float | None
    publisher_pss_mb: float | None
    samples: list[Sample]


def measure(
    folder: Path,
    config: Config,
    broker: str | None,
    seconds: float,
    advance: Callable[[float], None],
) -> ApplianceFigures:
    """Run it for so long; `advance` is told of seconds that have passed.

    Raises HalfEndedError where a half ends, or the camera is not there.
    """
    changes = {
        **settings.full_rate(broker or "mqtt://127.0.0.1:1"),
        "health": {"interval_s": _HEALTH_S},
        # Pictures and videos that end are not to end the half; a device or a stream has no end.
        "camera": {
            "stills": {"loop": True},
            "opencv": {"loop": not is_endless(config.camera.opencv)},
        },
    }
    file = write_configuration(folder, config, changes)
    with ExitStack() as stack:
        subscriber = stack.enter_context(Subscriber(broker)) if broker else None
        publisher = stack.enter_context(HalfProcess("publisher", file))
        publisher.wait_until_ready(READY_TIMEOUT_S)
        starts = [_started_s(file) for _ in range(STARTS - 1)]
        vision = stack.enter_context(HalfProcess("vision", file))
        starts.append(vision.wait_until_ready(READY_TIMEOUT_S))
        watch = _Watch(vision, publisher, subscriber)
        every_s, used_s = max(_SHORTEST_S, seconds / _SAMPLES), vision.cpu_s()
        while watch.elapsed_s < seconds or watch.waits_for_rate:
            watch.step(every_s)
            advance(every_s)
        used_s = vision.cpu_s() - used_s
        return ApplianceFigures(
            ready_s=statistics.median(starts),
            fps=watch.fps,
            cpu_ms_per_frame=used_s * 1000 / (watch.fps * watch.elapsed_s) if watch.fps else None,
            vision=vision.memory(),
            publisher=publisher.memory(),
            vision_pss_mb=vision.pss_mb(),
            publisher_pss_mb=publisher.pss_mb(),
            samples=watch.samples,
        )


def _started_s(file: Path) -> float:
    """How long the vision half takes until it is ready; it is ended again."""
    with HalfProcess("vision", file) as vision:
        return vision.wait_until_ready(READY_TIMEOUT_S)


class _Watch:
    """Looks at the processes, the board and what is published, now and then."""

    def __init__(
        self, vision: HalfProcess, publisher: HalfProcess, subscriber: Subscriber | None
    ) -> None:
        self.samples: list[Sample] = []
        self.fps: float | None = None
        self._vision = vision
        self._publisher = publisher
        self._subscriber = subscriber
        self._board = Board()
        self._started_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the first look."""
        return time.monotonic() - self._started_s

    @property
    def waits_for_rate(self) -> bool:
        """Whether health has not told a rate yet, and still may."""
        return self._subscriber is not None and not self.fps and self.elapsed_s < _RATE_TIMEOUT_S

    def step(self, every_s: float) -> None:
        """Wait so long, and look once."""
        if self._subscriber is None:
            time.sleep(every_s)
        else:
            for _, message in self._subscriber.receive(every_s):
                if message.topic.endswith("/health"):
                    health = msgspec.json.decode(message.payload, type=HealthPayload)
                    self.fps = health.vision.fps
        throttled = self._board.throttled()
        self.samples.append(
            Sample(
                at_s=self.elapsed_s,
                vision_rss_mb=self._vision.memory().rss_mb,
                publisher_rss_mb=self._publisher.memory().rss_mb,
                temp_c=self._board.cpu_temp_c(),
                throttled=None if throttled is None else tuple(throttled),
            )
        )
