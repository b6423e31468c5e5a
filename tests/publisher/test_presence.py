"""The book of what regions show, which the publisher keeps by itself."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edgecam.messages import Sighting
from edgecam.publisher.presence import MAX_OPEN, Presence, Shown

RUN = 7
REGIONS = ("door", "yard")


def appeared(at_ns: int, region: int = 0, confidence: int = 900) -> Sighting:
    return Sighting(appeared=True, region=region, label=0, confidence=confidence, at_ns=at_ns)


def gone(at_ns: int, region: int = 0) -> Sighting:
    return Sighting(appeared=False, region=region, label=0, confidence=10, at_ns=at_ns)


def presence(remembered: str = "", run: int = RUN) -> Presence:
    return Presence(run, REGIONS, remembered, 5)


def test_at_first_every_region_shows_nothing_since_then() -> None:
    assert presence().shown() == [Shown(None, 0, 5), Shown(None, 0, 5)]


def test_the_end_tells_what_began_with_it() -> None:
    book = presence()
    began = book.begin(appeared(10), "dog")
    assert (began.label, began.confidence, began.start_ns) == ("dog", 900, 10)
    assert book.end(gone(20), "dog") == began
    assert book.end(gone(30), "dog") is None


def test_no_two_appearances_have_one_id() -> None:
    book = presence()
    ids = {book.begin(appeared(at_ns), "dog").id for at_ns in range(200)}
    assert len(ids) == 200
    assert all(len(one) == 12 for one in ids)


def test_what_began_again_ends_once() -> None:
    """Its end was lost between."""
    book = presence()
    book.begin(appeared(10), "dog")
    again = book.begin(appeared(20), "dog")
    assert book.end(gone(30), "dog") == again
    assert book.shown()[0] == Shown(None, 0, 30)


def test_regions_are_apart() -> None:
    book = presence()
    book.begin(appeared(10, region=1), "dog")
    assert book.end(gone(20, region=0), "dog") is None
    assert book.shown() == [Shown(None, 0, 20), Shown("dog", 900, 10)]


def test_a_region_shows_what_appeared_last_of_what_is_still_there() -> None:
    book = presence()
    book.begin(appeared(10, confidence=600), "dog")
    book.begin(appeared(20, confidence=500), "cat")
    assert book.shown()[0] == Shown("cat", 500, 20)
    book.end(gone(30), "cat")
    assert book.shown()[0] == Shown("dog", 600, 10)  # since it appeared, as sure
    book.end(gone(40), "dog")
    assert book.shown()[0] == Shown(None, 0, 40)


def test_of_two_that_appear_at_once_the_surer_is_shown() -> None:
    book = presence()
    book.begin(appeared(10, confidence=800), "panda")
    book.begin(appeared(10, confidence=600), "dog")
    assert book.shown()[0] == Shown("panda", 800, 10)


def test_the_book_outlives_a_restart_of_the_publisher() -> None:
    book = presence()
    dog = book.begin(appeared(10), "dog")
    book.begin(appeared(20), 'a "cat", née Ω')
    again = presence(book.text())
    assert again.shown()[0] == book.shown()[0]
    assert again.end(gone(30), "dog") == dog


def test_the_book_of_another_run_is_forgotten() -> None:
    """That vision half does not know what was present, and reports it again."""
    book = presence()
    book.begin(appeared(10), "dog")
    assert presence(book.text(), RUN + 1).shown()[0] == Shown(None, 0, 5)


def test_a_book_that_cannot_be_read_is_none() -> None:
    for text in ("", "{}", "null", "[]", '{"run": 7}', '{"run": 7, "regions": 5}', "\0", "x" * 99):
        assert presence(text).shown()[0] == Shown(None, 0, 5)


def test_a_region_that_the_configuration_no_longer_has_does_no_harm() -> None:
    book = presence()
    book.begin(appeared(10, region=1), "dog")
    renamed = Presence(RUN, ("door", "gate"), book.text(), 50)
    assert renamed.shown() == [Shown(None, 0, 50), Shown(None, 0, 50)]


def test_of_too_much_at_once_the_oldest_is_forgotten() -> None:
    """Only a hostile vision half sees so much; it must not fill the disk with it."""
    book = presence()
    for number in range(MAX_OPEN + 3):
        book.begin(appeared(number), f"label {number}")
    assert book.end(gone(100), "label 2") is None
    ended = book.end(gone(100), "label 3")
    assert ended is not None
    assert ended.start_ns == 3
    assert len(book.text()) < 100 * MAX_OPEN


TURNS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 1), st.sampled_from("abc"), st.integers(0, 1000)),
    max_size=30,
)


@given(TURNS, st.integers(0, 30))
def test_whatever_is_said_the_book_shows_what_is_present_also_after_a_restart(
    turns: list[tuple[bool, int, str, int]], restart: int
) -> None:
    book = presence()
    present: list[dict[str, Shown]] = [{}, {}]
    for number, (begins, region, label, confidence) in zip(
        itertools.count(10), turns, strict=False
    ):
        if number == restart:
            book = presence(book.text())
        present[region].pop(label, None)
        if begins:
            book.begin(appeared(number, region, confidence), label)
            present[region][label] = Shown(label, confidence, number)
        else:
            book.end(gone(number, region), label)
    for shown, there in zip(book.shown(), present, strict=True):
        if there:
            assert shown == max(there.values(), key=lambda one: one.since_ns)
        else:
            assert shown.label is None
