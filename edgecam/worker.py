"""One supervised thread: setup, bounded steps until told to stop, close; and how to wake it.

No thread dies silently: whatever ends a worker is kept in `failure`, and `on_end` wakes whoever
supervises it. A worker that does not come back from a step is told from outside: whoever supervises
it calls `check`. There is no restart in here; a failed worker ends its half, and systemd restarts it.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgecam.errors import HungError

# Longer than an SD card takes to write while it tidies up, and short enough that a process with
# a deadlock has also stopped what still runs, and ended, within 30 s.
STEP_LIMIT_S = 20.0

_log = logging.getLogger(__name__)


class Wakeup:
    """Ends another thread's `select()`: hand it in as a reader, `set()` it from anywhere."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may set what its thread is closing
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        """What `select()` waits for."""
        return self._descriptor

    def set(self) -> None:
        """Wake whoever waits, or will; nothing happens after `close`."""
        with self._lock:
            if self._descriptor >= 0:
                os.eventfd_write(self._descriptor, 1)

    def clear(self) -> None:
        """Be ready to be set again."""
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            pass  # it was not set

    def close(self) -> None:
        """Give the descriptor back."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class Worker:
    """A thread that calls `step()` over and over.

    Every `step()` must return within about half a second, or be woken by `stop()`, so that that is
    noticed; one that takes longer than `limit_s` counts as hung.
    """

    limit_s = STEP_LIMIT_S

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: Exception | None = None
        self._began_s = math.inf  # when its present step did
        self._on_end: Callable[[], None] = lambda: None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def setup(self) -> None:
        """Acquire what the steps need; runs in the worker's own thread."""

    def step(self) -> None:
        """Do one bounded piece of work."""
        raise NotImplementedError

    def close(self) -> None:
        """Release what `setup` acquired; runs whatever happened, also after a failed `setup`."""

    def start(self, on_end: Callable[[], None]) -> None:
        """Start the thread; `on_end` is called from it when it ends, for whatever reason."""
        self._on_end = on_end
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to end after its present step."""
        self._stopping = True

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False where it is still running after `timeout_s`."""
        if self._thread.ident is not None:
            # One that hangs has had its time; waiting would only keep the others from stopping.
            self._thread.join(0 if self.hung else timeout_s)
        return not self._thread.is_alive()

    def check(self) -> None:
        """Raise what ended this worker, or that it hangs; nothing where it was asked to end."""
        ended = self.ended  # looked at first: what fails says so before it ends
        if self.failure is not None:
            raise self.failure
        if self.hung:
            raise self.verdict()
        if ended and not self._stopping:
            raise HungError(f"the {self.name} thread has ended without a reason")

    def verdict(self) -> Exception:
        """What is wrong where this worker hangs."""
        return HungError(
            f"the {self.name} thread has not come back for {self.limit_s:g} s; "
            f"ending the process, so that it can start anew"
        )

    @contextmanager
    def unbounded(self) -> Iterator[None]:
        """Around a call in a step that nobody can bound, such as a resolver's: not a hang."""
        self._began_s = math.inf
        try:
            yield
        finally:
            self._began_s = time.monotonic()

    @property
    def stuck_s(self) -> float:
        """How long its present step has been running; 0 before the start and after the end."""
        return 0.0 if self.ended else max(0.0, time.monotonic() - self._began_s)

    @property
    def hung(self) -> bool:
        """Whether its present step takes longer than any may."""
        return self.stuck_s > self.limit_s

    @property
    def stopping(self) -> bool:
        """Whether `stop()` was called: the last step is running, or has run."""
        return self._stopping

    @property
    def ended(self) -> bool:
        """Whether the thread was started and has ended."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def _run(self) -> None:
        try:
            try:
                self._began_s = time.monotonic()
                self.setup()
                while not self._stopping:
                    self._began_s = time.monotonic()
                    self.step()
            except Exception as error:  # noqa: BLE001  the one place that must catch everything
                self._fail(error)
            # Only now: what is broken may hang in here, and its supervisor must know before.
            self._began_s = time.monotonic()
            self.close()
        except Exception as error:  # noqa: BLE001
            self._fail(error)
        finally:
            self._on_end()

    def _fail(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
            self._on_end()
        _log.debug("%s ended", self.name, exc_info=error)
