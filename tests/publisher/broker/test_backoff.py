"""Waits between attempts."""

from edgecam.publisher.broker.backoff import Backoff


def test_backoff_doubles_to_its_limit_with_jitter() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0)
    waits = [backoff.wait_s() for _ in range(12)]
    for number, wait_s in enumerate(waits):
        full_s = min(2.0**number, 60.0)
        assert full_s / 2 <= wait_s <= full_s


def test_only_a_connection_that_held_resets_the_backoff() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0, stable_s=30.0)
    for _ in range(8):
        backoff.wait_s()
    assert backoff.wait_s(held_s=29.0) >= 30.0
    assert backoff.wait_s(held_s=31.0) <= 1.0
