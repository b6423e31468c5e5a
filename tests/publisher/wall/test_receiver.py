"""The publisher's end of the wall. A vision half that is hostile is in test_hostile_vision.py."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.receiving import ANIMALS, CAT, DOG, RUN, Receiving, VisionEnd, sighting, vocabulary
from support.waiting import wait_until

from edgecam.link import PROTOCOL, Ask, Committed, Hello, Numbered, Pause, Refused, Welcome
from edgecam.messages import CameraState, Explanation, Look, Scored, VisionHealth
from edgecam.publisher import payloads
from edgecam.publisher.wall import receiver as module
from edgecam.publisher.wall.limits import EVENTS_AT_ONCE, Limits

WELCOME = Welcome(0, paused=False)
HEALTH = VisionHealth(10_000, 100, 1, 2, 3, 4_000, 5_000, 6, 0, asleep=False)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Receiving]:
    made = Receiving(tmp_path)
    yield made
    made.close()


@pytest.fixture
def wall(publisher: Receiving) -> Iterator[VisionEnd]:
    made = VisionEnd(publisher)
    yield made
    made.close()


def test_committed_is_said_only_of_what_is_on_disk(publisher: Receiving, wall: VisionEnd) -> None:
    assert wall.hello() == WELCOME
    wall.send(Numbered(1, sighting(CAT)), Numbered(2, sighting(ANIMALS)))
    counter = 0
    while counter < 2:
        answer = wall.answer()
        assert isinstance(answer, Committed)
        counter = answer.counter
        assert publisher.outbox.committed(RUN) >= counter
    assert publisher.stored == [("appeared", "cat"), ("appeared", "animals")]


def test_a_resend_after_a_reconnect_is_stored_once(publisher: Receiving, wall: VisionEnd) -> None:
    wall.hello()
    first = Numbered(1, sighting())
    wall.send(first)
    assert wall.answer() == Committed(1)
    wall.close()
    again = VisionEnd(publisher)
    assert again.hello() == Welcome(1, paused=False)
    again.send(first, Numbered(2, sighting(DOG)))
    wait_until(lambda: publisher.outbox.committed(RUN) == 2, 5.0)
    assert publisher.stored == [("appeared", "cat"), ("appeared", "dog")]
    assert publisher.refused == 0
    again.close()


def test_other_tables_or_another_protocol_are_refused_with_a_reason(publisher: Receiving) -> None:
    for hello in (
        Hello(PROTOCOL, RUN, "f" * 16, 0),
        Hello(PROTOCOL + 1, RUN, publisher.tables.fingerprint, 0),
    ):
        other = VisionEnd(publisher)
        other.send(hello)
        answer = other.answer()
        assert isinstance(answer, Refused)
        assert "restart both halves" in answer.reason
        assert other.cut_off
        other.close()


def test_a_second_vision_half_is_turned_away_and_the_first_goes_on(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    second = VisionEnd(publisher)
    assert isinstance(second.answer(), Refused)
    second.close()
    wall.send(Numbered(1, sighting()))
    assert wall.answer() == Committed(1)


def test_what_regions_show_and_health_reach_the_monitor(
    publisher: Receiving, wall: VisionEnd
) -> None:
    assert publisher.monitor.shown == [None, None]  # nobody has said yet
    wall.hello()
    wait_until(lambda: all(publisher.monitor.shown))
    assert publisher.shows == [None, None]
    wall.send(HEALTH, Numbered(1, sighting(DOG, region=1)))
    wait_until(lambda: publisher.monitor.up and publisher.shows == [None, "dog"])
    assert publisher.monitor.health == HEALTH
    wall.close()
    wait_until(lambda: not publisher.monitor.up)
    publisher.monitor.forget_states()
    assert publisher.shows == [None, None]
    assert publisher.monitor.shown[1] is not None


def test_that_a_region_still_shows_nothing_after_a_restart_is_no_news(
    publisher: Receiving, wall: VisionEnd
) -> None:
    """Where a camera is missing, the vision half starts again each minute, for days."""
    wall.hello()
    wall.send(Numbered(1, sighting(DOG, region=1)))
    wait_until(lambda: publisher.shows == [None, "dog"])
    nothing, dog = publisher.monitor.shown
    wall.close()
    wait_until(lambda: not publisher.monitor._connected)
    again = VisionEnd(publisher)
    again.hello(RUN - 1)
    wait_until(lambda: publisher.shows == [None, None])
    still, gone = publisher.monitor.shown
    assert still == nothing
    assert gone is not None
    assert dog is not None
    assert gone.since_ns > dog.since_ns
    again.close()


def test_restarts_of_the_vision_half_are_counted(publisher: Receiving) -> None:
    for run in (1, 1, 2, 3):
        end = VisionEnd(publisher)
        end.hello(run)
        end.close()
        wait_until(lambda: not publisher.monitor._connected, 5.0)
    assert publisher.monitor.restarts == 2


def test_the_camera_is_an_event_only_when_it_changes(publisher: Receiving) -> None:
    """Each run says how its camera is; a restart loop must not flood anybody."""
    runs = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 0), (6, 0)]
    for run, trouble in runs:
        end = VisionEnd(publisher)
        end.hello(run)
        end.send(Numbered(1, CameraState(trouble, 0, time.monotonic_ns(), 0)))
        assert end.answer() == Committed(1)
        end.close()
    assert [(event.event_type, event.reason) for event in publisher.events] == [
        ("camera_trouble", "missing"),
        ("camera_trouble", "stalled"),
        ("camera_ok", None),
    ]


def test_a_vision_half_is_held_to_its_events_in_an_hour_and_loses_nothing_by_it(
    publisher: Receiving, wall: VisionEnd
) -> None:
    """36,000 in an hour are 10 in a second."""
    wall.hello()
    wall.send(HEALTH)
    count = EVENTS_AT_ONCE + 20
    started_s = time.monotonic()
    for number in range(1, count + 1):
        wall.send(Numbered(number, sighting()))
    wait_until(lambda: publisher.monitor.held, 10.0)
    assert publisher.monitor.up  # what is held back is no silence
    wait_until(lambda: publisher.outbox.committed(RUN) == count, 20.0)
    assert time.monotonic() - started_s >= 1.9  # what is above the first rush took its time
    assert publisher.refused == 0
    wait_until(lambda: not publisher.monitor.held)


def test_a_vision_half_that_restarts_while_it_is_held_is_not_turned_away(
    publisher: Receiving, wall: VisionEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its old end left on the wall is taken in at its rate; only then is there room."""
    monkeypatch.setattr(module, "HELLO_TIMEOUT_S", 0.1)
    wall.hello()
    count = EVENTS_AT_ONCE + 15
    for number in range(1, count + 1):
        wall.send(Numbered(number, sighting()))
    wall.close()
    again = VisionEnd(publisher)
    again.socket.settimeout(15.0)
    assert again.hello(RUN + 1) == WELCOME
    assert publisher.outbox.committed(RUN) == count
    assert publisher.refused == 0
    again.close()


