"""The contract with subscribers: the types of what is published on `topics`.

`docs/mqtt.md` explains them, `edgecam schema messages` prints them as JSON Schema.
"""

from typing import Generic, Literal, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType, field

from edgecam.config.options import Power
from edgecam.publisher.stored_event import EventType
from edgecam.publisher.topics import Topics

MAX_PAYLOAD_BYTES = 512
UNKNOWN_LABEL = "unknown"

Alarm = Literal[
    "camera_trouble",
    "events_refused",
    "events_held",
    "client_id_taken",
    "disk_full",
    "disk_read_only",
    "disk_failing",
]

Slowed = Literal["idle", "hot", "under_voltage", "throttled"]

Status = Literal["online", "stopped", "offline"]


class _Payload(msgspec.Struct, frozen=True):
    """A JSON object; unset fields are left out."""


class StatePayload(_Payload, frozen=True, kw_only=True):
    """`state/<region>`: what a region shows now."""

    label: str
    confidence: float | None
    since: str


class EventPayload(_Payload, frozen=True, kw_only=True):
    """`event`: something happened. `(node, epoch, seq)` names it; it may arrive twice."""

    event_type: EventType
    id: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    confidence: float | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    value: float | UnsetType = UNSET
    count: int | UnsetType = UNSET
    lost_epoch: str | UnsetType = UNSET
    first_seq: int | UnsetType = UNSET
    last_seq: int | UnsetType = UNSET
    start_time: str
    end_time: str | UnsetType = UNSET
    duration_s: float | UnsetType = UNSET
    model: str | UnsetType = UNSET
    node: str
    epoch: str
    seq: int
    historical: bool
    boot_id: str
    monotonic_s: float
    clock_synced: bool


class VisionPart(_Payload, frozen=True, kw_only=True):
    """The vision half, in health; None is not yet measured."""

    up: bool
    fps: float | None
    last_frame_age_s: float | None
    restarts: int
    dropped: int
    unreadable: int
    still: int | UnsetType = UNSET
    slowed: list[Slowed] | UnsetType = UNSET
    asleep: bool = False
    wakes_at: str | UnsetType = UNSET
    paused: bool = False


class InferencePart(_Payload, frozen=True, kw_only=True):
    """The model, in health; None is not yet measured."""

    p50_ms: float | None
    p95_ms: float | None
    skipped: int


class OutboxPart(_Payload, frozen=True, kw_only=True):
    """The queue, in health."""

    queued: int
    oldest_s: float
    lost: int


class BoardPart(_Payload, frozen=True, kw_only=True):
    """The machine, in health; what it does not tell is left out."""

    cpu_temp_c: int | UnsetType = UNSET
    throttled: list[str] | UnsetType = UNSET
    mem_mb: int | UnsetType = UNSET
    mem_total_mb: int | UnsetType = UNSET
    disk_free_mb: int | UnsetType = UNSET
    uptime_s: int | UnsetType = UNSET


class HealthPayload(_Payload, frozen=True, kw_only=True):
    """`health`: how the appliance is doing."""

    vision: VisionPart
    inference: InferencePart
    outbox: OutboxPart
    board: BoardPart
    refused: int
    clock_synced: bool
    alarms: list[Alarm] = field(default_factory=list)
    ignored: int = 0


class LivePayload(_Payload, frozen=True, kw_only=True):
    """`live/<region>`: the best labels of a look, and their scores."""

    top: list[tuple[str, float]]


class PausedPart(_Payload, frozen=True, kw_only=True):
    """The answer to `pause` and `resume`."""

    paused: bool


class ReportPart(_Payload, frozen=True, kw_only=True):
    """The answer to `report`; a fresh `health` comes with it."""

    version: str
    up: bool
    paused: bool
    asleep: bool
    queued: int
    lost: int


class TallyPart(_Payload, frozen=True, kw_only=True):
    """One subject in the answer to `why`."""

    label: str
    score: float
    high_votes: int
    low_votes: int
    present: bool
    appear: float
    disappear: float


class WhyPart(_Payload, frozen=True, kw_only=True):
    """The answer to `why`: what the present state of a region stands on."""

    region: str
    looks: int
    votes: int
    window: int
    cooldown_s: float
    paused: bool
    asleep: bool
    model_sha256: str
    top: list[TallyPart]


Data = TypeVar("Data")


class ResponsePayload(_Payload, Generic[Data], frozen=True, kw_only=True):
    """`response/<command>`: what came of a request."""

    status: Literal["ok", "error"]
    data: Data | None
    error: str | None
    transaction: str | None


class ModelPart(_Payload, frozen=True, kw_only=True):
    """The model, in info."""

    name: str
    sha256: str
    input: str
    labels: int


class OptionsPart(_Payload, frozen=True, kw_only=True):
    """The options that explain what is published, in info; no address, name or password."""

    power: Power
    active_hours: list[str] | UnsetType = UNSET
    fps: float | None
    appear: float
    disappear: float
    votes: int
    window: int


class InfoPayload(_Payload, frozen=True, kw_only=True):
    """`info`: what this appliance is."""

    version: str
    model: ModelPart
    runtime: str
    python: str
    os: str
    board: str | UnsetType = UNSET
    regions: list[str]
    options: OptionsPart
    restart_required: list[str]


def known(value: Data | None) -> Data | UnsetType:
    """The value of a field that is left out where nobody knows it."""
    return UNSET if value is None else value


def encode(payload: msgspec.Struct) -> bytes:
    """The JSON of a payload."""
    return msgspec.json.encode(payload)


def schemas() -> dict[str, object]:
    """The JSON Schema of the payload of each topic; `status` is a bare word, not JSON."""
    topics = Topics("<node>")
    return {
        topics.status: {"enum": list(get_args(Status)), "contentMediaType": "text/plain"},
        topics.info: msgspec.json.schema(InfoPayload),
        topics.health: msgspec.json.schema(HealthPayload),
        topics.state("<region>"): msgspec.json.schema(StatePayload),
        topics.event: msgspec.json.schema(EventPayload),
        topics.live("<region>"): msgspec.json.schema(LivePayload),
        topics.response("pause"): msgspec.json.schema(ResponsePayload[PausedPart]),
        topics.response("resume"): msgspec.json.schema(ResponsePayload[PausedPart]),
        topics.response("report"): msgspec.json.schema(ResponsePayload[ReportPart]),
        topics.response("why"): msgspec.json.schema(ResponsePayload[WhyPart]),
    }
