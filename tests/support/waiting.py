"""Waiting for a condition, with a deadline; never for luck."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Wait until `condition` is true. Raises AssertionError where it is not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            msg = f"not true within {timeout_s:g} s"
            raise AssertionError(msg)
        time.sleep(0.002)
