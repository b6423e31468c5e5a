"""How long a kind of trouble must be seen before it is told, and before it is over."""

import pytest

from edgecam.vision.trouble.hold import MIN_LOOKS, Hold, Reading, high, low

SECOND_NS = 10**9
BAD, GOOD = Reading(0.1, bad=True, good=False), Reading(0.9, bad=False, good=True)
BETWEEN = Reading(0.5, bad=False, good=False)
READINGS = {"b": BAD, "g": GOOD, "-": BETWEEN, "?": None}


def told(said: str, period_s: float = 1.0, after_s: float = 5.0) -> str:
    """`T` for each look after which the trouble is told, `.` for each after which it is not."""
    hold, answers = Hold(after_s), ""
    for number, letter in enumerate(said):
        hold.look(READINGS[letter], round(number * period_s * SECOND_NS))
        answers += "T" if hold.told else "."
    return answers


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("bbbbbbbb", ".....TTT"),  # 5 s after the first
        ("bbbbgbbbbbb", "..........T"),
        ("bbbb-bbbbbb", "..........T"),
        ("bb??bbb", "......T"),  # it was never good meanwhile
        ("gggggggg", "........"),
        ("-----------", "..........."),
        ("bbbbbbggg", ".....TTT."),  # a third of that for its end, and three looks
        ("bbbbbbggbgggb", ".....TTTTTT.."),
        ("bbbbbbgg-ggg", ".....TTTTTT."),
        ("bbbbbb------", ".....TTTTTT."),  # 5 s after the first that was not bad
        ("bbbbbb---b------", ".....TTTTTTTTTT."),
        ("bbbbbb????????", ".....TTTTTTTTT"),
    ],
)
def test_it_begins_and_ends_when_the_contrary_has_held(said: str, answers: str) -> None:
    assert told(said) == answers


def test_a_few_looks_are_not_enough_however_long_they_take() -> None:
    assert told("b" * 6, period_s=60) == "." * (MIN_LOOKS - 1) + "TT"


def test_many_looks_are_not_enough_in_too_short_a_time() -> None:
    assert told("b" * 30, period_s=0.1) == "." * 30


def test_a_bad_look_is_one_from_the_first_on() -> None:
    hold = Hold(5.0)
    seen = []
    for number, reading in enumerate([GOOD, BAD, None, GOOD, BAD, BETWEEN]):
        hold.look(reading, number * SECOND_NS)
        seen.append(hold.bad)
    assert seen == [False, True, True, False, True, False]


def test_between_bad_and_good_nothing_changes() -> None:
    assert (low(0.1, 0.2, 0.3).bad, low(0.1, 0.2, 0.3).good) == (True, False)
    assert (low(0.25, 0.2, 0.3).bad, low(0.25, 0.2, 0.3).good) == (False, False)
    assert (low(0.4, 0.2, 0.3).bad, low(0.4, 0.2, 0.3).good) == (False, True)
    assert (high(0.4, 0.3, 0.2).bad, high(0.4, 0.3, 0.2).good) == (True, False)
    assert (high(0.25, 0.3, 0.2).bad, high(0.25, 0.3, 0.2).good) == (False, False)
    assert (high(0.1, 0.3, 0.2).bad, high(0.1, 0.3, 0.2).good) == (False, True)
