"""The bits that could leave: the arithmetic, and that options which widen the channel say so."""

import itertools
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecam.config import Config
from edgecam.publisher import figures
from edgecam.publisher.wall import channel, limits
from edgecam.publisher.wall.channel import Channel, bound
from edgecam.publisher.wall.intake import MAX_GAP

LABELS = 1000


def of(subjects: int = LABELS, **sections: Any) -> Channel:
    return bound(msgspec.convert({"node": "n", **sections}, Config), subjects)


def test_with_the_defaults_it_is_less_than_a_hundred_thousand_bits_an_hour() -> None:
    assert 50_000 < of().bits_per_hour <= 100_000


def test_the_total_is_the_sum_and_the_picture_takes_its_share_of_the_hour() -> None:
    whole = of()
    assert whole.bits_per_hour == pytest.approx(sum(flow.bits_per_hour for flow in whole.flows))
    assert whole.picture_s == pytest.approx(4096 / whole.bits_per_hour * 3600)
    for flow in whole.flows:
        assert flow.bits_per_hour == pytest.approx(flow.messages_per_hour * flow.bits_per_message)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_placements_are_counted_as_the_binomial_they_are(count: int) -> None:
    ways = math.comb(3_600_000 + count, count)
    assert channel.placements_bits(count) == pytest.approx(math.log2(ways), rel=1e-6)


@given(st.integers(0, 5000))
def test_as_many_rough_values_are_counted_as_there_are(largest: int) -> None:
    made = {figures.rough(amount) for amount in range(largest + 1)}
    assert channel.rough_values(largest) == len(made)


def test_an_event_is_counted_by_all_that_can_be_chosen_in_it() -> None:
    (events,) = [flow for flow in of().flows if flow.topic.endswith("/event")]
    assert events.messages_per_hour == 400 + limits.EVENTS_AT_ONCE
    choices = math.log2(2 * LABELS * 1001)
    assert events.bits_per_message > choices + 2 * math.log2(math.e * 3_600_000 / 1400)


def test_the_number_of_a_camera_trouble_is_counted() -> None:
    """Where no label may be reported, it is most of what an event can say beside a loss."""
    (events,) = [flow for flow in of(0).flows if flow.topic.endswith("/event")]
    lasted = 100 + 90 + 27  # seconds: 0 to 99, then by tens, from 1000 to 3600 by hundreds
    kinds = (6 * 1001 + 4 + 1) * lasted + MAX_GAP
    hour, whole = 3_600_000, 3_600_000 * 2 + 366 * 24 * 60
    times = channel.placements_bits(1400, hour) + channel.placements_bits(1400, whole)
    assert events.bits_per_hour == pytest.approx(1400 * math.log2(kinds) + times)


@pytest.mark.parametrize(
    ("wider", "topic"),
    [
        ({"live": {"enabled": True}}, "/live/<region>"),
        ({"remote": {"commands": ["why"]}}, "/response/why"),
        ({"link": {"events_per_hour": 4000}}, "/event"),
        ({"regions": [{"name": "a"}, {"name": "b"}]}, "/event"),
        ({"health": {"interval_s": 1}}, "/health"),
    ],
)
def test_what_lets_more_out_is_counted(wider: dict[str, Any], topic: str) -> None:
    before = {flow.topic: flow.bits_per_hour for flow in of().flows}
    after = {flow.topic: flow.bits_per_hour for flow in of(**wider).flows}
    assert after[f"edgecam/n{topic}"] > before.get(f"edgecam/n{topic}", 0.0)
    assert of(**wider).bits_per_hour > of().bits_per_hour


def test_fewer_labels_let_less_out() -> None:
    bits = [of(subjects).bits_per_hour for subjects in (0, 1, 10, 1000, 100_000)]
    assert all(less < more for less, more in itertools.pairwise(bits))


def test_commands_that_answer_nothing_of_vision_let_nothing_out() -> None:
    quiet = of(remote={"commands": ["pause", "resume", "report"]})
    assert quiet.bits_per_hour == of().bits_per_hour
