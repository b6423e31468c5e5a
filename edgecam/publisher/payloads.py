"""Builds what is published, from the publisher's own tables only; `health` and `info` beside it.

Every payload is at most `contract.MAX_PAYLOAD_BYTES`, whatever is in it: the limits on names and
labels see to that (tested).
"""

import time
from collections.abc import Mapping

from msgspec import UNSET

from edgecam.appliance import clock
from edgecam.config import DecisionOptions
from edgecam.link import Tables
from edgecam.messages import Explanation, Look, Tally
from edgecam.publisher import contract
from edgecam.publisher.contract import (
    UNKNOWN_LABEL,
    EventPayload,
    LivePayload,
    StatePayload,
    TallyPart,
    WhyPart,
    known,
)
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent
from edgecam.publisher.wall.presence import Shown
from edgecam.subjects import Subject

ENVELOPE_BYTES = 110  # of a response, around its data
HISTORICAL_AFTER_S = 10.0  # what is sent later than this after it happened is history


def state(shown: Shown) -> StatePayload:
    """What a region shows."""
    return StatePayload(
        label=UNKNOWN_LABEL if shown.label is None else shown.label,
        confidence=None if shown.label is None else shown.confidence / 1000,
        since=clock.iso(clock.wall_ns(shown.since_ns)),
    )


def live(look: Look, labels: tuple[str, ...]) -> LivePayload:
    """The best labels of a look; `labels` is the table that its indices are of."""
    top = [(labels[scored.label], scored.score / 1000) for scored in look.top]
    return LivePayload(top=top)


def event(queued: Queued, node: str) -> EventPayload:
    """An event as it is sent now.

    Times of this boot are told by the clock as it is known now; those of an earlier one by what
    its clock was once it had been set, and where it never was, as they were stored.
    """
    stored_event = queued.event
    same_boot = stored_event.boot_id == clock.boot_id()
    at_ns, offset_ns = stored_event.at_ns, queued.boot_offset_ns
    if same_boot:
        at_wall_ns, clock_synced = clock.wall_ns(at_ns), clock.synchronized()
    elif offset_ns is not None:
        at_wall_ns, clock_synced = at_ns + offset_ns, True
    else:
        at_wall_ns, clock_synced = stored_event.at_wall_ns, stored_event.clock_synced
    ended = stored_event.event_type == "disappeared" and stored_event.start_ns is not None
    lasted_ns = at_ns - (at_ns if stored_event.start_ns is None else stored_event.start_ns)
    confidence = stored_event.confidence
    return EventPayload(
        event_type=stored_event.event_type,
        id=known(stored_event.id),
        region=known(stored_event.region),
        label=known(stored_event.label),
        confidence=UNSET if confidence is None else confidence / 1000,
        reason=known(stored_event.reason),
        value=UNSET if stored_event.value is None else stored_event.value / 1000,
        count=known(stored_event.count),
        lost_epoch=known(stored_event.lost_epoch),
        first_seq=known(stored_event.first_seq),
        last_seq=known(stored_event.last_seq),
        start_time=clock.iso(at_wall_ns - lasted_ns),
        end_time=clock.iso(at_wall_ns) if ended else UNSET,
        duration_s=round(lasted_ns / 1e9, 3) if ended else UNSET,
        model=known(stored_event.model),
        node=node,
        epoch=queued.epoch,
        seq=queued.seq,
        historical=not same_boot or age_s(stored_event) > HISTORICAL_AFTER_S,
        boot_id=stored_event.boot_id,
        monotonic_s=round(at_ns / 1e9, 3),
        clock_synced=clock_synced,
    )


def why(
    explanation: Explanation,
    tables: Tables,
    decision: DecisionOptions,
    subjects: Mapping[int, Subject],
    *,
    sha256: str,
    paused: bool,
    asleep: bool,
) -> WhyPart:
    """What the state of a region stands on: the votes are vision's, all else is ours."""
    tallies = [tally for tally in explanation.tallies if tally.label in subjects]
    part = WhyPart(
        region=tables.regions[explanation.region],
        looks=explanation.looks,
        votes=decision.votes,
        window=decision.window,
        cooldown_s=decision.cooldown_s,
        paused=paused,
        asleep=asleep,
        model_sha256=sha256[:12],
        top=[_tally(tally, subjects[tally.label]) for tally in tallies],
    )
    # Long labels, in many bytes each: the best matter most.
    while part.top and len(contract.encode(part)) > contract.MAX_PAYLOAD_BYTES - ENVELOPE_BYTES:
        part.top.pop()
    return part


def _tally(tally: Tally, subject: Subject) -> TallyPart:
    return TallyPart(
        label=subject.name,
        score=tally.score / 1000,
        high_votes=tally.high_votes,
        low_votes=tally.low_votes,
        present=tally.present,
        appear=round(subject.appear, 3),
        disappear=round(subject.disappear, 3),
    )


def age_s(waiting: StoredEvent) -> float:
    """How long ago an event happened, in seconds, as far as the clocks can tell."""
    if waiting.boot_id == clock.boot_id():
        return (time.monotonic_ns() - waiting.at_ns) / 1e9
    return max(0.0, (time.time_ns() - waiting.at_wall_ns) / 1e9)
