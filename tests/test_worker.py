import select
import threading
import time

import pytest
from support.waiting import wait_until

from edgecam.worker import Wakeup, Worker


class Recording(Worker):
    """Writes down what it is asked to do; fails or hangs where told to."""

    def __init__(self, *, fails_in: str = "", hangs_in: str = "", limit: int = 10**9) -> None:
        super().__init__("recording")
        self.calls: list[str] = []
        self.threads: set[str] = set()
        self.ends = 0
        self.unstuck = threading.Event()
        self._fails_in = fails_in
        self._hangs_in = hangs_in
        self._limit = limit

    def setup(self) -> None:
        self._do("setup")

    def step(self) -> None:
        self._do("step")
        if self.calls.count("step") == self._limit:
            self.stop()
        time.sleep(0.001)

    def close(self) -> None:
        self._do("close")

    def on_end(self) -> None:
        self.ends += 1

    def _do(self, what: str) -> None:
        self.calls.append(what)
        self.threads.add(threading.current_thread().name)
        if what == self._hangs_in:
            self.unstuck.wait()
        if what == self._fails_in:
            msg = f"broken {what}"
            raise ValueError(msg)


def run(worker: Recording) -> Recording:
    worker.start(worker.on_end)
    assert worker.join(5)
    return worker


def test_setup_steps_and_close_run_in_its_own_thread_in_this_order() -> None:
    worker = run(Recording(limit=3))
    assert worker.calls == ["setup", "step", "step", "step", "close"]
    assert worker.threads == {"recording"}
    assert worker.failure is None
    assert worker.ended
    assert worker.ends >= 1


def test_stop_ends_it_after_its_present_step() -> None:
    worker = Recording()
    worker.start(worker.on_end)
    wait_until(lambda: worker.calls.count("step") >= 2)
    before = (worker.ended, worker.stopping)
    worker.stop()
    assert worker.join(5)
    assert (before, (worker.ended, worker.stopping)) == ((False, False), (True, True))
    assert worker.calls[-1] == "close"


def test_stopped_before_its_start_it_takes_no_step() -> None:
    worker = Recording()
    worker.stop()
    assert run(worker).calls == ["setup", "close"]


@pytest.mark.parametrize(
    ("place", "calls"),
    [
        ("setup", ["setup", "close"]),
        ("step", ["setup", "step", "close"]),
        ("close", ["setup", "step", "close"]),
    ],
)
def test_whatever_ends_it_is_kept_and_told(place: str, calls: list[str]) -> None:
    worker = run(Recording(fails_in=place, limit=1))
    assert worker.calls == calls
    assert str(worker.failure) == f"broken {place}"
    assert worker.ends >= 1


def test_a_failure_to_close_does_not_hide_why_it_had_to() -> None:
    class Twice(Recording):
        def close(self) -> None:
            super().close()
            msg = "broken close"
            raise ValueError(msg)

    assert str(run(Twice(fails_in="step")).failure) == "broken step"


def test_a_failure_is_known_even_where_close_hangs() -> None:
    """A camera that stalls may never close; its supervisor must hear of it all the same."""
    worker = Recording(fails_in="step", hangs_in="close")
    worker.start(worker.on_end)
    try:
        wait_until(lambda: "close" in worker.calls)
        wait_until(lambda: worker.failure is not None, 1.0)
        wait_until(lambda: worker.ends, 1.0)
        assert str(worker.failure) == "broken step"
        assert not worker.ended
    finally:
        worker.unstuck.set()
    assert worker.join(5)


def test_join_says_where_the_thread_does_not_end() -> None:
    worker = Recording(hangs_in="close")
    worker.start(worker.on_end)
    worker.stop()
    assert not worker.join(0.05)
    worker.unstuck.set()
    assert worker.join(5)


def test_a_worker_that_was_never_started_is_joined_at_once_and_has_not_ended() -> None:
    worker = Recording()
    assert worker.join(0)
    assert not worker.ended
    assert worker.calls == []


def woken(wakeup: Wakeup, timeout_s: float = 0) -> bool:
    return bool(select.select([wakeup], [], [], timeout_s)[0])


def test_a_wakeup_ends_a_select_until_it_is_cleared() -> None:
    wakeup = Wakeup()
    assert not woken(wakeup)
    wakeup.set()
    wakeup.set()
    assert woken(wakeup)
    assert woken(wakeup)
    wakeup.clear()
    assert not woken(wakeup)
    wakeup.clear()
    wakeup.set()
    assert woken(wakeup)
    wakeup.close()


def test_a_wakeup_reaches_a_thread_that_waits() -> None:
    wakeup = Wakeup()
    seen: list[bool] = []
    waiter = threading.Thread(target=lambda: seen.append(woken(wakeup, 10)))
    waiter.start()
    wakeup.set()
    waiter.join(5)
    assert seen == [True]
    wakeup.close()


def test_a_closed_wakeup_is_set_by_nobody() -> None:
    wakeup = Wakeup()
    descriptor = wakeup.fileno()
    wakeup.close()
    wakeup.close()
    wakeup.set()
    with pytest.raises(OSError, match="Bad file descriptor"):
        select.select([descriptor], [], [], 0)
