"""Runs services until a signal, an end or a failure, and then stops them, whatever happens."""

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn, Protocol

from edgecam.appliance import systemd
from edgecam.errors import EXIT_FAILURE
from edgecam.worker import Wakeup

STARTING_POLL_S = 0.05  # until all is ready: what is started waits for READY=1
POLL_S = 1.0  # afterwards: each look costs 0.2 ms of a processor that would rest
HELD_UP_S = 2.0  # between two looks: more says that this process was stopped, or starved

_log = logging.getLogger(__name__)


class Service(Protocol):
    """One half of the appliance."""

    def start(self, on_end: Callable[[], None]) -> None:
        """Start its workers; `on_end` is called whenever one of them ends."""

    def check(self) -> None:
        """Raise what ended a worker, if anything has."""

    @property
    def ready(self) -> bool:
        """Whether it does its work."""

    @property
    def alive(self) -> bool:
        """Whether its work is making progress."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do, ever."""

    def stop(self) -> bool:
        """Stop in good order, in bounded time; False where a thread does not end."""


class Daemon:
    """Holds the services of one process, in the order they start."""

    def __init__(
        self, services: Sequence[Service], reload: Callable[[], None] = lambda: None
    ) -> None:
        """`reload` is called at SIGHUP; it must not raise."""
        self._services = services
        self._reload = reload
        self._stop_signal = 0
        self._reload_asked = False
        self._wake = Wakeup()
        self._ready = False
        self._watchdog_s = systemd.watchdog_interval_s()
        self._beat_due_s = 0.0
        self._turn_s = time.monotonic()
        self._check_s = 0.0

    def run(self) -> None:
        """Start, wait, stop. Raises what ended a worker.

        A hung thread (a model that never answers, a camera whose close() never returns) cannot be
        ended from inside: then the process ends at once, with the exit code of what went wrong, or
        by the signal that asked it to stop.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        failure: Exception | None = None
        try:
            for service in self._services:
                service.start(self._wake.set)
            self._wait()
        except Exception as error:  # noqa: BLE001  to be raised once everything has stopped
            failure = error
        if not self._stop():
            self._leave(failure)
        self._wake.close()
        if failure is not None:
            raise failure

    def _stop(self) -> bool:
        systemd.notify("STOPPING=1")
        stopped = True
        # The last started produces for the first started, so it stops first.
        for service in reversed(self._services):
            stopped &= service.stop()
        _log.info("stopped")
        return stopped

    def _leave(self, failure: Exception | None) -> NoReturn:
        """End the process although a thread does not."""
        if failure is not None:
            _log.error("%s", failure)
        _log.error("a thread does not end; ending the process instead")
        logging.shutdown()
        if failure is None and self._stop_signal:
            # To systemd, and to a shell, that is what they asked for, and no failure.
            signal.signal(self._stop_signal, signal.SIG_DFL)
            os.kill(os.getpid(), self._stop_signal)
        os._exit(getattr(failure, "exit_code", EXIT_FAILURE))

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # A terminal that was closed ends what was started in it; a daemon has none.
        if number == signal.SIGHUP and not os.isatty(2):
            self._reload_asked = True
        else:
            self._stop_signal = number
        self._wake.set()

    def _wait(self) -> None:
        while not self._stop_signal:
            if not self._held_up():
                for service in self._services:
                    service.check()
            if any(service.finished for service in self._services):
                _log.info("nothing more to look at")
                return
            if self._reload_asked:
                self._reload_asked = False
                self._reload()
            self._tell_systemd()
            select.select([self._wake], [], [], self._poll_s)
            self._wake.clear()
        _log.info("stopping: %s", signal.Signals(self._stop_signal).name)

    @property
    def _poll_s(self) -> float:
        if not self._ready:
            return STARTING_POLL_S
        return POLL_S if self._watchdog_s is None else min(POLL_S, self._watchdog_s)

    def _held_up(self) -> bool:
        """Whether this thread did not run lately: then no worker did, and none of them hangs.

        They get as long again to come back from the steps in which they were held up.
        """
        now_s = time.monotonic()
        if now_s - self._turn_s > HELD_UP_S:
            self._check_s = now_s + HELD_UP_S
        self._turn_s = now_s
        return now_s < self._check_s

    def _tell_systemd(self) -> None:
        if not self._ready and all(service.ready for service in self._services):
            self._ready = True
            systemd.notify("READY=1")
            _log.info("ready")
        now_s = time.monotonic()
        if not self._ready or self._watchdog_s is None or now_s < self._beat_due_s:
            return
        # Fed by progress, never by a timer alone: a hung camera or model must not look well. One
        # that is late is asked again at the next look: there is time for one beat more.
        if all(service.alive for service in self._services):
            systemd.notify("WATCHDOG=1")
            self._beat_due_s = now_s + self._watchdog_s
