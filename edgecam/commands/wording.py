"""Messages in words for people.

What stands in a message is somebody's words: it is decoded by the types of the contract, and
stripped of everything that could steer a terminal.
"""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET

from edgecam.appliance import schedule
from edgecam.publisher.broker.mqtt import Message
from edgecam.publisher.contract import (
    BoardPart,
    EventPayload,
    HealthPayload,
    InfoPayload,
    LivePayload,
    PausedPart,
    ReportPart,
    ResponsePayload,
    StatePayload,
    VisionPart,
    WhyPart,
)

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)
"""What decoding a payload raises where it is not of the contract."""

_ANSWERS: dict[str, Any] = {
    "pause": ResponsePayload[PausedPart],
    "resume": ResponsePayload[PausedPart],
    "report": ResponsePayload[ReportPart],
    "why": ResponsePayload[WhyPart],
}


def described(message: Message) -> str:
    """A message in one line for people."""
    _, node, kind, rest = split(message.topic)
    try:
        text = _text(kind, rest, message.payload)
    except UNREADABLE:
        text = message.payload.decode("utf-8", "replace")
    return printable(f"{node:12} {kind:8} {text}")


def _text(kind: str, rest: str, payload: bytes) -> str:
    """What a payload says; `rest` is the region, or the command. Raises one of UNREADABLE."""
    if kind == "event":
        text = _event_line(msgspec.json.decode(payload, type=EventPayload))
    elif kind == "state":
        state = msgspec.json.decode(payload, type=StatePayload)
        sure = "" if state.confidence is None else f" ({state.confidence:.2f})"
        text = f"{rest} shows {state.label}{sure}"
    elif kind == "health":
        text = health_line(msgspec.json.decode(payload, type=HealthPayload))
    elif kind == "info":
        text = _info_line(msgspec.json.decode(payload, type=InfoPayload))
    elif kind == "live":
        top = msgspec.json.decode(payload, type=LivePayload).top
        text = f"{rest}: " + (
            ", ".join(f"{label} {score:.2f}" for label, score in top) or "nothing"
        )
    elif kind == "response" and rest in _ANSWERS:
        text = f"{rest}: {_answer_line(msgspec.json.decode(payload, type=_ANSWERS[rest]))}"
    else:
        said = payload.decode("utf-8", "replace")
        text = f"{rest}: {said}" if rest else said
    return text


def _info_line(info: InfoPayload) -> str:
    hours = info.options.active_hours
    fps = "any number of" if info.options.fps is None else f"{info.options.fps:g}"
    parts = [
        f"edgecam {info.version}",
        f"{info.model.name} ({info.model.input}, {info.model.labels} labels)",
        f"{fps} fps at most",
        f"power {info.options.power}",
        f"looks {' '.join(hours)}" if isinstance(hours, list) and hours else "",
        f"regions: {' '.join(info.regions)}",
        f"runs on {info.runtime}, Python {info.python}, {info.os}" if info.runtime else "",
        info.board if isinstance(info.board, str) else "",
        f"restart it for: {' '.join(info.restart_required)}" if info.restart_required else "",
    ]
    return ", ".join(part for part in parts if part)


def _answer_line(answer: ResponsePayload[Any]) -> str:
    transaction = f" [{answer.transaction}]" if answer.transaction else ""
    return f"{_answered(answer)}{transaction}"


def _answered(answer: ResponsePayload[Any]) -> str:
    data = answer.data
    if isinstance(data, PausedPart):
        return "it rests" if data.paused else "it looks"
    if isinstance(data, ReportPart):
        how = resting(data) or ("up" if data.up else "not up")
        return f"{how}, queue {data.queued}, lost {data.lost}"
    if isinstance(data, WhyPart):
        tallies = [
            f"{tally.label} {tally.score:.2f} ({'present' if tally.present else 'absent'}, "
            f"{tally.high_votes} votes for, {tally.low_votes} against)"
            for tally in data.top
        ]
        return f"{data.region}, {data.looks} looks, {data.votes} of {data.window} decide: " + (
            ", ".join(tallies) or resting(data) or "nothing scored"
        )
    return f"no: {answer.error}"


def _event_line(event: EventPayload) -> str:
    what = event.event_type.replace("_", " ")
    sure = event.confidence if event.event_type == "appeared" else UNSET
    parts = [
        f"{event.region}: {event.label} {what}" if event.label else what,
        f"({sure:.2f})" if isinstance(sure, float) else "",
        f"after {event.duration_s:.1f} s" if isinstance(event.duration_s, float) else "",
        f"{event.count} events" if isinstance(event.count, int) else "",
        event.reason if isinstance(event.reason, str) else "",
        f"({event.value:.3f})" if isinstance(event.value, float) else "",
        f"[history: {local_time(event.end_time or event.start_time)}]" if event.historical else "",
    ]
    return " ".join(part for part in parts if part)


def health_line(health: HealthPayload) -> str:
    """How an appliance is doing."""
    parts = [_looking(health.vision)]
    if health.inference.p50_ms is not None:
        parts.append(f"model {health.inference.p50_ms:.1f} ms")
    parts.append(f"queue {health.outbox.queued}")
    if health.outbox.lost:
        parts.append(f"lost {health.outbox.lost}")
    if not health.clock_synced:  # then hours wait, and times may be wrong
        parts.append("clock not set by NTP")
    return ", ".join([*parts, *_board_words(health.board), *health.alarms])


def resting(said: VisionPart | ReportPart | WhyPart) -> str:
    """Why nothing is looked at, where that is meant so; empty where it is not."""
    if said.paused:
        return "paused"
    return "asleep" if said.asleep else ""


def _looking(vision: VisionPart) -> str:
    if resting(vision):
        ends = _end_of_sleep(vision.wakes_at) if isinstance(vision.wakes_at, str) else ""
        return resting(vision) + (ends if not vision.paused else "")
    if not vision.up:
        return "nothing is looked at"
    why = ", ".join(vision.slowed) if isinstance(vision.slowed, list) else ""
    fps = "fps not yet measured" if vision.fps is None else f"{vision.fps:.1f} fps"
    return fps + (f" (slowed: {why})" if why else "")


def _board_words(board: BoardPart) -> Iterator[str]:
    if isinstance(board.cpu_temp_c, int):
        yield f"{board.cpu_temp_c} °C"
    if isinstance(board.mem_mb, int):
        yield f"{board.mem_mb} MB of memory"
    if isinstance(board.disk_free_mb, int):
        yield f"{board.disk_free_mb} MB of disk"
    if isinstance(board.throttled, list):
        yield from board.throttled


def local_time(iso: str) -> str:
    """A payload's time as the clock on the wall shows it."""
    at = _local(iso)
    return f"{at:%H:%M:%S}" if at else printable(iso[:19])


def _end_of_sleep(iso: str) -> str:
    at = _local(iso)
    return f" until {schedule.moment(at.timestamp(), time.time())}" if at else ""


def _local(iso: str) -> dt.datetime | None:
    """A payload's time on the clock on the wall; None where it is none."""
    try:
        return dt.datetime.fromisoformat(iso).astimezone()
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        return None


def split(topic: str) -> tuple[str, str, str, str]:
    """`edgecam/<node>/<kind>/<region>`; what is missing is empty."""
    base, node, kind, region = (*printable(topic).split("/", 3), "", "", "")[:4]
    return base, node, kind, region


def printable(text: str) -> str:
    """The text without what could steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
