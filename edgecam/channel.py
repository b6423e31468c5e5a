"""How much a subverted vision half could say at most, from the configuration in force.

A message carries at most the logarithm of the number of different messages that the publisher
could be brought to build from one record of the wall, and the moment at which it comes; and only as
many come as the publisher lets through.
"""

import math
from dataclasses import dataclass

from edgecam.config import Config
from edgecam.publisher.receiver import RECORDS_PER_S

PICTURE_BITS = 32 * 32 * 4
"""The smallest picture that people recognise something on: 32 by 32 pixels in 16 greys."""

_HOUR_S = 3600
_MILLISECONDS = _HOUR_S * 1000
_CONFIDENCES = 1001
# Seven numbers of the vision half; and what its load does to the board's temperature (10 bits),
# throttling (8), free memory (12) and free space (16).
_HEALTH_BITS = 7 * 32 + 46


@dataclass(frozen=True)
class Flow:
    """One topic that can leave, at its worst."""

    topic: str
    messages_per_hour: float
    bits_per_message: float
    bits_per_hour: float
    note: str


@dataclass(frozen=True)
class Channel:
    """Everything that can leave."""

    flows: tuple[Flow, ...]

    @property
    def bits_per_hour(self) -> float:
        """The sum over all topics."""
        return sum(flow.bits_per_hour for flow in self.flows)

    @property
    def picture_s(self) -> float:
        """How long `PICTURE_BITS` would need, in seconds."""
        return PICTURE_BITS / self.bits_per_hour * _HOUR_S


def bound(config: Config, subjects: int) -> Channel:
    """The worst case; `subjects` is the number of labels and groups that can be named."""
    base = f"edgecam/{config.node}"
    records = RECORDS_PER_S * _HOUR_S
    time_bits = math.log2(_MILLISECONDS)
    shown = math.log2(len(config.regions) * (subjects + 1) * _CONFIDENCES) + time_bits
    return Channel(
        (
            _flow(f"{base}/event", records, 1 + shown + time_bits, "label, confidence, times"),
            _flow(f"{base}/state/<region>", records, shown, "label, confidence, time"),
            _flow(
                f"{base}/health",
                _HOUR_S / config.health.interval_s,
                _HEALTH_BITS,
                "rates and times; the load of the board",
            ),
        )
    )


def _flow(topic: str, messages_per_hour: float, content_bits: float, note: str) -> Flow:
    # Which milliseconds of the hour have a message: log2 of (m over n), at most n log2(e m / n).
    moment_bits = math.log2(math.e * _MILLISECONDS / messages_per_hour)
    bits = content_bits + moment_bits
    return Flow(topic, messages_per_hour, bits, messages_per_hour * bits, note)
