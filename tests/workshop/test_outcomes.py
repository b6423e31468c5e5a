"""Figures about deciders count what they say they count."""

import pytest

from edgecam.workshop.decision.deciders import Fact
from edgecam.workshop.decision.outcomes import Outcome, Truth, later_s

CAT, TABBY, DOG = 0, 1, 2
PHOTOGRAPH = Truth(frozenset({CAT, TABBY}), recognisable=True, nothing=False)
NOTHING = Truth(frozenset({CAT}), recognisable=False, nothing=True)
HARD = Truth(frozenset({DOG}), recognisable=False, nothing=False)


def outcome(*showings: tuple[Truth, list[list[Fact]]]) -> Outcome:
    """Of showings at ten frames a second, each with the facts of its frames."""
    made = Outcome(10.0)
    for truth, frames in showings:
        made.show(truth)
        for facts in frames:
            made.frame(facts)
    return made


def came(label: int) -> list[Fact]:
    return [(label, True)]


def went(label: int) -> list[Fact]:
    return [(label, False)]


def test_the_first_appearance_of_what_is_shown_is_no_flap() -> None:
    made = outcome((PHOTOGRAPH, [[], came(CAT), came(TABBY)]), (PHOTOGRAPH, [went(CAT), came(CAT)]))
    assert made.flaps == 0


def test_coming_again_and_coming_wrongly_are_flaps() -> None:
    made = outcome((PHOTOGRAPH, [came(CAT), went(CAT), came(CAT), came(DOG), [], []]))
    assert made.flaps == 2
    assert made.flaps_per_h == pytest.approx(2 / 0.6 * 3600)
    assert outcome((HARD, [came(DOG), came(CAT)])).flaps == 1


def test_whatever_comes_while_nothing_is_shown_is_a_false_match() -> None:
    made = outcome((NOTHING, [[], came(DOG), [], went(DOG)]))
    assert (made.flaps, made.false_matches) == (0, 1)
    assert made.false_per_h == pytest.approx(1 / 0.4 * 3600)
    assert made.held_percent == 50
    # A cat that still looks out from behind a board is there.
    assert outcome((NOTHING, [came(CAT)])).false_matches == 0


def test_what_lingers_from_before_is_held() -> None:
    made = outcome((PHOTOGRAPH, [came(CAT)]), (NOTHING, [[], went(CAT), [], []]))
    assert (made.false_matches, made.held_percent) == (0, 25)


def test_delays_are_those_of_recognisable_photographs() -> None:
    made = outcome(
        (PHOTOGRAPH, [[], [], came(CAT)]),
        (NOTHING, [went(CAT)]),
        (HARD, [came(DOG)]),
        (PHOTOGRAPH, [came(DOG), [], []]),
        (PHOTOGRAPH, [came(TABBY)]),
    )
    assert made.delays_s == [0.2, None, 0.0]
    assert made.missed_percent == pytest.approx(100 / 3)
    assert made.delay_s(50) == pytest.approx(0.1)
    assert Outcome(10.0).delay_s(50) is None


def test_what_is_there_already_is_told_at_once() -> None:
    assert outcome((HARD, [came(CAT)]), (PHOTOGRAPH, [[]])).delays_s == [0.0]


def test_delays_are_compared_where_both_told() -> None:
    slow, fast = Outcome(10.0), Outcome(10.0)
    slow.delays_s = [0.3, None, 0.5, 2.0]
    fast.delays_s = [0.1, 0.0, 0.4, None]
    assert later_s(slow, fast) == pytest.approx(0.15)
    assert later_s(fast, slow) == pytest.approx(-0.15)
    slow.delays_s = [None] * 4
    assert later_s(slow, fast) is None
