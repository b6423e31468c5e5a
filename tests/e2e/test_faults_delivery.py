"""Rows 26, 27, 28, 30 and 32 of the fault catalogue, a few times each: `scripts/faults` tries often.

The judge is a subscriber at the broker, which compares what came with what had been promised.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import backlog, kills, publisher_away, sigterm, wifi
from faults.series import Result, Trial

Try = Callable[[Callable[[Trial], Result], int], Result]


@pytest.fixture
def attempt(tmp_path: Path) -> Try:
    """Runs a series a few times."""

    def run(series: Callable[[Trial], Result], count: int) -> Result:
        dice = random.Random(1)  # noqa: S311  the same moments in every run
        return series(Trial(tmp_path, count, dice, lambda _done: None))

    return run


def test_sigterm_in_the_middle_of_a_commit_loses_nothing(attempt: Try) -> None:
    assert attempt(sigterm.run, 3).problems == ()


@pytest.mark.parametrize("series", [kills.vision, kills.publisher, kills.both])
def test_kill_nine_loses_nothing_that_was_committed(
    attempt: Try, series: Callable[[Trial], Result]
) -> None:
    assert attempt(series, 3).problems == ()


def test_a_publisher_that_was_away_for_long_is_a_counted_loss(attempt: Try) -> None:
    assert attempt(publisher_away.run, 1).problems == ()


def test_a_broker_that_was_away_for_a_day_gets_everything_in_order(attempt: Try) -> None:
    assert attempt(backlog.run, 2_000).problems == ()


def test_wifi_that_flaps_loses_nothing_and_makes_no_storm(attempt: Try) -> None:
    assert attempt(wifi.run, 2).problems == ()
