"""What follows from one look changes what a region shows once, as the publisher keeps that book."""

from collections.abc import Iterable, Sequence

import msgspec
from hypothesis import given, settings
from support.drawn_looks import LABELS, Scene, decision, options, rules_of, scenes
from support.watched_region import Region

from edgecam.config import DecisionOptions
from edgecam.messages import Sighting
from edgecam.publisher.wall.presence import Presence


class Book:
    """The publisher's, of one region, told one fact after the other."""

    def __init__(self) -> None:
        self._presence = Presence(1, ("scene",), "", 0)

    @property
    def shown(self) -> str | None:
        return self._presence.shown()[0].label

    def shows(self, facts: Iterable[Sighting], table: Sequence[str] = LABELS) -> list[str | None]:
        """What the region shows now, and each other thing that it does while it is told these."""
        shown = [self.shown]
        for fact in facts:
            turn = self._presence.begin if fact.appeared else self._presence.end
            turn(msgspec.structs.replace(fact, region=0), table[fact.label])
            if self.shown != shown[-1]:
                shown.append(self.shown)
        return shown


def table_of(chosen: DecisionOptions) -> list[str]:
    return [*LABELS, *sorted(chosen.groups)]


def test_one_label_follows_the_other_with_nothing_between() -> None:
    region, book = Region(votes=1, window=1), Book()
    region.look(dog=0.9)
    assert book.shows(region.facts, region.known) == [None, "dog"]
    assert region.look(panda=0.9) == ["+panda", "-dog"]
    assert book.shows(region.facts[1:], region.known) == ["dog", "panda"]


def test_in_the_other_order_there_would_be_nothing_between() -> None:
    """The control: so it was told once, and subscribers saw it."""
    region, book = Region(votes=1, window=1), Book()
    region.look(dog=0.9)
    region.look(panda=0.9)
    appeared, came, went = region.facts
    assert book.shows([appeared, went, came], region.known) == [None, "dog", None, "panda"]


def test_of_several_that_appear_at_once_the_surest_is_shown_from_the_first() -> None:
    region, book = Region(votes=1, window=1), Book()
    assert region.look(tabby_cat=0.6, dog=0.9, panda=0.7) == ["+dog", "+panda", "+tabby cat"]
    assert book.shows(region.facts, region.known) == [None, "dog"]


def test_of_equally_sure_ones_the_first_of_the_table_is_shown() -> None:
    region, book = Region(votes=1, window=1), Book()
    assert region.look(dog=0.9, panda=0.9) == ["+dog", "+panda"]
    assert book.shows(region.facts, region.known) == [None, "dog"]
    assert region.look() == ["-panda", "-dog"]
    assert book.shows(region.facts[2:], region.known) == ["dog", None]


def test_what_is_shown_is_the_last_to_go() -> None:
    region, book = Region(votes=1, window=1), Book()
    region.look(panda=0.9)
    region.look(panda=0.9, dog=0.6)
    assert book.shows(region.facts, region.known) == [None, "panda", "dog"]
    assert region.look() == ["-panda", "-dog"]
    assert book.shows(region.facts[2:], region.known) == ["dog", None]


@settings(max_examples=250, deadline=None)
@given(scenes())
def test_a_look_changes_what_is_shown_once_at_most(scene: Scene) -> None:
    made, book = decision(scene.options), Book()
    for look in scene.looks:
        assert len(book.shows(made.look(*look), table_of(scene.options))) <= 2


@settings(max_examples=100, deadline=None)
@given(scenes(), options())
def test_so_do_other_rules_and_a_rest(scene: Scene, others: DecisionOptions) -> None:
    made, book = decision(scene.options), Book()
    for look in scene.looks:
        book.shows(made.look(*look), table_of(scene.options))
    end_ns = scene.looks[-1][1]
    made, ended = made.under(rules_of(others), end_ns)
    assert len(book.shows(ended, table_of(scene.options))) <= 2
    for scores, at_ns in scene.looks:
        facts = made.look(scores, end_ns + at_ns)
        assert len(book.shows(facts, table_of(others))) <= 2
    assert len(book.shows(made.rest(3 * end_ns), table_of(others))) <= 2
    assert book.shown is None
