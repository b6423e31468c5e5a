"""What passes between delivery, which asks, and the receiver, which has the wall."""

import select
import threading

import pytest

from edgecam.link import Ask
from edgecam.messages import Explanation
from edgecam.publisher.control import MAX_ASKED, Control


@pytest.fixture
def control() -> Control:
    return Control(paused=False)


def woken(control: Control) -> bool:
    return bool(select.select([control.wakeup], [], [], 0)[0])


def answer(question: Ask) -> Explanation:
    return Explanation(question.number, question.region, 0, ())


def test_a_pause_wakes_the_receiver(control: Control) -> None:
    assert not woken(control)
    control.pause(paused=True)
    assert woken(control)
    control.wakeup.clear()
    assert not woken(control)
    assert [control.paused, Control(paused=True).paused] == [True, True]


def test_questions_are_numbered_and_asked_once(control: Control) -> None:
    numbers = [control.ask(region) for region in (3, 0, 3)]
    assert woken(control)
    assert len(set(numbers)) == 3
    assert control.questions() == [Ask(numbers[0], 3), Ask(numbers[1], 0), Ask(numbers[2], 3)]
    assert control.questions() == []


def test_an_answer_is_taken_once_and_given_once(control: Control) -> None:
    control.ask(3)
    (question,) = control.questions()
    assert control.answer(answer(question))
    assert not control.answer(answer(question))
    assert control.answers() == [answer(question)]
    assert control.answers() == []


def test_an_answer_to_no_question_is_none(control: Control) -> None:
    number = control.ask(3)
    assert not control.answer(Explanation(number, 3, 0, ()))  # it was not even asked yet
    control.questions()
    assert not control.answer(Explanation(number + 1, 3, 0, ()))
    assert not control.answer(Explanation(number, 2, 0, ()))  # of another region
    assert control.answers() == []
    assert control.answer(Explanation(number, 3, 0, ()))


def test_of_too_many_questions_the_oldest_are_given_up(control: Control) -> None:
    numbers = [control.ask(0) for _ in range(MAX_ASKED + 2)]
    asked = control.questions()
    assert [question.number for question in asked] == numbers[2:]
    control.ask(1)
    (newest,) = control.questions()
    assert not control.answer(answer(asked[0]))
    assert control.answer(answer(asked[1]))
    assert control.answer(answer(newest))


def test_answers_that_nobody_fetches_are_bounded(control: Control) -> None:
    for _ in range(3 * MAX_ASKED):
        control.ask(0)
        (question,) = control.questions()
        assert control.answer(answer(question))
    assert len(control.answers()) == MAX_ASKED


def test_two_threads_lose_no_question_and_answer_each_once(control: Control) -> None:
    """One asks, and waits for each answer, as delivery does; the other answers."""
    count, done = 2000, threading.Event()
    answered: list[Explanation] = []

    def receive() -> None:
        while not done.is_set():
            select.select([control.wakeup], [], [], 0.5)
            control.wakeup.clear()
            for question in control.questions():
                assert control.answer(answer(question))

    receiver = threading.Thread(target=receive)
    receiver.start()
    asked = []
    for number in range(count):
        asked.append(control.ask(number % 8))
        if len(asked) - len(answered) == MAX_ASKED:
            while not (came := control.answers()):
                pass
            answered += came
    while len(answered) < count:
        answered += control.answers()
    done.set()
    receiver.join(5.0)
    assert [one.number for one in answered] == asked
    assert [one.region for one in answered] == [number % 8 for number in range(count)]


def test_after_the_end_asking_does_no_harm(control: Control) -> None:
    control.wakeup.close()
    control.pause(paused=True)
    control.ask(0)
