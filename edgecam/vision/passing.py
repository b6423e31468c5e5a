"""Looks and explanations on their way to the publisher, which are never kept for long."""

import socket
import threading
from collections import deque
from collections.abc import Callable

from edgecam.link import encode
from edgecam.messages import Explanation, Look

MAX_PASSING = 16  # that wait for the wall; the oldest give way


class Passing:
    """Any thread may add to it, the reporter's sends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Look | Explanation] = deque(maxlen=MAX_PASSING)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, said: Look | Explanation) -> None:
        """Let it wait for the wall."""
        with self._lock:
            self._waiting.append(said)

    def clear(self) -> None:
        """What waits is no longer to be sent."""
        with self._lock:
            self._waiting.clear()

    def send(self, wall: socket.socket, held: Callable[[], bool]) -> None:
        """Send what waits until `held()`, which is asked each time: what is added may change that.

        Raises BlockingIOError where there is no room, OSError where the wall is broken.
        """
        with self._lock:
            while self._waiting and not held():
                wall.send(encode(self._waiting[0]))
                self._waiting.popleft()
