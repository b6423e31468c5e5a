"""Ways to show messages as they come from a broker: a table, lines or JSON."""

import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edgecam.commands import wording
from edgecam.commands.wording import described, local_time, printable, split
from edgecam.publisher.broker.mqtt import Message
from edgecam.publisher.contract import HealthPayload, StatePayload

_BAR_CELLS = 10
_LABEL_CELLS = 20  # so that the table stands still while labels change
_EVENTS_SHOWN = 12
_REFRESH_HZ = 4
_STATUS_STYLE = {"online": "green", "stopped": "yellow", "offline": "red"}
_GONE = ("stopped", "offline")


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
        except wording.UNREADABLE:
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

    @property
    def resting(self) -> str:
        """Why nothing is looked at, where that is meant so."""
        return "" if self.health is None else wording.resting(self.health.vision)


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
        _, node_name, kind, region = split(message.topic)
        node = self._nodes.setdefault(node_name, _Node())
        if kind == "status":
            node.status = printable(message.payload.decode("utf-8", "replace"))
        elif kind in ("event", "response"):
            self._events.append(f"{time.strftime('%H:%M:%S')} {described(message)}")
        try:
            if kind == "state":
                node.states[region] = msgspec.json.decode(message.payload, type=StatePayload)
            elif kind == "health":
                node.health = msgspec.json.decode(message.payload, type=HealthPayload)
        except wording.UNREADABLE:
            self.tell(f"not understood: {described(message)}")

    def tell(self, text: str) -> None:
        """As the caption."""
        self._connection = printable(text)

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
                table.add_row(*first, Text(region), *_state_cells(state, node.resting))
                first = (Text(""), Text(""))
        health = [
            Text(f"{name}: {wording.health_line(node.health)}", "dim")
            for name, node in sorted(self._nodes.items())
            if node.health is not None and node.status not in _GONE  # what it said is old then
        ]
        events = [Text(line) for line in self._events]
        return Group(table, *health, Text(self._connection, "dim"), *events)


def _state_cells(state: StatePayload | None, resting: str) -> tuple[Text, Text, Text]:
    if state is None:
        return Text(""), Text(""), Text("")
    if state.confidence is None and resting:  # it says why nobody knows
        return Text(resting, "dim"), Text(""), Text(local_time(state.since))
    sure = min(max(state.confidence or 0.0, 0.0), 1.0)
    cells = round(sure * _BAR_CELLS)
    bar = Text("█" * cells + "░" * (_BAR_CELLS - cells) + f" {sure:.2f}", "cyan")
    label = Text(printable(state.label), "dim" if state.confidence is None else "bold")
    return label, Text("") if state.confidence is None else bar, Text(local_time(state.since))
