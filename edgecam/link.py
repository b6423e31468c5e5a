"""The wall between the halves: one SOCK_SEQPACKET socket, one packet a record, a closed schema.

vision → publisher: `Hello`, then `Numbered` events, `VisionHealth`, `Look`, `Explanation`.
publisher → vision: `Welcome` or `Refused`, then `Committed`, `Pause`, `Ask`.

An event is known by the run of the vision half that sent it and a counter that only grows; vision
keeps it until `Committed` (or, after a reconnect, `Welcome`) names its counter or a later one.
"""

import errno
import hashlib
import os
import socket
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from edgecam.config import DecisionOptions
from edgecam.errors import LinkError
from edgecam.messages import (
    Amount,
    CameraState,
    Counter,
    Event,
    Explanation,
    Look,
    RegionIndex,
    Sighting,
    VisionHealth,
)
from edgecam.model import Model
from edgecam.subjects import choose

PROTOCOL = 5
MAX_RECORD_BYTES = 256
_BACKLOG = 2


class _Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A record of the wall."""


class Hello(_Record, frozen=True, tag="hello"):
    """The first record of a connection: who speaks, of which tables, and what it was told."""

    protocol: Annotated[int, Meta(ge=0, le=65_535)]
    run: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    tables: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    committed: Annotated[int, Meta(ge=0, le=2**53)]  # the last counter that it was told of


class Numbered(_Record, frozen=True, tag="event"):
    """An event and its number in this run."""

    counter: Counter
    event: Event


class Welcome(_Record, frozen=True, tag="welcome"):
    """The answer to `Hello`: events up to this counter are committed."""

    counter: Annotated[int, Meta(ge=0, le=2**53)]
    paused: bool


class Refused(_Record, frozen=True, tag="refused"):
    """The other answer to `Hello`: why this connection is of no use."""

    reason: Annotated[str, Meta(pattern=r"^[ -~]{0,120}\Z")]


class Committed(_Record, frozen=True, tag="committed"):
    """Every event up to this counter is on disk."""

    counter: Counter


class Pause(_Record, frozen=True, tag="pause"):
    """Look no more, or look again."""

    paused: bool


class Ask(_Record, frozen=True, tag="ask"):
    """Explain what a region shows."""

    number: Amount
    region: RegionIndex


FromVision = Hello | Numbered | VisionHealth | Look | Explanation
FromPublisher = Welcome | Refused | Committed | Pause | Ask

_encoder = msgspec.msgpack.Encoder()
_from_vision: msgspec.msgpack.Decoder[FromVision] = msgspec.msgpack.Decoder(FromVision)
_from_publisher: msgspec.msgpack.Decoder[FromPublisher] = msgspec.msgpack.Decoder(FromPublisher)


@dataclass(frozen=True)
class Tables:
    """What indices on the wall stand for; each half builds it from the same two files."""

    regions: tuple[str, ...]
    labels: tuple[str, ...]  # the model's, then the groups of the configuration
    reported: frozenset[int]  # the labels that the configuration lets be reported
    fingerprint: str

    @classmethod
    def build(cls, model: Model, regions: Iterable[str], decision: DecisionOptions) -> "Tables":
        """The tables of a model and a configuration. Raises ConfigError for unknown labels."""
        regions = tuple(regions)
        labels = model.labels + tuple(sorted(decision.groups))
        reported = sorted(subject.index for subject in choose(decision, model.labels))
        content = msgspec.json.encode([model.sha256, regions, labels, reported])
        fingerprint = hashlib.sha256(content).hexdigest()[:16]
        return cls(regions, labels, frozenset(reported), fingerprint)

    def hold(self, value: Event | Look | Explanation) -> bool:
        """Whether every index in a value stands for something that may be reported."""
        if isinstance(value, CameraState):
            return True
        if isinstance(value, Sighting):
            labels = [value.label]
        elif isinstance(value, Look):
            labels = [scored.label for scored in value.top]
        else:
            labels = [tally.label for tally in value.tallies]
        return value.region < len(self.regions) and self.reported.issuperset(labels)


def encode(record: FromVision | FromPublisher) -> bytes:
    """The packet of a record."""
    return _encoder.encode(record)


def decode_from_vision(packet: bytes) -> FromVision:
    """The record in a packet. Raises LinkError for anything outside the schema."""
    try:
        if len(packet) <= MAX_RECORD_BYTES:
            return _from_vision.decode(packet)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"not a record: {error}"
        raise LinkError(msg) from error
    msg = f"a packet of more than {MAX_RECORD_BYTES} bytes"
    raise LinkError(msg)


def decode_from_publisher(packet: bytes) -> FromPublisher:
    """The record in a packet. Raises LinkError for anything outside the schema."""
    try:
        return _from_publisher.decode(packet)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"not a record: {error}"
        raise LinkError(msg) from error


def receive(wall: socket.socket) -> bytes:
    """The next packet; empty where there will be no more. Raises BlockingIOError, OSError."""
    try:
        return wall.recv(MAX_RECORD_BYTES + 1)
    except ConnectionResetError:
        # Said once of a peer that went without reading everything; what it sent is still there.
        return wall.recv(MAX_RECORD_BYTES + 1)


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a wall inside one process: the vision half's, the publisher's."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.settimeout(0)
    return ends


def connect(path: str) -> socket.socket:
    """The vision half's end. Raises LinkError where no publisher listens."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    end.settimeout(0)  # one that is too busy to accept us is as good as none
    try:
        end.connect(path)
    except OSError as error:
        end.close()
        msg = f"{path}: no publisher listens there: {error.strerror}"
        raise LinkError(msg) from error
    return end


def listen(path: str) -> socket.socket:
    """The publisher's listening socket, in place of one that a dead publisher left behind.

    Raises LinkError where the path cannot be used, or another publisher listens there.
    """
    place = Path(path)
    if place.exists() and not stat.S_ISSOCK(place.stat().st_mode):
        msg = f"{path} exists and is not a socket; name another path in link.socket"
        raise LinkError(msg)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if place.exists():
            _check_abandoned(path)
            place.unlink()
        listener.bind(path)
        os.chmod(path, 0o660)  # noqa: PTH101  the group is how the other half's user gets in
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        advice = "" if place.parent.is_dir() else f"; mkdir -p {place.parent}, or name another path"
        msg = f"{path}: cannot listen there (link.socket): {error.strerror or error}{advice}"
        raise LinkError(msg) from error
    listener.settimeout(0)
    return listener


def _check_abandoned(path: str) -> None:
    """Raises OSError where somebody answers on a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        probe.settimeout(0)
        # Only a refusal says that nobody is there: a busy publisher gives EAGAIN.
        if probe.connect_ex(path) not in (errno.ECONNREFUSED, errno.ENOENT):
            msg = "another publisher listens there; stop it first"
            raise OSError(msg)
