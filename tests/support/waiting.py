"""Waiting for a condition, with a deadline; never for luck."""

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], object], timeout_s: float = 5.0, poll_s: float = 0.002
) -> None:
    """Wait until `condition` is true. Raises AssertionError where it is not in time.

    `poll_s` is for conditions that cost something to look at.
    """
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            msg = f"not true within {timeout_s:g} s"
            raise AssertionError(msg)
        time.sleep(poll_s)
