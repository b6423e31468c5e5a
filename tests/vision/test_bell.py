import sys
import threading
import time

from support.waiting import wait_until

from edgecam.vision.bell import Bell


def waits(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code is Bell.wait.__code__


def test_one_who_waits_is_woken() -> None:
    bell = Bell()
    waiter = threading.Thread(target=bell.wait, args=(60.0,))
    waiter.start()
    wait_until(lambda: waits(waiter))
    bell.ring()
    waiter.join(10)
    assert not waiter.is_alive()


def test_it_stays_rung_for_the_next_wait_and_no_longer_however_often_it_was() -> None:
    bell = Bell()
    for _ in range(3):
        bell.ring()
    started_s = time.monotonic()
    bell.wait(60.0)
    assert time.monotonic() - started_s < 30
    started_s = time.monotonic()
    bell.wait(0.05)
    assert time.monotonic() - started_s >= 0.05


def test_no_time_left_is_no_wait() -> None:
    bell = Bell()

    def wait() -> None:
        for timeout_s in (0.0, -1.0):  # -1 is for ever, to a lock
            bell.wait(timeout_s)

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    waiter.join(10)
    assert not waiter.is_alive()
