"""Ways to show messages as they come from a broker.

What stands in a message is somebody's words: it is decoded by the types of `payloads`, and
stripped of everything that could steer a terminal.
"""

import datetime as dt
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from msgspec import UNSET
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edgecam.publisher.broker.mqtt import Message
from edgecam.publisher.contract import (
    BoardPart,
    EventPayload,
    HealthPayload,
    StatePayload,
    VisionPart,
)

_BAR_CELLS = 10
_LABEL_CELLS = 20  # so that the table stands still while labels change
_EVENTS_SHOWN = 12
_REFRESH_HZ = 4
_STATUS_STYLE = {"online": "green", "stopped": "yellow", "offline": "red"}


class View(Protocol):
    """Somewhere to show messages."""

    def show(self, message: Message) -> None:
        """A message has come."""

    def tell(self, text: str) -> None:
        """Something happened to the connection."""

    def refresh(self) -> None:
        """Time has passed."""

    def close(self) -> None:
        """Nothing more will come."""


class JsonView:
    """One JSON object a message: its topic, and its payload as JSON or as text."""

    def show(self, message: Message) -> None:
        """Print it at once."""
        try:
            payload = msgspec.json.decode(message.payload)
        except msgspec.DecodeError:
            payload = message.payload.decode("utf-8", "replace")
        line = msgspec.json.encode({"topic": message.topic, "payload": payload})
        print(line.decode(), flush=True)

    def tell(self, text: str) -> None:
        """Beside the data."""
        print(text, file=sys.stderr, flush=True)

    def refresh(self) -> None:
        """Nothing moves."""

    def close(self) -> None:
        """Nothing is open."""


class LinesView:
    """One line a message, for a pipe or a log."""

    def show(self, message: Message) -> None:
        """Print it at once."""
        print(f"{time.strftime('%H:%M:%S')} {described(message)}", flush=True)

    def tell(self, text: str) -> None:
        """As a line among the others."""
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def refresh(self) -> None:
        """Nothing moves."""

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class _Node:
    """What is known of one appliance."""

    status: str = "?"
    states: dict[str, StatePayload] = field(default_factory=dict)
    health: HealthPayload | None = None


class TableView:
    """A live table of appliances and regions, and the latest events below it."""

    def __init__(self, console: Console | None = None) -> None:
        self._nodes: dict[str, _Node] = {}
        self._events: deque[str] = deque(maxlen=_EVENTS_SHOWN)
        self._connection = "connecting"
        self._live = Live(
            console=console, get_renderable=self._drawn, refresh_per_second=_REFRESH_HZ
        )
        self._live.start()

    def show(self, message: Message) -> None:
        """Put it in its place."""
        _, node_name, kind, region = _split(message.topic)
        node = self._nodes.setdefault(node_name, _Node())
        if kind == "status":
            node.status = _printable(message.payload.decode("utf-8", "replace"))
        elif kind == "event":
            self._events.append(f"{time.strftime('%H:%M:%S')} {described(message)}")
        try:
            if kind == "state":
                node.states[region] = msgspec.json.decode(message.payload, type=StatePayload)
            elif kind == "health":
                node.health = msgspec.json.decode(message.payload, type=HealthPayload)
        except msgspec.DecodeError:
            self.tell(f"not understood: {described(message)}")

    def tell(self, text: str) -> None:
        """As the caption."""
        self._connection = _printable(text)

    def refresh(self) -> None:
        """The table redraws itself."""

    def close(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def _drawn(self) -> Group:
        table = Table(expand=False)
        for title in ("node", "status", "region", "sees", "confidence", "since"):
            table.add_column(title, no_wrap=True, min_width=_LABEL_CELLS * (title == "sees"))
        for name, node in sorted(self._nodes.items()):
            status = Text(node.status, _STATUS_STYLE.get(node.status, ""))
            first = (Text(name), status)
            rows: list[tuple[str, StatePayload | None]] = [*sorted(node.states.items())]
            for region, state in rows or [("", None)]:
                table.add_row(*first, Text(region), *_state_cells(state))
                first = (Text(""), Text(""))
        health = [
            Text(f"{name}: {_health_line(node.health)}", "dim")
            for name, node in sorted(self._nodes.items())
            if node.health is not None
        ]
        events = [Text(line) for line in self._events]
        return Group(table, *health, Text(self._connection, "dim"), *events)


def described(message: Message) -> str:
    """A message in one line for people."""
    _, node, kind, region = _split(message.topic)
    try:
        if kind == "event":
            text = _event_line(msgspec.json.decode(message.payload, type=EventPayload))
        elif kind == "state":
            state = msgspec.json.decode(message.payload, type=StatePayload)
            sure = "" if state.confidence is None else f" ({state.confidence:.2f})"
            text = f"{region} shows {state.label}{sure}"
        elif kind == "health":
            text = _health_line(msgspec.json.decode(message.payload, type=HealthPayload))
        else:
            text = message.payload.decode("utf-8", "replace")
    except msgspec.DecodeError:
        text = message.payload.decode("utf-8", "replace")
    return _printable(f"{node:12} {kind:7} {text}")


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
        f"[history: {_local_time(event.end_time or event.start_time)}]" if event.historical else "",
    ]
    return " ".join(part for part in parts if part)


def _health_line(health: HealthPayload) -> str:
    parts = [
        _looking(health.vision),
        *(["paused"] if health.vision.paused else []),
        f"model {health.inference.p50_ms:.1f} ms",
        f"queue {health.outbox.queued}",
    ]
    if health.outbox.lost:
        parts.append(f"lost {health.outbox.lost}")
    return ", ".join([*parts, *_board_words(health.board), *health.alarms])


def _looking(vision: VisionPart) -> str:
    if not vision.up:
        return "nothing is looked at"
    if vision.asleep:
        return "asleep"
    why = ", ".join(vision.slowed) if isinstance(vision.slowed, list) else ""
    return f"{vision.fps:.1f} fps" + (f" (slowed: {why})" if why else "")


def _board_words(board: BoardPart) -> Iterator[str]:
    if isinstance(board.cpu_temp_c, int):
        yield f"{board.cpu_temp_c} °C"
    if isinstance(board.mem_mb, int):
        yield f"{board.mem_mb} MB of memory"
    if isinstance(board.disk_free_mb, int):
        yield f"{board.disk_free_mb} MB of disk"
    if isinstance(board.throttled, list):
        yield from board.throttled


def _state_cells(state: StatePayload | None) -> tuple[Text, Text, Text]:
    if state is None:
        return Text(""), Text(""), Text("")
    sure = min(max(state.confidence or 0.0, 0.0), 1.0)
    cells = round(sure * _BAR_CELLS)
    bar = Text("█" * cells + "░" * (_BAR_CELLS - cells) + f" {sure:.2f}", "cyan")
    label = Text(_printable(state.label), "dim" if state.confidence is None else "bold")
    return label, Text("") if state.confidence is None else bar, Text(_local_time(state.since))


def _local_time(iso: str) -> str:
    """A payload's time as the clock on the wall shows it."""
    try:
        return f"{dt.datetime.fromisoformat(iso).astimezone():%H:%M:%S}"
    except ValueError:
        return _printable(iso[:19])


def _split(topic: str) -> tuple[str, str, str, str]:
    """`edgecam/<node>/<kind>/<region>`; what is missing is empty."""
    base, node, kind, region = (*_printable(topic).split("/", 3), "", "", "")[:4]
    return base, node, kind, region


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)
