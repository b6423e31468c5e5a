"""Builds what is published, from the publisher's own tables only.

Every payload is at most `contract.MAX_PAYLOAD_BYTES`, whatever is in it: the limits on names and
labels see to that (tested).
"""

import platform
import time
from collections.abc import Mapping, Sequence
from typing import TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from edgecam import __version__
from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.config import DecisionOptions
from edgecam.config.options import Power
from edgecam.link import Tables
from edgecam.messages import Explanation, Look, Tally
from edgecam.model import Model
from edgecam.publisher import contract
from edgecam.publisher.contract import (
    UNKNOWN_LABEL,
    Alarm,
    BoardPart,
    EventPayload,
    HealthPayload,
    InferencePart,
    InfoPayload,
    LivePayload,
    ModelPart,
    OptionsPart,
    OutboxPart,
    Slowed,
    StatePayload,
    TallyPart,
    VisionPart,
    WhyPart,
)
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent
from edgecam.publisher.wall.presence import Shown
from edgecam.subjects import Subject

ROUGH_DIGITS = 2  # of what vision says of itself
ENVELOPE_BYTES = 110  # of a response, around its data
HISTORICAL_AFTER_S = 10.0  # what is sent later than this after it happened is history

T = TypeVar("T")


def info(
    model: Model,
    *,
    runtime: str,
    os_name: str,
    board_model: str | None,
    regions: tuple[str, ...],
    fps: float | None,
    power: Power,
    active_hours: Sequence[str],
    decision: DecisionOptions,
    restart_required: tuple[str, ...],
) -> InfoPayload:
    """What this appliance is, without anything secret."""
    _, height, width, _ = model.input.shape
    payload = InfoPayload(
        version=__version__,
        model=ModelPart(
            name=model.name,
            sha256=model.sha256,
            input=f"{width}x{height} {model.input.dtype}",
            labels=len(model.labels),
        ),
        runtime=runtime[:24],
        python=platform.python_version()[:12],
        os="".join(char for char in os_name if char.isalnum() or char in " ._-")[:20],
        board=_set(None if board_model is None else board_model[:40]),
        regions=list(regions),
        options=OptionsPart(
            power=power,
            active_hours=list(active_hours),
            fps=None if fps is None else round(fps, 2),
            appear=round(decision.appear, 3),
            disappear=round(decision.disappear, 3),
            votes=decision.votes,
            window=decision.window,
        ),
        restart_required=list(restart_required),
    )
    # Many regions of long names, and much to restart for: what it runs on matters less.
    if len(contract.encode(payload)) > contract.MAX_PAYLOAD_BYTES:
        payload = msgspec.structs.replace(payload, runtime="", python="", os="", board=UNSET)
    # Some of the hours would be other hours.
    if len(contract.encode(payload)) > contract.MAX_PAYLOAD_BYTES:
        without_hours = msgspec.structs.replace(payload.options, active_hours=UNSET)
        payload = msgspec.structs.replace(payload, options=without_hours)
    while len(contract.encode(payload)) > contract.MAX_PAYLOAD_BYTES:
        payload.restart_required.pop()
    return payload


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


def health(
    monitor: VisionMonitor,
    outbox: OutboxPart,
    board: BoardPart,
    *,
    refused: int,
    alarms: tuple[Alarm, ...],
    paused: bool,
    ignored: int,
    wakes_at: str | None = None,
) -> HealthPayload:
    """How the appliance is doing now; where that is too much to say, with less of the board."""
    vision = monitor.health
    payload = HealthPayload(
        vision=VisionPart(
            up=monitor.up,
            fps=rough(vision.fps_milli) / 1000 if vision else 0.0,
            last_frame_age_s=rough(monitor.frame_age_ms) / 1000,
            restarts=monitor.restarts,
            dropped=rough(vision.dropped) if vision else 0,
            unreadable=rough(vision.unreadable) if vision else 0,
            still=rough(vision.still) if vision else 0,
            slowed=_reasons(vision.slowed) if vision else [],
            asleep=monitor.asleep,
            wakes_at=_set(wakes_at if monitor.asleep else None),
            paused=paused,
        ),
        inference=InferencePart(
            p50_ms=rough(vision.p50_us) / 1000 if vision else 0.0,
            p95_ms=rough(vision.p95_us) / 1000 if vision else 0.0,
            skipped=rough(vision.skipped) if vision else 0,
        ),
        outbox=outbox,
        board=board,
        refused=rough(refused),
        clock_synced=clock.synchronized(),
        alarms=list(alarms),
        ignored=ignored,
    )
    troubles = msgspec.structs.replace(board, mem_total_mb=UNSET, uptime_s=UNSET)
    strains = BoardPart(cpu_temp_c=board.cpu_temp_c, throttled=board.throttled)
    for less in (troubles, strains, BoardPart(cpu_temp_c=board.cpu_temp_c), BoardPart()):
        if len(contract.encode(payload)) > contract.MAX_PAYLOAD_BYTES:
            payload = msgspec.structs.replace(payload, board=less)
    # Where counters of decades and every alarm come together, the alarms matter more.
    if len(contract.encode(payload)) > contract.MAX_PAYLOAD_BYTES:
        bare = msgspec.structs.replace(payload.vision, still=UNSET, slowed=UNSET, wakes_at=UNSET)
        payload = msgspec.structs.replace(payload, vision=bare)
    return payload


def board(machine: Board, disk_free_mb: int | None, uptime_s: int) -> BoardPart:
    """How the machine is, which the vision half can move by what it does: so only roughly."""
    temperature = machine.cpu_temp_c()
    return BoardPart(
        cpu_temp_c=_set(None if temperature is None else round(temperature)),
        throttled=_set(machine.throttled()),
        mem_mb=_set(_rough(machine.available_memory_mb())),
        mem_total_mb=_set(machine.total_memory_mb()),
        disk_free_mb=_set(_rough(disk_free_mb)),
        uptime_s=uptime_s,
    )


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
        id=_set(stored_event.id),
        region=_set(stored_event.region),
        label=_set(stored_event.label),
        confidence=UNSET if confidence is None else confidence / 1000,
        reason=_set(stored_event.reason),
        value=UNSET if stored_event.value is None else stored_event.value / 1000,
        count=_set(stored_event.count),
        lost_epoch=_set(stored_event.lost_epoch),
        first_seq=_set(stored_event.first_seq),
        last_seq=_set(stored_event.last_seq),
        start_time=clock.iso(at_wall_ns - lasted_ns),
        end_time=clock.iso(at_wall_ns) if ended else UNSET,
        duration_s=round(lasted_ns / 1e9, 3) if ended else UNSET,
        model=_set(stored_event.model),
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


def rough(amount: int) -> int:
    """A figure of the vision half to two digits: the rest could be anything it liked."""
    step: int = 10 ** max(len(str(amount)) - ROUGH_DIGITS, 0)
    return amount // step * step


def _reasons(bits: int) -> list[Slowed]:
    return [reason for bit, reason in enumerate(get_args(Slowed)) if bits >> bit & 1]


def _rough(amount: int | None) -> int | None:
    return None if amount is None else rough(amount)


def age_s(waiting: StoredEvent) -> float:
    """How long ago an event happened, in seconds, as far as the clocks can tell."""
    if waiting.boot_id == clock.boot_id():
        return (time.monotonic_ns() - waiting.at_ns) / 1e9
    return max(0.0, (time.time_ns() - waiting.at_wall_ns) / 1e9)


def _set(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value
