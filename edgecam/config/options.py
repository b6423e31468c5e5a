"""Every option of config.yaml: its name, type, default and rule, in one place.

`config.yaml` shows the same options with comments for people; a test holds the two together.
Paths are resolved against the folder of the file they stand in, by the reader.
"""

import re
import socket
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, field

from edgecam.config import hours
from edgecam.config.state import outbox_file
from edgecam.messages import MAX_TOP_K

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_-]{1,24}$(?!\n)",
        description="1 to 24 of a-z, 0-9, _ and -",
    ),
]
RegionName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_-]{1,16}$(?!\n)",
        description="1 to 16 of a-z, 0-9, _ and -",
    ),
]
Sha256 = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="a SHA-256: 64 of 0-9 and a-f"),
]
Path = Annotated[str, Meta(min_length=1, description="a path", extra={"path": True})]
Label = Annotated[str, Meta(min_length=1, max_length=64, description="a label")]
Score = Annotated[float, Meta(gt=0, le=1)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Command = Literal["pause", "resume", "report", "why"]
Power = Literal["performance", "balanced", "eco"]
ActiveHours = Annotated[
    str,
    Meta(
        pattern=hours.PATTERN,
        description="hours like 07:00-22:30, sunrise-sunset or sunrise-30min-sunset+60min",
    ),
]
Trouble = Literal["dark", "covered", "blurred", "frozen", "moved", "flicker"]

Broker = Annotated[
    str,
    Meta(
        pattern=r"^mqtts?://[^/?#@\s]+$(?!\n)",
        description="a broker like mqtt://host:1883 or mqtts://host:8883, without a password",
    ),
]

DEFAULT_MODEL = "models/efficientnet_lite0_int8.tflite"
DEFAULT_MODEL_SHA256 = "6e066c32ab4b097dea1900c88f3672301215d1b6bff4b85fe07a4314af54adbd"


def node_from_hostname() -> str:
    """The machine's host name as a node name: lower case, other characters become `-`."""
    name = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().split(".")[0].lower()).strip("-")
    return name[:24] or "edgecam"


class _Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of the file."""


class StillsOptions(_Options, frozen=True):
    """`camera.stills`: a folder of pictures instead of a camera."""

    folder: Path = "models/samples"
    hold_s: Annotated[float, Meta(gt=0, le=86_400)] = 3.0
    loop: bool = True


class OpencvOptions(_Options, frozen=True):
    """`camera.opencv`: a V4L2 device, an RTSP or HTTP stream, or a video file."""

    source: Annotated[
        str,
        Meta(min_length=1, description="a device, a URL or a video file", extra={"path": True}),
    ] = "/dev/video0"
    width: Annotated[int, Meta(ge=64, le=4096)] = 640
    height: Annotated[int, Meta(ge=64, le=4096)] = 480
    loop: bool = False


class PiOptions(_Options, frozen=True):
    """`camera.pi`: the Raspberry Pi's camera connector, through picamera2."""

    camera: Annotated[int, Meta(ge=0, le=3)] = 0
    buffer_count: Annotated[int, Meta(ge=2, le=4)] = 3


class CameraOptions(_Options, frozen=True):
    """`camera`: where frames come from."""

    source: Literal["pi", "opencv", "stills"] = "pi"
    # Above that a period is less than the milliseconds in which events tell their times.
    fps: Annotated[float, Meta(gt=0, le=1000)] | None = 10.0
    rotation: Literal[0, 90, 180, 270] = 0
    hflip: bool = False
    vflip: bool = False
    stall_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    pi: PiOptions = PiOptions()
    opencv: OpencvOptions = OpencvOptions()
    stills: StillsOptions = StillsOptions()


class ModelOptions(_Options, frozen=True):
    """`model`: what looks at the frames."""

    file: Path = DEFAULT_MODEL
    sha256: Sha256 = DEFAULT_MODEL_SHA256
    labels: Path | None = None
    runtime: Literal["auto", "litert", "tflite-runtime"] = "auto"
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    fit: Literal["crop", "squash", "letterbox"] = "crop"
    crop: Annotated[float, Meta(gt=0, le=1)] = 0.9334  # 448 of 480 lines: two for each of 224
    mean: Annotated[list[float], Meta(min_length=1, max_length=3)] | None = None
    std: Annotated[list[Annotated[float, Meta(gt=0)]], Meta(min_length=1, max_length=3)] | None = (
        None
    )


class RegionOptions(_Options, frozen=True):
    """One of `regions`: a named rectangle of the frame, as fractions of its width and height."""

    name: RegionName
    box: Annotated[list[Fraction], Meta(min_length=4, max_length=4)] = field(
        default_factory=lambda: [0.0, 0.0, 1.0, 1.0]
    )


class ThresholdOptions(_Options, frozen=True):
    """One of `decision.labels`: thresholds of one label or group."""

    appear: Score | None = None
    disappear: Score | None = None


