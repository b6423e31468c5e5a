"""What `health` says, from what the monitor, the queue and the machine know."""

from typing import get_args

import msgspec
from msgspec import UNSET

from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.publisher import contract
from edgecam.publisher.contract import (
    Alarm,
    BoardPart,
    HealthPayload,
    InferencePart,
    OutboxPart,
    Slowed,
    VisionPart,
    known,
)
from edgecam.publisher.figures import from_thousandths, rough, rough_or_none
from edgecam.publisher.monitor import VisionMonitor


def payload(
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
    told = HealthPayload(
        vision=VisionPart(
            up=monitor.up,
            fps=from_thousandths(vision.fps_milli if vision else None),
            last_frame_age_s=from_thousandths(monitor.frame_age_ms),
            restarts=monitor.restarts,
            dropped=rough(vision.dropped) if vision else 0,
            unreadable=rough(vision.unreadable) if vision else 0,
            still=rough(vision.still) if vision else 0,
            slowed=_reasons(vision.slowed) if vision else [],
            asleep=monitor.asleep,
            wakes_at=known(wakes_at if monitor.asleep else None),
            paused=paused,
        ),
        inference=InferencePart(
            p50_ms=from_thousandths(vision.p50_us if vision else None),
            p95_ms=from_thousandths(vision.p95_us if vision else None),
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
        if len(contract.encode(told)) > contract.MAX_PAYLOAD_BYTES:
            told = msgspec.structs.replace(told, board=less)
    # Where counters of decades and every alarm come together, the alarms matter more.
    if len(contract.encode(told)) > contract.MAX_PAYLOAD_BYTES:
        bare = msgspec.structs.replace(told.vision, still=UNSET, slowed=UNSET, wakes_at=UNSET)
        told = msgspec.structs.replace(told, vision=bare)
    return told


def board(machine: Board, disk_free_mb: int | None, uptime_s: int) -> BoardPart:
    """How the machine is, which the vision half can move by what it does: so only roughly."""
    temperature = machine.cpu_temp_c()
    return BoardPart(
        cpu_temp_c=known(None if temperature is None else round(temperature)),
        throttled=known(machine.throttled()),
        mem_mb=known(rough_or_none(machine.available_memory_mb())),
        mem_total_mb=known(machine.total_memory_mb()),
        disk_free_mb=known(rough_or_none(disk_free_mb)),
        uptime_s=uptime_s,
    )


def _reasons(bits: int) -> list[Slowed]:
    return [reason for bit, reason in enumerate(get_args(Slowed)) if bits >> bit & 1]
