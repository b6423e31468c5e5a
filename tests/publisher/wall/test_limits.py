"""How much may pass, by a clock of the test's own."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecam.publisher.wall import limits as module
from edgecam.publisher.wall.limits import EVENTS_AT_ONCE, HOUR_S, LONGEST_WAIT_S, Limits, Rate


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pass_as_many_as_may(rate: Rate) -> int:
    count = 0
    while rate.allows():
        count += 1
    return count


def test_after_a_rest_so_many_pass_at_once_and_then_none(clock: Clock) -> None:
    rate = Rate(0.5, 10, clock)
    assert pass_as_many_as_may(rate) == 10
    assert rate.wait_s() == pytest.approx(2.0)
    clock.now_s += 1.99
    assert not rate.allows()
    clock.now_s += 0.02
    assert pass_as_many_as_may(rate) == 1


def test_a_long_rest_brings_no_more_than_a_short_one(clock: Clock) -> None:
    rate = Rate(0.5, 10, clock)
    clock.now_s += 1e9
    assert pass_as_many_as_may(rate) == 10


def test_what_is_not_allowed_costs_nothing(clock: Clock) -> None:
    rate = Rate(1.0, 1, clock)
    assert rate.allows()
    for _ in range(1000):
        assert not rate.allows()
    clock.now_s += 1.001
    assert rate.allows()


def test_who_overdraws_waits_the_longer(clock: Clock) -> None:
    rate = Rate(10.0, 100, clock)
    rate.spend(350)
    assert rate.wait_s() == pytest.approx(25.1)
    clock.now_s += 25.2
    assert rate.wait_s() == 0


def events_in(limits: Limits, clock: Clock, seconds: float) -> int:
    """How many events pass for a sender who never rests."""
    count, until_s = 0, clock.now_s + seconds
    while clock.now_s <= until_s:
        wait_s = limits.wait_s(introduced=False)
        if wait_s > 0:
            clock.now_s += max(wait_s, 1e-6)
        else:
            limits.record(20)
            limits.event(1)
            count += 1
    return count


def test_a_hundred_events_at_once_and_then_the_rate_of_the_hour(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    assert events_in(limits, clock, 0.0) == EVENTS_AT_ONCE
    assert limits.held
    assert events_in(limits, clock, HOUR_S) == pytest.approx(600, abs=1)


def test_the_limit_is_over_when_the_next_may_pass_and_left_behind_when_ten_may(
    clock: Clock,
) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    limits.event(EVENTS_AT_ONCE)
    clock.now_s += 5.9
    assert limits.wait_s(introduced=False) > 0
    assert limits.held
    clock.now_s += 0.2
    assert limits.wait_s(introduced=False) == 0
    assert limits.held
    clock.now_s += 53
    assert limits.wait_s(introduced=False) == 0
    assert limits.held
    clock.now_s += 2
    assert limits.wait_s(introduced=False) == 0
    assert not limits.held


def test_who_is_let_through_one_by_one_is_held_all_the_time(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    limits.event(EVENTS_AT_ONCE)
    assert limits.wait_s(introduced=False) > 0
    for _ in range(20):
        clock.now_s += 6.1
        assert limits.wait_s(introduced=False) == 0
        assert limits.held
        limits.event(1)
        assert limits.wait_s(introduced=False) > 0
        assert limits.held


def test_a_gap_counts_as_an_event_of_its_own(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    for _ in range(EVENTS_AT_ONCE // 2):
        assert limits.wait_s(introduced=False) == 0
        limits.event(2)
    assert limits.wait_s(introduced=False) > 0


def test_no_single_wait_is_longer_than_a_step_may_take(clock: Clock) -> None:
    limits = Limits(60, 30.0, now_s=clock)
    limits.event(10_000)
    assert limits.wait_s(introduced=False) == LONGEST_WAIT_S


def test_records_that_are_no_events_are_held_too_but_not_called_held(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    for _ in range(module.RECORDS_AT_ONCE):
        assert limits.wait_s(introduced=False) == 0
        limits.record(1)
    assert 0 < limits.wait_s(introduced=False) <= 1 / module.RECORDS_PER_S
    assert not limits.held


def records_in_an_hour(limits: Limits, clock: Clock, size: int) -> int:
    """How many records that are nothing pass for a sender who never rests."""
    count, until_s = 0, clock.now_s + HOUR_S
    while clock.now_s <= until_s:
        wait_s = limits.wait_s(introduced=False)
        clock.now_s += max(wait_s, 1e-6) if wait_s else 0.0
        if not wait_s:
            limits.record(size)
            count += 1
    return count


def test_an_hour_of_garbage_is_little(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    per_hour = module.RECORDS_PER_EVENT * 600 + 2 * module.REPORTS_PER_INTERVAL * 120
    assert records_in_an_hour(limits, clock, 1) <= per_hour + 5 * module.RECORDS_AT_ONCE + 1


def test_large_records_are_fewer(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    per_hour = module.RECORDS_PER_EVENT * 600 + 2 * module.REPORTS_PER_INTERVAL * 120
    most_bytes = module.BYTES_PER_RECORD * per_hour + 5 * module.BYTES_AT_ONCE
    size = 257
    assert records_in_an_hour(limits, clock, size) <= math.ceil(most_bytes / size) + 1


def test_an_honest_vision_half_is_never_held_by_what_is_not_an_event(clock: Clock) -> None:
    """A report each interval, its events, its looks, an hour long."""
    limits = Limits(600, 30.0, 2.0, clock)
    for second in range(int(HOUR_S)):
        clock.now_s += 1.0
        if second % 30 == 0:
            limits.record(40)
            assert limits.report()
        if second % 6 == 0:
            limits.record(20)
            limits.event(1)
        for _ in range(2):
            limits.record(30)
            assert limits.look()
        assert limits.wait_s(introduced=False) == 0


def test_reports_and_looks_have_limits_of_their_own(clock: Clock) -> None:
    limits = Limits(600, 30.0, 2.0, clock)
    assert [limits.report() for _ in range(12)] == [True] * module.REPORTS_AT_ONCE + [False] * 2
    assert [limits.look() for _ in range(7)] == [True] * module.LOOKS_AT_ONCE + [False] * 2
    clock.now_s += 0.51
    assert [limits.look(), limits.look()] == [True, False]
    assert not limits.report()
    clock.now_s += 24
    assert [limits.report(), limits.report()] == [True, False]


def test_another_configuration_is_no_rest(clock: Clock) -> None:
    before = Limits(600, 30.0, now_s=clock)
    events_in(before, clock, 0.0)
    after = Limits(600, 30.0, 2.0, clock)
    after.resume(before)
    assert after.wait_s(introduced=False) > 0
    clock.now_s += 6.1
    assert after.wait_s(introduced=False) == 0
    assert after.look()
    again = Limits(600, 30.0, 2.0, clock)
    again.resume(after)
    assert again.wait_s(introduced=False) == 0
    assert again.held  # one may pass, and not yet ten


def test_without_the_live_feed_no_look_may_pass(clock: Clock) -> None:
    assert not Limits(600, 30.0, now_s=clock).look()


def test_hellos_have_a_limit_of_their_own(clock: Clock) -> None:
    limits = Limits(600, 30.0, now_s=clock)
    for _ in range(module.STARTS_AT_ONCE):
        assert limits.wait_s(introduced=False) == 0
        limits.start()
    assert limits.wait_s(introduced=False) > 0
    assert not limits.held
    clock.now_s += 30.1  # a fifth of the rate of events
    assert limits.wait_s(introduced=False) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.01, 50.0),
    st.integers(1, 100),
    st.lists(st.tuples(st.floats(0.0, 900.0), st.integers(1, 60)), max_size=30),
)
def test_over_any_hour_never_more_pass_than_the_rate_and_what_may_at_once(
    per_s: float, at_once: int, tries: list[tuple[float, int]]
) -> None:
    clock = Clock()
    rate = Rate(per_s, at_once, clock)
    passed_s: list[float] = []
    for pause_s, attempts in tries:
        clock.now_s += pause_s
        passed_s += [clock.now_s for _ in range(attempts) if rate.allows()]
    for first, since_s in enumerate(passed_s):
        in_the_hour = [at_s for at_s in passed_s[first:] if at_s <= since_s + HOUR_S]
        assert len(in_the_hour) <= per_s * HOUR_S + at_once + 1e-6
        # And over whatever shorter time as well.
        for count, at_s in enumerate(in_the_hour, 1):
            assert count <= per_s * (at_s - since_s) + at_once + 1e-6
