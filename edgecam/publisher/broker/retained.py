"""The retained topics: what they should say now, and what of it has not been said yet."""

import time
from collections.abc import Callable, Iterator

from edgecam.publisher import contract, payloads
from edgecam.publisher.contract import Alarm, HealthPayload
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.topics import Topics
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.publisher.wall.presence import Shown

VISION_GONE_S = 15.0  # without a vision half for so long, regions show "unknown"
HEALTH_GRACE_S = 2.0


class Retained:
    """What is to be said on retained topics, the newest for each; for one thread."""

    def __init__(
        self,
        *,
        topics: Topics,
        vocabulary: Vocabulary,
        monitor: VisionMonitor,
        health: Callable[[tuple[Alarm, ...]], HealthPayload],
        health_interval_s: float,
    ) -> None:
        self._topics = topics
        self._vocabulary = vocabulary
        self._monitor = monitor
        self._health = health
        self._health_interval_s = health_interval_s
        self._unsaid: dict[str, bytes] = {}
        self._shown: dict[str, Shown] = {}  # what each state topic was last told
        self._health_due_s = 0.0
        self._said_health: object = None

    def begin(self) -> None:
        """Say it all: a broker that lost its memory must be told everything again."""
        self._shown.clear()
        self._unsaid = {
            self._topics.status: b"online",
            self._topics.info: contract.encode(self._vocabulary.info),
        }
        self._health_due_s = 0.0 if self._monitor.up else time.monotonic() + HEALTH_GRACE_S

    def say_health(self) -> None:
        """Say health now rather than when it is due."""
        self._health_due_s = 0.0

    def refresh(self, vocabulary: Vocabulary, alarms: tuple[Alarm, ...]) -> None:
        """Notice what has changed since it was last said."""
        if vocabulary is not self._vocabulary:
            self._vocabulary = vocabulary
            self._unsaid[self._topics.info] = contract.encode(vocabulary.info)
        if self._monitor.gone_s > VISION_GONE_S:
            self._monitor.forget_states()
        self._refresh_states()
        news = (self._monitor.up, self._monitor.health, alarms)
        if news != self._said_health or time.monotonic() >= self._health_due_s:
            self._said_health = news
            # Vision's own report is due at the same time: wait for it rather than say it twice.
            self._health_due_s = time.monotonic() + self._health_interval_s + HEALTH_GRACE_S
            self._unsaid[self._topics.health] = contract.encode(self._health(alarms))

    def end(self) -> None:
        """What is retained outlives us: nobody is looking any more."""
        self._monitor.forget_states()
        self._refresh_states()
        self._unsaid.pop(self._topics.status, None)
        self._unsaid[self._topics.status] = b"stopped"

    def take(self, most: int) -> Iterator[tuple[str, bytes]]:
        """At most so many topics and payloads to publish; they count as said."""
        for topic in list(self._unsaid)[: max(most, 0)]:
            yield topic, self._unsaid.pop(topic)

    @property
    def unsaid(self) -> bool:
        """Whether there is anything to publish."""
        return bool(self._unsaid)

    @property
    def due_s(self) -> float:
        """How long until health is to be said again."""
        return max(0.0, self._health_due_s - time.monotonic())

    def _refresh_states(self) -> None:
        for region, shown in zip(self._vocabulary.tables.regions, self._monitor.shown, strict=True):
            topic = self._topics.state(region)
            # Before vision has said anything, what was said before a restart stands.
            if shown is not None and self._shown.get(topic) != shown:
                self._shown[topic] = shown
                self._unsaid[topic] = contract.encode(payloads.state(shown))
