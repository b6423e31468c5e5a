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


def test_what_is_told_is_so_since_the_first_look_that_said_it() -> None:
    hold, since_s = Hold(5.0), []
    for number, letter in enumerate("gbbbbbbbb--gggbb"):
        hold.look(READINGS[letter], number * SECOND_NS)
        since_s.append(hold.since_ns // SECOND_NS)
    assert since_s == [0] * 6 + [1] * 7 + [9] * 3  # told at 6, over at 13


def test_what_is_seen_late_has_lasted_longer() -> None:
    hold = Hold(5.0)
    for number in range(200, 206):
        late = Reading(0.0, bad=True, good=False, lasted_ns=120 * SECOND_NS)
        hold.look(late, number * SECOND_NS)
    assert (hold.told, hold.since_ns) == (True, 80 * SECOND_NS)


@pytest.mark.parametrize(("rests", "answers"), [(False, "....T"), (True, ".....")])
def test_no_suspicion_lasts_over_a_rest(
    rests: bool,  # noqa: FBT001  a parameter
    answers: str,
) -> None:
    hold, told_s = Hold(5.0), ""
    for at_s in (0, 1, 2, 3, 1000):
        if rests and at_s == 1000:
            hold.rest()
        hold.look(BAD, at_s * SECOND_NS)
        told_s += "T" if hold.told else "."
    assert told_s == answers


def test_what_is_told_stays_told_over_a_rest() -> None:
    hold = Hold(5.0)
    for at_s in range(7):
        hold.look(BAD, at_s * SECOND_NS)
    hold.rest()
    answers = []
    for at_s in range(1000, 1004):
        hold.look(GOOD, at_s * SECOND_NS)
        answers.append((hold.told, hold.since_ns // SECOND_NS))
    assert answers == [(True, 0)] * 2 + [(False, 1000)] * 2
