"""The main loop and what it tells systemd, over a real notification socket."""

import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.appliance import Appliance, stop
from support.notifications import Notifications
from support.waiting import wait_until

from edgecam.appliance import daemon
from edgecam.appliance.daemon import Daemon


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notifications]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "500000")
    notifications = Notifications(path)
    yield notifications
    notifications.close()


class Half:
    """A service that does as it is told."""

    def __init__(self, name: str, order: list[str]) -> None:
        self.ready = True
        self.alive = True
        self.finished = False
        self.failure: Exception | None = None
        self.stops = True
        self._name = name
        self._order = order

    def start(self, on_end: Callable[[], None]) -> None:
        self._order.append(f"start {self._name}")
        self._on_end = on_end

    def check(self) -> None:
        if self.failure is not None:
            raise self.failure

    def stop(self) -> bool:
        self._order.append(f"stop {self._name}")
        return self.stops


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts back the signal handlers that a daemon replaces."""
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def later(action: Callable[[], None], condition: Callable[[], object]) -> threading.Thread:
    """Does something from another thread once a condition holds."""

    def run() -> None:
        wait_until(condition, 10.0)
        action()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.usefixtures("signals")
def test_a_signal_is_followed_at_once_however_long_the_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daemon, "POLL_S", 3600.0)
    monkeypatch.setattr(daemon, "STARTING_POLL_S", 3600.0)
    order: list[str] = []
    reloaded = threading.Event()
    tell = functools.partial(os.kill, os.getpid())
    hangup = later(lambda: tell(signal.SIGHUP), lambda: order)
    end = later(lambda: tell(signal.SIGTERM), reloaded.is_set)
    Daemon([Half("only", order)], reloaded.set).run()
    hangup.join()
    end.join()
    assert order == ["start only", "stop only"]


@pytest.mark.usefixtures("signals", "systemd")
def test_services_start_in_order_and_stop_in_reverse() -> None:
    order: list[str] = []
    first, second = Half("first", order), Half("second", order)
    done = later(lambda: os.kill(os.getpid(), signal.SIGTERM), lambda: len(order) == 2)
    Daemon([first, second]).run()
    done.join()
    assert order == ["start first", "start second", "stop second", "stop first"]


@pytest.mark.usefixtures("signals", "systemd")
def test_a_failed_worker_ends_everything_with_its_error() -> None:
    order: list[str] = []
    half = Half("half", order)

    def fail() -> None:
        half.failure = ValueError("broken")
        half._on_end()

    done = later(fail, lambda: order)
    with pytest.raises(ValueError, match="broken"):
        Daemon([half]).run()
    done.join()
    assert order[-1] == "stop half"


_HUNG = """
import logging
from edgecam.appliance import daemon
from edgecam.appliance.daemon import Daemon
from edgecam.errors import ConfigError
logging.basicConfig(level="INFO")

class Half:
    ready = alive = True
    finished = False
    def start(self, on_end): pass
    def check(self): raise ConfigError("this is the reason")
    def stop(self): return False

Daemon([Half()]).run()
"""


def test_a_thread_that_hangs_hides_neither_the_reason_nor_its_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HUNG], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 78
    assert "this is the reason" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("signals")
def test_ready_waits_for_every_service_and_the_watchdog_for_progress(
    systemd: Notifications,
) -> None:
    order: list[str] = []
    half = Half("half", order)
    half.ready = False
    steps: list[int] = []

    def lead() -> None:
        assert systemd.heard == []
        half.ready = True
        wait_until(lambda: systemd.heard.count("WATCHDOG=1") >= 3, 10.0)
        half.alive = False
        beats = systemd.heard.count("WATCHDOG=1")
        # A beat may have been on its way; from then on, the loop turns and none follows.
        turns = len(steps)
        wait_until(lambda: len(steps) >= turns + 6, 10.0)
        assert systemd.heard.count("WATCHDOG=1") <= beats + 1
        half.finished = True

    check = half.check

    def counting() -> None:
        steps.append(1)
        check()

    half.check = counting  # type: ignore[method-assign]
    done = later(lead, lambda: len(steps) >= 3)
    Daemon([half]).run()
    done.join()
    assert systemd.heard[0] == "READY=1"
    assert systemd.heard[-1] == "STOPPING=1"


def test_the_appliance_is_ready_after_its_first_look_and_then_beats(
    appliance: Appliance, tmp_path: Path
) -> None:
    notifications = Notifications(tmp_path / "notify")
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "400000",
    }
    process = appliance.start(env=environment)
    wait_until(lambda: notifications.heard.count("WATCHDOG=1") >= 3, 20.0)
    assert notifications.heard[0] == "READY=1"
    assert stop(process) == 0
    assert notifications.heard[-1] == "STOPPING=1"
    notifications.close()
