"""All that a run of the appliance let out, put together from independent witnesses."""

from dataclasses import dataclass
from pathlib import Path

from canary import network, trace
from canary.messages import numbers_over_time, published
from canary.network import Flow
from canary.trace import Trace

SHORT_BYTES = 2048  # of what could be one message
# What keeps no more than a number: a model is tried in a process that the kernel may end first.
NOT_KEPT = ("/dev/null", "/dev/tty", "/proc/self/oom_score_adj")


@dataclass(frozen=True)
class Evidence:
    """Content by where it was found, and what should not have been there at all."""

    files: dict[str, bytes]
    packets: dict[Flow, list[bytes]]
    traces: list[Trace]
    world: Path
    broker_port: int

    @property
    def published(self) -> list[tuple[str, bytes]]:
        """Topic and payload of everything that clients sent to the broker, in order."""
        return [
            message
            for flow, streams in self.packets.items()
            if flow.is_tcp and flow.target == self.broker_port
            for stream in streams
            for message in published(stream)
        ]

    @property
    def written(self) -> list[tuple[str, bytes]]:
        """Place and content of everything that was written to files and sockets, in order."""
        return [
            (place, content)
            for trace_ in self.traces
            for place, contents in trace_.written.items()
            for content in contents
        ]

    @property
    def contents(self) -> dict[bytes, str]:
        """Everything once, and where it was (first)."""
        found: dict[bytes, str] = {}
        for place, content in self._everything():
            if content:
                found.setdefault(content, place)
        return found

    @property
    def series(self) -> dict[str, list[float]]:
        """Every number of messages, records and log lines over time."""
        lines = [
            (place, line)
            for place, content in self.written
            for line in (content.splitlines() if place.endswith("log") else [content])
        ]
        return numbers_over_time([*self.published, *lines])

    @property
    def strays(self) -> list[str]:
        """Packets to somebody else than the broker, files elsewhere, and writes nobody could see."""
        packets = [
            f"packets to {flow.address} port {flow.target}"
            for flow in self.packets
            if not (flow.is_tcp and self.broker_port in (flow.source, flow.target))
        ]
        opened = [
            f"{path} was opened for writing"
            for trace_ in self.traces
            for path in sorted(trace_.opened)
            if not (Path(path).is_relative_to(self.world) or path in NOT_KEPT)
        ]
        unseen = [f"unseen: {call}" for trace_ in self.traces for call in trace_.unseen]
        return [*packets, *opened, *unseen]

    def _everything(self) -> list[tuple[str, bytes]]:
        streams = [
            (f"packets from port {flow.source} to {flow.target}", stream)
            for flow, streams in self.packets.items()
            for stream in streams
        ]
        names = [("a name", name) for trace_ in self.traces for name in trace_.names]
        # In a row, as a piece may be cut anywhere; and, where they may be messages, one by one.
        rows = [
            (place, b"".join(contents))
            for trace_ in self.traces
            for place, contents in trace_.written.items()
        ]
        short = [(place, content) for place, content in self.written if len(content) <= SHORT_BYTES]
        return [*self.published, *self.files.items(), *short, *rows, *streams, *names]


def gather(world: Path, packets: list[bytes], broker_port: int, outputs: list[Path]) -> Evidence:
    """Read what is left of a run: its folder, the captured packets, what strace wrote down."""
    traces = [trace.read(output) for output in outputs]
    elsewhere = {Path(path) for each in traces for path in each.opened} - {
        Path(name) for name in NOT_KEPT
    }
    kept = [*world.rglob("*"), *elsewhere]
    return Evidence(
        files={str(file): file.read_bytes() for file in kept if file.is_file()},
        packets=network.conversations(packets),
        traces=traces,
        world=world,
        broker_port=broker_port,
    )
