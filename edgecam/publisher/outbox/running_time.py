"""How long the appliance has been running, over restarts: what events grow old by.

The wall clock is not in it: a Pi without a battery starts in the past, and a clock that jumps by
ten years must not expire anything.
"""

from collections.abc import Callable


class RunningTime:
    """Seconds, which only grow; stored with the queue, and taken up again from there."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._before_s = -monotonic_s()

    def resume(self, stored_s: int) -> None:
        """Go on from a stored time, unless it is later already."""
        self._before_s = max(self._before_s, stored_s - self._monotonic_s())

    def now_s(self) -> int:
        """The time, in whole seconds."""
        return int(self._before_s + self._monotonic_s())
