"""Builds what is published, from the publisher's own tables only.

Every payload is at most `contract.MAX_PAYLOAD_BYTES`, whatever is in it: the limits on names and
labels see to that (tested).
"""

import platform
import time
from typing import TypeVar

from msgspec import UNSET, UnsetType

from edgecam import __version__
from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.config import DecisionOptions
from edgecam.messages import TROUBLES, UNKNOWN, Event, Lost, RegionState, Sighting
from edgecam.model import Model
from edgecam.publisher.contract import (
    UNKNOWN_LABEL,
    BoardPart,
    EventPayload,
    HealthPayload,
    InferencePart,
    InfoPayload,
    ModelPart,
    OptionsPart,
    OutboxPart,
    StatePayload,
    VisionPart,
)
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent, happened

HISTORICAL_AFTER_S = 10.0  # what is sent later than this after it happened is history

T = TypeVar("T")


def info(
    model: Model,
    *,
    runtime: str,
    os_name: str,
    regions: tuple[str, ...],
    fps: float | None,
    decision: DecisionOptions,
) -> InfoPayload:
    """What this appliance is, without anything secret."""
    _, height, width, _ = model.input.shape
    return InfoPayload(
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
        regions=list(regions),
        options=OptionsPart(
            fps=None if fps is None else round(fps, 2),
            appear=round(decision.appear, 3),
            disappear=round(decision.disappear, 3),
            votes=decision.votes,
            window=decision.window,
        ),
    )


def state(shown: RegionState, labels: tuple[str, ...]) -> StatePayload:
    """What a region shows."""
    known = shown.label != UNKNOWN
    return StatePayload(
        label=labels[shown.label] if known else UNKNOWN_LABEL,
        confidence=shown.confidence / 1000 if known else None,
        since=clock.iso(clock.wall_ns(shown.since_ns)),
    )


def health(
    monitor: VisionMonitor, outbox: OutboxPart, machine: Board, disk_free_mb: int | None
) -> HealthPayload:
    """How the appliance is doing now."""
    vision = monitor.health
    temperature = machine.cpu_temp_c()
    return HealthPayload(
        vision=VisionPart(
            up=monitor.up,
            fps=round(vision.fps_milli / 1000, 1) if vision else 0.0,
            last_frame_age_s=round(vision.last_frame_age_ms / 1000, 1) if vision else 0.0,
            restarts=monitor.restarts,
            dropped=vision.dropped if vision else 0,
            unreadable=vision.unreadable if vision else 0,
        ),
        inference=InferencePart(
            p50_ms=round(vision.p50_us / 1000, 2) if vision else 0.0,
            p95_ms=round(vision.p95_us / 1000, 2) if vision else 0.0,
            skipped=vision.skipped if vision else 0,
        ),
        outbox=outbox,
        board=BoardPart(
            cpu_temp_c=_set(temperature),
            throttled=_set(machine.throttled()),
            mem_mb=_set(machine.available_memory_mb()),
            disk_free_mb=_set(disk_free_mb),
        ),
        refused=monitor.refused,
        clock_synced=clock.synchronized(),
    )


def stored(
    event: Event,
    run: int,
    *,
    regions: tuple[str, ...],
    labels: tuple[str, ...],
    model: str,
) -> StoredEvent:
    """An event from the wall, its indices replaced by what they stand for now."""
    if isinstance(event, Sighting):
        return happened(
            "appeared" if event.appeared else "disappeared",
            event.at_ns,
            id=f"{run & 0xFFFFFFFF:08x}-{event.region}-{event.appearance}",
            region=regions[event.region],
            label=labels[event.label],
            confidence=event.confidence,
            start_ns=event.start_ns,
            model=model,
        )
    if isinstance(event, Lost):
        return happened("loss", event.at_ns, reason="vision_full", count=event.count)
    if event.trouble:
        return happened("camera_trouble", event.at_ns, reason=TROUBLES[event.trouble - 1])
    return happened("camera_ok", event.at_ns)


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
        count=_set(stored_event.count),
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


def age_s(waiting: StoredEvent) -> float:
    """How long ago an event happened, in seconds, as far as the clocks can tell."""
    if waiting.boot_id == clock.boot_id():
        return (time.monotonic_ns() - waiting.at_ns) / 1e9
    return max(0.0, (time.time_ns() - waiting.at_wall_ns) / 1e9)


def _set(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value