class MotionOptions(_Options, frozen=True):
    """`motion`: which frames are worth a look of the model."""

    enabled: bool = True
    max_idle_s: Annotated[float, Meta(gt=0, le=3600)] = 10.0


class DecisionOptions(_Options, frozen=True):
    """`decision`: how scores over time become facts."""

    appear: Score = 0.4
    disappear: Score = 0.1
    clear: Fraction = 0.7
    votes: Annotated[int, Meta(ge=1, le=100)] = 3
    window: Annotated[int, Meta(ge=1, le=100)] = 4
    cooldown_s: Annotated[float, Meta(ge=0, le=86_400)] = 10.0
    only: list[Label] = field(default_factory=list)
    ignore: list[Label] = field(default_factory=list)
    groups: dict[Label, Annotated[list[Label], Meta(min_length=1)]] = field(default_factory=dict)
    labels: dict[Label, ThresholdOptions] = field(default_factory=dict)


class PlaceOptions(_Options, frozen=True):
    """`schedule.place`: where the sun rises and sets, in degrees; north and east are positive."""

    latitude: Annotated[
        float,
        Meta(
            ge=-90,
            le=90,
            description="a number from -90 to 90 (only a longitude goes further: are they swapped?)",
        ),
    ]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class ScheduleOptions(_Options, frozen=True):
    """`schedule`: when the camera looks; an empty `active_hours` means always."""

    active_hours: Annotated[list[ActiveHours], Meta(max_length=16)] = field(default_factory=list)
    place: PlaceOptions | None = None


class TroubleOptions(_Options, frozen=True):
    """`trouble`: what is to be noticed when the camera sees badly, and how long it must last."""

    watch: list[Trouble] = field(default_factory=lambda: list(get_args(Trouble)))
    after_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0


class LinkOptions(_Options, frozen=True):
    """`link`: the socket between the two halves, where they run as two processes."""

    socket: Path = "/run/edgecam/link.sock"
    events_per_hour: Annotated[int, Meta(ge=60, le=3_600_000)] = 400


class LiveOptions(_Options, frozen=True):
    """`live`: what each look scored, for whoever watches; off, since it widens the wall."""

    enabled: bool = False
    per_s: Annotated[float, Meta(gt=0, le=10)] = 1.0
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] = 3


class RemoteOptions(_Options, frozen=True):
    """`remote`: what may be asked of the appliance over MQTT; nothing, unless it is named."""

    commands: list[Command] = field(default_factory=list)


class OutboxOptions(_Options, frozen=True):
    """`outbox`: the queue of events that no broker has acknowledged yet."""

    file: Annotated[
        str,
        Meta(
            min_length=1,
            description="a path; default: /var/lib/edgecam/outbox.db where edgecam is installed, else "
            "edgecam/outbox.db in $XDG_STATE_HOME, or in ~/.local/state",
            extra={"path": True},
        ),
    ] = field(default_factory=outbox_file)
    max_events: Annotated[int, Meta(ge=100, le=10_000_000)] = 100_000
    max_mb: Annotated[int, Meta(ge=1, le=100_000)] = 64
    max_age_days: Annotated[int, Meta(ge=1, le=3650)] = 30


class TlsOptions(_Options, frozen=True):
    """`mqtt.tls`: how a `mqtts://` broker is verified; the host name is always checked."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class MqttOptions(_Options, frozen=True):
    """`mqtt`: the broker that events are sent to."""

    broker: Broker = "mqtt://localhost:1883"
    fallback_brokers: Annotated[list[Broker], Meta(max_length=4)] = field(default_factory=list)
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    client_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    username: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    password_file: Path | None = None
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 20
    tls: TlsOptions = TlsOptions()


class HealthOptions(_Options, frozen=True):
    """`health`: how often the appliance says how it is."""

    interval_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0


class LogOptions(_Options, frozen=True):
    """`log`: what is written to standard error, which systemd puts into the journal."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(_Options, frozen=True):
    """The whole file."""

    node: Name = field(default_factory=node_from_hostname)
    power: Power = "balanced"
    schedule: ScheduleOptions = ScheduleOptions()
    camera: CameraOptions = CameraOptions()
    model: ModelOptions = ModelOptions()
    regions: Annotated[list[RegionOptions], Meta(min_length=1, max_length=8)] = field(
        default_factory=lambda: [RegionOptions(name="scene")]
    )
    motion: MotionOptions = MotionOptions()
    decision: DecisionOptions = DecisionOptions()
    trouble: TroubleOptions = TroubleOptions()
    link: LinkOptions = LinkOptions()
    outbox: OutboxOptions = OutboxOptions()
    mqtt: MqttOptions = MqttOptions()
    live: LiveOptions = LiveOptions()
    remote: RemoteOptions = RemoteOptions()
    health: HealthOptions = HealthOptions()
    log: LogOptions = LogOptions()
