"""How many bits a subverted vision half could get out in an hour, at most.

Whoever controls the vision half can choose its records, and when to send them. So for each topic
two things are counted: log2 of the number of different messages that a record can cause, and log2
of the number of ways to place so many messages in the milliseconds of an hour, which is the
binomial C(ticks + n, n). An event's time is counted twice, once as the moment when it arrives and
once as it is written in the payload: there it may be of the hour before, too, or of any minute since
the boot. Where `Limits` lets some pass at once after a rest, these count in full.
"""

import math
from dataclasses import dataclass

from edgecam.appliance.board import HOTTEST_C, MOST_MB
from edgecam.config import Config
from edgecam.messages import MEASURED, MOST_LASTED_S, SLOWED, TROUBLES
from edgecam.publisher import requests
from edgecam.publisher.figures import ROUGH_DIGITS
from edgecam.publisher.topics import Topics
from edgecam.publisher.wall import inspector, limits
from edgecam.publisher.wall.intake import MAX_GAP

PICTURE_BITS = 32 * 32 * 4  # the smallest picture in which one could recognise anything

_TICKS_PER_HOUR = 3_600_000  # milliseconds: what payloads tell, and what a network leaves of a time
_UPTIME_S = 366 * 86_400  # events may be as old, for what that is worth
_CONFIDENCES = 1001
_MEASURES = 1001
_VOTES = 101
_TALLIES = 3
_FIGURES = 8  # of vision, in health
_FLAG_BITS = len(SLOWED) + 1  # why it is slowed, and whether it sleeps
_LARGEST_FIGURE = 2**32 - 1
_DEGREES = HOTTEST_C + 1  # whole ones
_THROTTLE_BITS = 4 * math.log2(3)  # each now, before, or never


@dataclass(frozen=True)
class Flow:
    """What can leave on one topic."""

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
        """The bits that could be smuggled out in an hour, on all topics together."""
        return sum(flow.bits_per_hour for flow in self.flows)

    @property
    def picture_s(self) -> float:
        """How long the smallest recognisable picture would take: 32x32 pixels of 16 greys."""
        return PICTURE_BITS / self.bits_per_hour * limits.HOUR_S


def bound(config: Config, subjects: int) -> Channel:
    """The most that a configuration lets out; `subjects`: labels and groups that it reports."""
    topics = Topics(config.node)
    flows = [
        Flow(topics.status, 0, 0, 0, "said by the publisher and the broker"),
        Flow(topics.info, 0, 0, 0, "said by the publisher"),
        _events(config, topics, subjects),
        Flow(topics.state("<region>"), 0, 0, 0, "follows from the events, and from health"),
        _health(config, topics),
        _starts(config, topics),
    ]
    if config.live.enabled:
        flows.append(_live(config, topics, subjects))
    if "why" in config.remote.commands:
        flows.append(_why(topics, subjects))
    return Channel(tuple(flows))


def placements_bits(messages: float, ticks: float = _TICKS_PER_HOUR) -> float:
    """log2 of the ways in which so many messages can lie in so many ticks, by default an hour's."""
    return (
        math.lgamma(ticks + messages + 1) - math.lgamma(messages + 1) - math.lgamma(ticks + 1)
    ) / math.log(2)


def rough_values(largest: int) -> int:
    """How many different figures `figures.rough` makes of the numbers from 0 to `largest`."""
    digits = len(str(largest))
    if digits <= ROUGH_DIGITS:
        return largest + 1
    all_short: int = 10**ROUGH_DIGITS
    full_short: int = all_short // 10  # the first with all its digits
    top = int(str(largest)[:ROUGH_DIGITS]) - full_short + 1
    return all_short + (digits - ROUGH_DIGITS - 1) * (all_short - full_short) + top


def _flow(topic: str, messages: float, content_bits: float, note: str) -> Flow:
    bits = messages * content_bits + placements_bits(messages)
    return Flow(topic, messages, bits / messages, bits, note)


def _events(config: Config, topics: Topics, subjects: int) -> Flow:
    sightings = 2 * len(config.regions) * subjects * _CONFIDENCES
    troubles = len(TROUBLES) - len(MEASURED) + len(MEASURED) * _MEASURES
    states = (troubles + 1) * rough_values(MOST_LASTED_S)
    kinds = sightings + states + MAX_GAP
    messages = config.link.events_per_hour + limits.EVENTS_AT_ONCE
    note = f"link.events_per_hour: {config.link.events_per_hour}, {limits.EVENTS_AT_ONCE} at once"
    ticks = _TICKS_PER_HOUR * (1 + inspector.FRESH_S / limits.HOUR_S)
    ticks += _UPTIME_S * 1e9 / inspector.OLD_TICK_NS
    claimed_bits = placements_bits(messages, ticks) / messages
    return _flow(topics.event, messages, math.log2(kinds) + claimed_bits, note)


def _health(config: Config, topics: Topics) -> Flow:
    """What vision says of itself, and what its load does to the board that it shares with us."""
    own = limits.HOUR_S / config.health.interval_s
    reports = own * limits.REPORTS_PER_INTERVAL + limits.REPORTS_AT_ONCE
    figure_bits = math.log2(rough_values(_LARGEST_FIGURE) + 1)  # or not yet measured
    # Each report carries vision's figures. How many records were refused, temperature, throttling,
    # free memory and free space are looked at once in an interval, however often health is said:
    # when vision comes and goes (`_starts`), and when events are held back, which follows from them.
    sample = figure_bits + math.log2(_DEGREES) + _THROTTLE_BITS
    sample += 2 * math.log2(rough_values(MOST_MB))
    content = reports * (_FIGURES * figure_bits + _FLAG_BITS) + (own + 1) * sample
    note = "two digits a figure; the load of the board"
    return _flow(topics.health, reports + own, content / (reports + own), note)


def _starts(config: Config, topics: Topics) -> Flow:
    starts = limits.STARTS_PER_EVENT * config.link.events_per_hour + limits.STARTS_AT_ONCE
    # Each comes and goes, as a run of before or as a new one (vision.restarts).
    return _flow(f"{topics.health} (vision.up)", 2 * starts, 0.5, "vision comes and goes")


def _live(config: Config, topics: Topics, subjects: int) -> Flow:
    looks = config.live.per_s * len(config.regions) * limits.HOUR_S + limits.LOOKS_AT_ONCE
    content = math.log2(len(config.regions)) + config.live.top_k * math.log2(
        subjects * _CONFIDENCES + 1
    )
    return _flow(topics.live("<region>"), looks, content, "live.enabled widens the channel")


def _why(topics: Topics, subjects: int) -> Flow:
    asked = requests.REQUESTS_PER_HOUR + requests.REQUESTS_AT_ONCE
    tally = math.log2(subjects * _CONFIDENCES * _VOTES * _VOTES * 2 + 1)
    note = "remote.commands: why; only when somebody asks"
    return _flow(topics.response("why"), asked, _TALLIES * tally + math.log2(_VOTES), note)
