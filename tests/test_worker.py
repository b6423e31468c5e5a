import select
import threading
import time

import pytest
from support.waiting import wait_until

from edgecam.appliance import daemon
from edgecam.errors import HungError
from edgecam.publisher import delivery
from edgecam.vision import capture, service
from edgecam.worker import STEP_LIMIT_S, Wakeup, Worker


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


@pytest.mark.parametrize("where", ["setup", "step", "close"])
def test_a_worker_that_hangs_is_told_by_check(where: str) -> None:
    worker = Recording(hangs_in=where, limit=1)
    worker.check()
    worker.start(worker.on_end)
    wait_until(lambda: where in worker.calls)
    worker.check()
    worker.limit_s = 0.2
    wait_until(lambda: worker.hung)
    assert worker.stuck_s > 0.2
    with pytest.raises(HungError, match=r"the recording thread has not come back for 0\.2 s"):
        worker.check()
    started_s = time.monotonic()
    assert not worker.join(5)  # it has had its time
    assert time.monotonic() - started_s < 4
    worker.unstuck.set()
    wait_until(lambda: not worker.hung)
    worker.stop()
    assert worker.join(5)
    worker.check()


def test_a_worker_that_goes_on_is_never_stuck_for_long() -> None:
    worker = Recording()
    worker.limit_s = 5.0
    assert worker.stuck_s == 0
    worker.start(worker.on_end)
    wait_until(lambda: worker.calls.count("step") >= 1000)
    worker.check()
    worker.stop()
    assert worker.join(5)
    assert worker.stuck_s == 0
    worker.check()


class Resolving(Recording):
    """Hangs in a call that nobody can bound, and after it in one that ought to be."""

    def __init__(self) -> None:
        super().__init__(hangs_in="after")
        self.resolved = threading.Event()

    def step(self) -> None:
        with self.unbounded():
            self._do("resolve")
            self.resolved.wait()
        self._do("after")


def test_a_call_that_nobody_can_bound_is_no_hang() -> None:
    worker = Resolving()
    worker.start(worker.on_end)
    wait_until(lambda: "resolve" in worker.calls)
    worker.limit_s = 0.05
    time.sleep(0.1)
    assert worker.stuck_s == 0
    worker.check()
    resolved_s = time.monotonic()
    worker.resolved.set()
    wait_until(lambda: "after" in worker.calls)
    assert worker.stuck_s <= time.monotonic() - resolved_s
    wait_until(lambda: worker.hung)
    worker.stop()
    worker.unstuck.set()
    wait_until(lambda: worker.ended)


def test_what_ended_a_worker_is_told_by_check() -> None:
    with pytest.raises(ValueError, match="broken step"):
        run(Recording(fails_in="step")).check()


class Leaving(Recording):
    """Ends as no worker should: an exit in a thread is passed over in silence."""

    def step(self) -> None:
        raise SystemExit


def test_a_worker_that_ends_without_a_reason_is_told_by_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with pytest.raises(HungError, match="the recording thread has ended without a reason"):
        run(Leaving()).check()


def test_a_deadlock_ends_the_process_within_thirty_seconds() -> None:
    """The limit of a step, and then the longest stop: events that nobody takes, a dead broker."""
    vision_s = 3 * capture._SLICE_S + service.FLUSH_TIMEOUT_S
    publisher_s = 2 * delivery.DRAIN_TIMEOUT_S + 1.0
    assert daemon.POLL_S + STEP_LIMIT_S + vision_s + publisher_s <= 30
