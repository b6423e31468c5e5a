"""What the events of a run become in the queue: gaps, resends, restarts of either half."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.receiving import ANIMALS, CAT, DOG, MODEL, vocabulary

from edgecam.link import Numbered
from edgecam.messages import MEASURED, SEEING, TROUBLES, CameraState, Sighting
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.wall.intake import MAX_GAP, Intake
from edgecam.publisher.wall.presence import Shown

RUN = 2**63 - 1
TABLES = vocabulary().tables
START_NS = time.monotonic_ns() - 10**9


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "q.db", max_events=1000, max_mb=4, max_age_days=30)
    yield made
    made.close()


Begin = Callable[..., Intake]


@pytest.fixture
def begin(outbox: Outbox) -> Begin:
    """A connection of the vision half; by default always of the same run."""

    def made(run: int = RUN, told: int = 0) -> Intake:
        return Intake(run, told, TABLES, MODEL.name, outbox)

    return made


def came(counter: int, label: int = CAT, region: int = 0) -> Numbered:
    at_ns = START_NS + counter
    return Numbered(counter, Sighting(True, region, label, 900, at_ns))  # noqa: FBT003  it came


def went(counter: int, label: int = CAT, region: int = 0) -> Numbered:
    at_ns = START_NS + counter
    return Numbered(counter, Sighting(False, region, label, 20, at_ns))  # noqa: FBT003  it went


def camera(counter: int, trouble: int = 0, measure: int = 0, lasted_s: int = 0) -> Numbered:
    return Numbered(counter, CameraState(trouble, measure, START_NS + counter, lasted_s))


def number_of(reason: str) -> int:
    return TROUBLES.index(reason) + 1


def told(outbox: Outbox) -> list[tuple[str, str | int | None]]:
    """The queue: what happened, and to which label, for which reason or how often."""
    rows = [row.event for row in outbox.after(0, 1000)]
    return [(event.event_type, event.label or event.count or event.reason) for event in rows]


def test_an_event_is_told_in_the_publishers_own_words(begin: Begin, outbox: Outbox) -> None:
    intake = begin()
    intake.commit([came(1, ANIMALS, 1), went(2, ANIMALS, 1)])
    first, second = [row.event for row in outbox.after(0, 10)]
    assert (first.event_type, first.region, first.label) == ("appeared", "yard", "animals")
    assert (first.model, first.confidence, first.at_ns) == ("model", 900, START_NS + 1)
    assert first.start_ns == first.at_ns
    assert (second.event_type, second.confidence) == ("disappeared", 20)
    assert (second.id, second.start_ns) == (first.id, first.at_ns)
    assert intake.shown()[1].label is None


def test_a_gap_in_the_numbers_is_a_loss_of_so_many(begin: Begin, outbox: Outbox) -> None:
    intake = begin()
    intake.commit([came(1), came(5, DOG)])
    intake.commit([went(6)])
    intake.commit([camera(9)])
    assert told(outbox) == [
        ("appeared", "cat"),
        ("loss", 3),
        ("appeared", "dog"),
        ("disappeared", "cat"),
        ("loss", 2),
    ]
    losses = [row.event for row in outbox.after(0, 10) if row.event.event_type == "loss"]
    assert [event.reason for event in losses] == ["vision_full"] * 2
    assert losses[0].at_ns == START_NS + 5  # when it was noticed
    assert intake.stored == intake.safe() == 9


def test_what_was_lost_before_the_first_that_came_counts(begin: Begin, outbox: Outbox) -> None:
    begin().commit([came(26)])
    assert told(outbox) == [("loss", 25), ("appeared", "cat")]


def test_a_resend_changes_nothing(begin: Begin, outbox: Outbox) -> None:
    first = begin()
    first.commit([came(1), came(4, DOG)])
    before, shown = told(outbox), first.shown()[0]
    again = begin()
    assert again.stored == 4
    again.commit([came(1), came(4, DOG)])
    again.commit([came(2), went(3)])  # nor does what fills a gap too late
    assert told(outbox) == before
    assert again.shown()[0] == shown
    again.commit([went(4, DOG), went(5, DOG)])
    assert told(outbox)[len(before) :] == [("disappeared", "dog")]


def test_numbers_that_run_backwards_in_one_batch_are_passed_over(
    begin: Begin, outbox: Outbox
) -> None:
    begin().commit([came(3), came(2, DOG), came(3, DOG), went(4)])
    assert told(outbox) == [("loss", 2), ("appeared", "cat"), ("disappeared", "cat")]


def test_an_end_whose_beginning_is_unknown_has_no_id_and_no_length(
    begin: Begin, outbox: Outbox
) -> None:
    intake = begin()
    intake.commit([went(2)])
    ended = outbox.after(0, 10)[-1].event
    assert (ended.event_type, ended.id, ended.start_ns) == ("disappeared", None, None)
    assert intake.shown()[0].since_ns == START_NS + 2


def test_a_restart_of_the_publisher_recalls_what_is_present(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "q.db", max_events=1000, max_mb=4, max_age_days=30)
    Intake(RUN, 0, TABLES, "model", outbox).commit([came(1), came(2, DOG, 1)])
    outbox.close()
    outbox = Outbox(tmp_path / "q.db", max_events=1000, max_mb=4, max_age_days=30)
    intake = Intake(RUN, 1, TABLES, "model", outbox)
    assert [shown.label for shown in intake.shown()] == ["cat", "dog"]
    intake.commit([came(2, DOG, 1), went(3)])
    first, _, last = [row.event for row in outbox.after(0, 10)]
    assert (last.id, last.start_ns) == (first.id, first.start_ns)
    outbox.close()


def test_another_run_begins_with_nothing_present_and_numbers_of_its_own(
    begin: Begin, outbox: Outbox
) -> None:
    begin().commit([came(7)])
    other = begin(run=5)
    assert [shown.label for shown in other.shown()] == [None, None]
    assert other.stored == 0
    other.commit([came(1), went(2)])
    assert told(outbox)[-2:] == [("appeared", "cat"), ("disappeared", "cat")]


def test_what_was_told_before_the_queue_was_lost_is_not_lost_twice(
    begin: Begin, outbox: Outbox
) -> None:
    intake = begin(told=40)
    assert (intake.stored, intake.safe()) == (40, 40)
    intake.commit([came(41), came(43, DOG)])
    assert told(outbox) == [("appeared", "cat"), ("loss", 1), ("appeared", "dog")]


def test_a_queue_that_knows_more_than_was_told_is_believed(begin: Begin, outbox: Outbox) -> None:
    """The answer was lost."""
    begin().commit([came(1), came(2, DOG)])
    again = begin(told=1)
    assert again.stored == again.safe() == 2
    again.commit([came(2, DOG)])
    assert len(told(outbox)) == 2


def test_a_camera_that_is_as_it_was_is_no_event_but_its_number_counts(
    begin: Begin, outbox: Outbox
) -> None:
    intake = begin()
    intake.commit([camera(1), camera(2, 1), camera(3, 1), camera(4, 2), camera(5)])
    assert told(outbox) == [
        ("camera_trouble", "missing"),
        ("camera_trouble", "stalled"),
        ("camera_ok", None),
    ]
    other = begin(run=5)
    other.commit([camera(1), came(2)])
    assert told(outbox)[3:] == [("appeared", "cat")]
    assert other.safe() == 2


@pytest.mark.parametrize("reason", TROUBLES)
def test_the_number_of_what_measures_nothing_goes_nowhere(
    begin: Begin, outbox: Outbox, reason: str
) -> None:
    begin().commit([camera(1, number_of(reason), 123), camera(2, 0, 456)])
    trouble, well = [row.event for row in outbox.after(0, 10)]
    assert trouble.value == (123 if reason in MEASURED else None)
    assert well.value is None


@pytest.mark.parametrize("reason", TROUBLES)
def test_regions_show_nothing_while_the_camera_is_blind_and_then_what_they_did(
    begin: Begin, reason: str
) -> None:
    intake = begin()
    intake.commit([came(1)])
    before = intake.shown()
    intake.commit([camera(2, number_of(reason))])
    if reason in SEEING:
        assert intake.shown() == before
    else:
        assert intake.shown()[0] == Shown(None, 0, START_NS + 2)
    assert begin().shown()[0].label == intake.shown()[0].label  # also after a reconnect
    intake.commit([camera(3)])
    assert intake.shown() == before
    assert begin().shown()[0] == before[0]


def test_what_ends_while_the_camera_is_blind_is_not_shown_again(begin: Begin) -> None:
    intake = begin()
    intake.commit([came(1), camera(2, number_of("covered")), went(3), camera(4)])
    assert intake.shown()[0] == Shown(None, 0, START_NS + 3)


def test_so_much_cannot_have_been_lost(begin: Begin) -> None:
    intake = begin()
    assert intake.possible(came(MAX_GAP))
    assert not intake.possible(came(MAX_GAP + 1))
    intake.commit([came(10)])
    assert intake.possible(came(MAX_GAP + 10))
    assert not intake.possible(came(MAX_GAP + 11))


def test_other_tables_name_what_comes_from_then_on(begin: Begin, outbox: Outbox) -> None:
    intake = begin()
    intake.commit([came(1, DOG)])
    intake.retable(vocabulary(groups={"a pet": ["elk"], "animals": ["cat"]}).tables)
    intake.commit([came(2, ANIMALS), went(3, DOG)])
    assert told(outbox)[1:] == [("appeared", "a pet"), ("disappeared", "dog")]


def test_nothing_new_is_nothing_stored(begin: Begin, outbox: Outbox) -> None:
    intake = begin()
    intake.commit([came(1)])
    intake.commit([came(1), came(1)])
    assert outbox.count == 1


@pytest.mark.parametrize(("lasted_s", "told_s"), [(0, 0), (11, 11), (123, 120), (3599, 3500)])
def test_a_camera_is_in_trouble_since_that_was_first_seen(
    begin: Begin, outbox: Outbox, lasted_s: int, told_s: int
) -> None:
    """To two digits, as all that vision says of itself; and its regions show nothing since then."""
    intake = begin()
    intake.commit([came(1), camera(2, number_of("dark"), 10, lasted_s)])
    began_ns = max(0, START_NS + 2 - told_s * 10**9)
    event = outbox.after(0, 10)[-1].event
    assert (event.event_type, event.at_ns) == ("camera_trouble", START_NS + 2)
    assert event.start_ns == intake.shown()[0].since_ns == began_ns
    intake.commit([camera(3, 0, 0, lasted_s)])
    event = outbox.after(0, 10)[-1].event
    began_ns = max(0, START_NS + 3 - told_s * 10**9)
    assert (event.event_type, event.start_ns) == ("camera_ok", began_ns)