def test_a_pause_is_said_at_once_and_with_every_welcome(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    wall.send(Numbered(1, sighting(DOG)))
    assert wall.answer() == Committed(1)
    publisher.control.pause(paused=True)
    assert wall.answer() == Pause(paused=True)
    wait_until(lambda: publisher.shows == [None, None])  # nobody looks
    wall.close()
    again = VisionEnd(publisher)
    assert again.hello() == Welcome(1, paused=True)
    assert publisher.shows == [None, None]
    publisher.control.pause(paused=False)
    assert again.answer() == Pause(paused=False)
    wait_until(lambda: publisher.shows == ["dog", None])
    again.close()


def test_while_vision_sleeps_regions_show_nothing_also_after_a_reconnect(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    wall.send(Numbered(1, sighting(DOG)))
    assert wall.answer() == Committed(1)
    assert publisher.shows == ["dog", None]
    wall.send(msgspec.structs.replace(HEALTH, asleep=True))
    wait_until(lambda: publisher.shows == [None, None])
    wall.send(Numbered(2, sighting(CAT, region=1)))  # what was being judged when it fell asleep
    assert wall.answer() == Committed(2)
    assert publisher.shows == [None, None]
    wall.close()
    again = VisionEnd(publisher)
    again.hello()
    assert publisher.shows == [None, None]
    again.send(HEALTH)
    wait_until(lambda: publisher.shows == ["dog", "cat"])
    again.close()


def test_a_question_goes_over_the_wall_and_its_answer_comes_back(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    number = publisher.control.ask(1)
    assert wall.answer() == Ask(number, 1)
    answer = Explanation(number, 1, 5, ())
    wall.send(answer, Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    assert publisher.control.answers() == [answer]
    assert publisher.refused == 0


def test_a_question_waits_for_a_vision_half(publisher: Receiving) -> None:
    number = publisher.control.ask(0)
    late = VisionEnd(publisher)
    assert late.hello() == WELCOME
    assert late.answer() == Ask(number, 0)
    late.close()


def test_looks_reach_the_live_feed_where_it_is_on(tmp_path: Path) -> None:
    publisher = Receiving(tmp_path, looks_per_s=5.0)
    wall = VisionEnd(publisher)
    wall.hello()
    older, newer, other = Look(0, (Scored(CAT, 1),)), Look(0, (Scored(DOG, 2),)), Look(1, ())
    wall.send(older, newer, other, Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    assert [seen.look for seen in publisher.monitor.looks()] == [newer, other]
    assert publisher.monitor.looks() == []
    wall.close()
    publisher.close()


def test_a_look_is_told_in_the_words_that_were_in_force_when_it_came(tmp_path: Path) -> None:
    publisher = Receiving(tmp_path, looks_per_s=5.0)
    wall = VisionEnd(publisher)
    wall.hello()
    without_groups = vocabulary(groups={})
    publisher.receiver.reload(without_groups.tables, Limits(36_000, 30.0, 5.0))
    wall.send(Look(0, (Scored(ANIMALS, 700),)), Numbered(1, sighting()))
    assert wall.answer() == Committed(1)
    (seen,) = publisher.monitor.looks()
    assert payloads.live(seen.look, seen.labels).top == [("animals", 0.7)]
    wall.close()
    publisher.close()


def test_a_configuration_that_was_in_force_before_is_still_understood(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    other = vocabulary(groups={"animals": ["elk"], "a pet": ["dog"]})
    publisher.receiver.reload(other.tables, Limits(36_000, 30.0))
    wall.send(Numbered(1, sighting(DOG)), Numbered(2, sighting(ANIMALS)))
    while publisher.outbox.committed(RUN) < 2:
        wall.answer()
    wall.close()
    again = VisionEnd(publisher)
    assert again.hello(committed=2, tables=other.tables.fingerprint) == Welcome(2, paused=False)
    again.send(Numbered(3, sighting(ANIMALS)), Numbered(4, sighting(DOG)))
    wait_until(lambda: publisher.refused == 1)  # dogs count as pets now
    assert publisher.stored == [("appeared", "dog"), ("appeared", "animals"), ("appeared", "a pet")]
    assert publisher.shows == ["a pet", None]
    again.close()


def test_other_tables_on_the_same_wall_need_only_another_hello(
    publisher: Receiving, wall: VisionEnd
) -> None:
    wall.hello()
    wall.send(Numbered(1, sighting(DOG)))
    assert wall.answer() == Committed(1)
    other = vocabulary(groups={"animals": ["elk"], "a pet": ["dog"]})
    publisher.receiver.reload(other.tables, Limits(36_000, 30.0))
    fingerprint = other.tables.fingerprint
    assert wall.hello(committed=1, tables=fingerprint) == Welcome(1, paused=False)
    wall.send(Numbered(2, sighting(ANIMALS)))
    assert wall.answer() == Committed(2)
    assert publisher.stored == [("appeared", "dog"), ("appeared", "a pet")]
    assert publisher.monitor.restarts == 0


def test_only_few_configurations_are_remembered(publisher: Receiving) -> None:
    first = publisher.tables.fingerprint
    for number in range(module.KNOWN_TABLES):
        groups = {f"group {number}": ["elk"]}
        publisher.receiver.reload(vocabulary(groups=groups).tables, Limits(36_000, 30.0))
    end = VisionEnd(publisher)
    assert isinstance(end.hello(tables=first), Refused)
    end.close()


def test_the_socket_is_for_our_group_only(publisher: Receiving) -> None:
    assert Path(publisher.path).stat().st_mode & 0o777 == 0o660
    assert isinstance(publisher.receiver._listener, socket.socket)
