"""One slot between the camera and the model: the newest frame wins, and drops are counted.

What goes through it are buffers, made once and used again and again: one is being filled, one
waits, one is being judged. So no frame costs an allocation, and preparing never waits for judging.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from edgecam.vision.bell import Bell

T = TypeVar("T")

_BUFFERS = 3


class Mailbox(Generic[T]):
    """A slot for one buffer; one thread fills them, another uses them."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.dropped = 0
        self.taken = 0
        self._free = [make() for _ in range(_BUFFERS)]
        self._waiting: T | None = None
        self._called = False
        self._lock = threading.Lock()
        self._filled = Bell()
        self._emptied = Bell()

    def blank(self) -> T:
        """A buffer that nobody uses, to be filled; then `put` it."""
        return self._free.pop()

    def put(self, filled: T) -> None:
        """Leave a buffer; one that nobody took gives way and counts as dropped."""
        with self._lock:
            if self._waiting is not None:
                self.dropped += 1
                self._free.append(self._waiting)
            self._waiting = filled
            self._filled.ring()

    def take(self, timeout_s: float) -> T | None:
        """The buffer that waits, or that comes in time, else None; then `give_back`.

        Who waits until the slot is empty is woken by `invite`, or when the buffer is given back.
        After `call` nothing is waited for.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            with self._lock:
                left_s = deadline_s - time.monotonic()
                if self._waiting is not None or self._called or left_s <= 0:
                    self._called = False
                    taken, self._waiting = self._waiting, None
                    self.taken += taken is not None
                    return taken
            self._filled.wait(left_s)

    def call(self) -> None:
        """Have whoever takes the buffers come back now, or from the next time, without one."""
        with self._lock:
            self._called = True
            self._filled.ring()

    def invite(self) -> None:
        """Now is the time to fill the next one: who takes them lets go of Python's lock.

        For the thread that takes them.
        """
        # Where one waits already, who fills them would be woken for nothing, for 40 µs of ours.
        if self._waiting is None:
            self._emptied.ring()

    def give_back(self, used: T) -> None:
        """It may be filled again; for the thread that took it."""
        self._free.append(used)
        self.invite()

    def reject(self, taken: T) -> None:
        """Give back, unused, what counts as dropped."""
        with self._lock:
            self.dropped += 1
        self.give_back(taken)

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Whether the slot is empty, waiting until it is."""
        deadline_s = time.monotonic() + timeout_s
        while self._waiting is not None:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            self._emptied.wait(left_s)
        return True

    @property
    def waiting(self) -> T | None:
        """The buffer that nobody has taken yet."""
        return self._waiting

    @property
    def empty(self) -> bool:
        """Whether no buffer waits."""
        return self._waiting is None
