"""What a subscriber of `state` sees when one look ends one label and begins another."""

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.appliance import SHOWN, Appliance, stop
from support.mosquitto import Mosquitto
from support.publisher import to
from support.receiving import CAT, DOG, LABELS, RUN, vocabulary
from support.recorder import Recorder

from edgecam import link
from edgecam.config import DecisionOptions, OutboxOptions
from edgecam.link import PROTOCOL, Hello, Numbered
from edgecam.messages import Sighting
from edgecam.publisher.service import PublisherService
from edgecam.publisher.wall.limits import Limits
from edgecam.subjects import choose
from edgecam.vision.decision import Decision
from edgecam.vision.rules import Rules

APART_NS = 10**8


def states(recorder: Recorder, region: str) -> list[str]:
    return [message.json["label"] for message in recorder.on(f"/state/{region}")]


class Wall:
    """The vision half's end; each fact is told only when a subscriber knows all of the one before."""

    def __init__(self, end: socket.socket, recorder: Recorder) -> None:
        self._end = end
        self._recorder = recorder
        self._numbers = itertools.count(1)
        tables = vocabulary().tables.fingerprint
        end.send(link.encode(Hello(PROTOCOL, RUN, tables, 0)))
        recorder.wait_for(lambda seen: states(seen, "yard") == ["unknown"])

    def tell(self, fact: Sighting, state: str) -> None:
        """Tell it, and wait for the event and for the state that follows."""
        number = next(self._numbers)
        self._end.send(link.encode(Numbered(number, fact)))
        self._recorder.wait_for(
            lambda seen: len(seen.events) == number and states(seen, "yard")[-1] == state
        )


@pytest.fixture
def wall(tmp_path: Path, broker: Mosquitto, recorder: Recorder) -> Iterator[Wall]:
    ours, theirs = link.pair()
    service = PublisherService(
        outbox=OutboxOptions(file=str(tmp_path / "q.db")),
        mqtt=to(broker),
        secret=None,
        node="test",
        vocabulary=vocabulary(),
        limits=Limits(36_000, 30.0, 0.0, top_k=3),
        commands=(),
        health_interval_s=30.0,
        wall=theirs,
    )
    service.start(lambda: None)
    try:
        with contextlib.closing(ours):
            yield Wall(ours, recorder)
    finally:
        assert service.stop()
    service.check()


def told(*looks: dict[int, float]) -> list[Sighting]:
    """The facts of some looks at the yard, a tenth of a second apart; by the scores of labels."""
    options = DecisionOptions(votes=1, window=1, clear=0, cooldown_s=0)
    decision = Decision(Rules.build(options, choose(options, LABELS)), 1)
    facts, first_ns = [], time.monotonic_ns() - len(looks) * APART_NS
    for number, look in enumerate(looks):
        scores = np.array([look.get(label, 0.0) for label in range(len(LABELS))], np.float32)
        facts += decision.look(scores, first_ns + number * APART_NS)
    return facts


def test_the_state_goes_from_one_label_to_the_next(wall: Wall, recorder: Recorder) -> None:
    then = ("cat", "dog", "dog", "unknown")
    for fact, state in zip(told({CAT: 0.9}, {DOG: 0.8}, {}), then, strict=True):
        wall.tell(fact, state)
    assert states(recorder, "yard") == ["unknown", "cat", "dog", "unknown"]
    assert recorder.sightings == [
        ("appeared", "cat"),
        ("appeared", "dog"),
        ("disappeared", "cat"),
        ("disappeared", "dog"),
    ]


def test_told_the_other_way_round_it_would_be_unknown_between(
    wall: Wall, recorder: Recorder
) -> None:
    """The control: so it once was."""
    came, dog, gone = told({CAT: 0.9}, {DOG: 0.8})
    for fact, state in ((came, "cat"), (gone, "unknown"), (dog, "dog")):
        wall.tell(fact, state)
    assert states(recorder, "yard") == ["unknown", "cat", "unknown", "dog"]


def test_of_two_that_appear_in_one_look_the_surer_is_the_state(
    wall: Wall, recorder: Recorder
) -> None:
    then = ("dog", "dog", "dog", "unknown")
    for fact, state in zip(told({CAT: 0.6, DOG: 0.9}, {}), then, strict=True):
        wall.tell(fact, state)
    assert states(recorder, "yard") == ["unknown", "dog", "unknown"]


def test_photographs_that_follow_each_other_show_nothing_between(
    appliance: Appliance, recorder: Recorder
) -> None:
    """In a real process: each look at a photograph is the same, so one ends as the next begins."""
    process = appliance.start()
    recorder.wait_for(lambda seen: len(states(seen, "scene")) > 2 * len(SHOWN))
    shown = states(recorder, "scene")
    assert stop(process) == 0
    if shown[0] == "unknown":  # before anything was looked at, where that was told in time
        del shown[0]
    expected = itertools.islice(itertools.cycle(SHOWN.values()), len(shown))
    assert shown == list(expected)
