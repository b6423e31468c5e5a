import threading
import time

import pytest
from support.waiting import wait_until

from edgecam.vision.mailbox import Mailbox


class Buffer:
    """Something to be filled, with a number."""

    number = 0


@pytest.fixture
def mailbox() -> Mailbox[Buffer]:
    return Mailbox(Buffer)


def put(mailbox: Mailbox[Buffer], number: int) -> Buffer:
    buffer = mailbox.blank()
    buffer.number = number
    mailbox.put(buffer)
    return buffer


def test_a_buffer_goes_through(mailbox: Mailbox[Buffer]) -> None:
    seen = [mailbox.empty, mailbox.waiting is not None]
    sent = put(mailbox, 1)
    seen += [mailbox.empty, mailbox.waiting is sent]
    assert mailbox.take(0) is sent
    seen += [mailbox.empty, mailbox.waiting is not None]
    assert seen == [True, False, False, True, True, False]
    assert mailbox.dropped == 0


def test_the_newest_wins_and_drops_are_counted(mailbox: Mailbox[Buffer]) -> None:
    for number in range(5):
        put(mailbox, number)
    taken = mailbox.take(0)
    assert taken is not None
    assert taken.number == 4
    assert mailbox.dropped == 4
    assert mailbox.take(0) is None


def test_one_that_is_in_use_is_not_filled_again(mailbox: Mailbox[Buffer]) -> None:
    put(mailbox, 1)
    judged = mailbox.take(0)
    assert judged is not None
    later = [put(mailbox, number) for number in range(2, 10)]
    assert judged not in later
    assert judged.number == 1
    mailbox.give_back(judged)
    assert judged in [put(mailbox, number) for number in range(10, 13)]


def test_who_is_called_comes_back_without_a_buffer(
    mailbox: Mailbox[Buffer], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Buffer | None] = []
    waits = threading.Event()
    wait = mailbox._filled.wait

    def told(timeout_s: float) -> None:
        waits.set()
        wait(timeout_s)

    monkeypatch.setattr(mailbox._filled, "wait", told)
    waiting = threading.Thread(target=lambda: taken.append(mailbox.take(60)))
    waiting.start()
    assert waits.wait(10)
    mailbox.call()
    waiting.join(10)
    assert taken == [None]


def test_a_call_counts_once_and_loses_no_buffer(mailbox: Mailbox[Buffer]) -> None:
    mailbox.call()
    assert mailbox.take(60) is None
    sent = put(mailbox, 1)
    mailbox.call()
    assert mailbox.take(60) is sent


def test_take_gives_up_after_its_timeout(mailbox: Mailbox[Buffer]) -> None:
    started_s = time.monotonic()
    assert mailbox.take(0.05) is None
    assert time.monotonic() - started_s >= 0.05


def test_take_waits_for_a_buffer(mailbox: Mailbox[Buffer]) -> None:
    taken: list[Buffer | None] = []
    taker = threading.Thread(target=lambda: taken.append(mailbox.take(10)))
    taker.start()
    put(mailbox, 7)
    taker.join(5)
    assert not taker.is_alive()
    assert [item.number for item in taken if item is not None] == [7]


def test_wait_until_empty_gives_up_while_a_buffer_waits(mailbox: Mailbox[Buffer]) -> None:
    assert mailbox.wait_until_empty(0)
    put(mailbox, 1)
    assert not mailbox.wait_until_empty(0.05)
    mailbox.take(0)
    assert mailbox.wait_until_empty(0)


def test_wait_until_empty_is_woken_when_the_next_is_asked_for_or_the_last_given_back(
    mailbox: Mailbox[Buffer],
) -> None:
    def ask(_: Buffer) -> None:
        mailbox.invite()

    for wake in (ask, mailbox.give_back):
        put(mailbox, 1)
        emptied: list[bool] = []
        waiter = threading.Thread(
            target=lambda emptied=emptied: emptied.append(mailbox.wait_until_empty(10))
        )
        waiter.start()
        taken = mailbox.take(1)
        assert taken is not None
        wake(taken)
        waiter.join(5)
        assert not waiter.is_alive()
        assert emptied == [True]


def test_nobody_is_woken_to_fill_another_while_one_waits(
    mailbox: Mailbox[Buffer], monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(mailbox._emptied, "ring", lambda: woken.append(True))
    put(mailbox, 1)
    first = mailbox.take(0)
    assert first is not None
    put(mailbox, 2)
    woken.clear()
    mailbox.invite()
    mailbox.give_back(first)
    assert not woken
    mailbox.take(0)
    mailbox.invite()
    assert woken


def test_between_two_threads_every_buffer_is_either_taken_or_counted_and_order_holds(
    mailbox: Mailbox[Buffer],
) -> None:
    count = 2000
    taken: list[int] = []
    done = threading.Event()

    def take_all() -> None:
        while not (done.is_set() and mailbox.empty):
            item = mailbox.take(0.01)
            if item is not None:
                taken.append(item.number)
                mailbox.give_back(item)

    taker = threading.Thread(target=take_all)
    taker.start()
    for number in range(count):
        put(mailbox, number)
    done.set()
    wait_until(lambda: not taker.is_alive())
    assert len(taken) + mailbox.dropped == count
    assert mailbox.taken == len(taken)
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1
