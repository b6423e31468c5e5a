"""Waiting for a condition, with a deadline; never for luck."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout_s: float = 5.0) -> bool:
    """Whether `condition` came true in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.002)
    return True
