import threading
import time

import numpy as np
from support.waiting import wait_until

from edgecam.messages import Frame
from edgecam.vision.mailbox import Mailbox


def frame(number: int) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), number)


def test_a_frame_goes_through() -> None:
    mailbox = Mailbox()
    sent = frame(1)
    seen = [mailbox.empty]
    mailbox.put(sent)
    seen.append(mailbox.empty)
    assert mailbox.take(0) is sent
    assert [*seen, mailbox.empty] == [True, False, True]
    assert mailbox.dropped == 0


def test_the_newest_wins_and_drops_are_counted() -> None:
    mailbox = Mailbox()
    for number in range(5):
        mailbox.put(frame(number))
    taken = mailbox.take(0)
    assert taken is not None
    assert taken.taken_ns == 4
    assert mailbox.dropped == 4
    assert mailbox.take(0) is None


def test_take_gives_up_after_its_timeout() -> None:
    started_s = time.monotonic()
    assert Mailbox().take(0.05) is None
    assert time.monotonic() - started_s >= 0.05


def test_take_waits_for_a_frame() -> None:
    mailbox = Mailbox()
    taken: list[Frame | None] = []
    taker = threading.Thread(target=lambda: taken.append(mailbox.take(10)))
    taker.start()
    mailbox.put(frame(7))
    taker.join(5)
    assert not taker.is_alive()
    assert [item.taken_ns for item in taken if item is not None] == [7]


def test_wait_until_empty_gives_up_while_a_frame_waits() -> None:
    mailbox = Mailbox()
    assert mailbox.wait_until_empty(0)
    mailbox.put(frame(1))
    assert not mailbox.wait_until_empty(0.05)
    mailbox.take(0)
    assert mailbox.wait_until_empty(0)


def test_wait_until_empty_is_woken_by_take() -> None:
    mailbox = Mailbox()
    mailbox.put(frame(1))
    emptied: list[bool] = []
    waiter = threading.Thread(target=lambda: emptied.append(mailbox.wait_until_empty(10)))
    waiter.start()
    assert mailbox.take(1) is not None
    waiter.join(5)
    assert not waiter.is_alive()
    assert emptied == [True]


def test_between_two_threads_every_frame_is_either_taken_or_counted_and_order_holds() -> None:
    mailbox = Mailbox()
    count = 2000
    taken: list[int] = []
    done = threading.Event()

    def take_all() -> None:
        while not (done.is_set() and mailbox.empty):
            item = mailbox.take(0.01)
            if item is not None:
                taken.append(item.taken_ns)

    taker = threading.Thread(target=take_all)
    taker.start()
    for number in range(count):
        mailbox.put(frame(number))
    done.set()
    wait_until(lambda: not taker.is_alive())
    assert len(taken) + mailbox.dropped == count
    assert mailbox.taken == len(taken)
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1
