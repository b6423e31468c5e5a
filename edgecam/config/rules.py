"""Rules that tie options together."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from edgecam.config import hours
from edgecam.config.options import (
    CameraOptions,
    Config,
    DecisionOptions,
    ModelOptions,
    MqttOptions,
    OpencvOptions,
    RegionOptions,
    ScheduleOptions,
)
from edgecam.config.shown import shown
from edgecam.labels import label_problem

# RFC 1123 labels, or an IPv6 address in brackets. An empty label ("a..b") would only be noticed
# by the resolver, with an exception that names no option.
_HOST = re.compile(
    r"^(\[[0-9a-fA-F:.]+\]|(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?)$"
)

STALL_PERIODS = 2
# One pixel of the narrowest frame that can be asked for (camera.opencv.width); of 640 it is 10.
_LEAST_SIDE = 1 / 64
_SMALLEST = {"mean": -1e6, "std": 1e-6}
_LARGEST = 1e6

Problem = tuple[str, str]
"""The dotted name of the option at fault, and what is wrong with it."""


def broken(config: Config) -> Iterator[Problem]:
    """Every rule between options that this configuration breaks."""
    yield from _schedule(config.schedule)
    yield from _decision(config.decision)
    yield from _regions(config.regions)
    yield from _mqtt(config.mqtt)
    yield from _camera(config.camera)
    yield from normalisation(config.model)


def normalisation(options: ModelOptions) -> Iterator[Problem]:
    """What is wrong with `mean` and `std`, wherever they were given."""
    if (options.mean is None) != (options.std is None):
        yield "model.mean", "model.mean and model.std go together; set both or neither"
    for name, smallest in _SMALLEST.items():
        values = getattr(options, name) or [1.0]
        if len(values) not in (1, 3):
            yield f"model.{name}", f"expected one number, or three for R, G, B, got {values}"
        elif not all(smallest <= value <= _LARGEST for value in values):
            yield (
                f"model.{name}",
                f"expected numbers from {smallest:g} to {_LARGEST:g}, got {values}",
            )


def is_endless(options: OpencvOptions) -> bool:
    """Whether it names a device or a stream, of which there is no beginning to return to."""
    source = options.source
    video = source.startswith("/dev/shm/")  # noqa: S108  a name that is looked at alone
    return "://" in source or (source.startswith("/dev/") and not video)


def _camera(options: CameraOptions) -> Iterator[Problem]:
    fps, stall_s, opencv = options.fps, options.stall_s, options.opencv
    if fps is not None and stall_s < STALL_PERIODS / fps:
        yield (
            "camera.stall_s",
            (
                f"expected at least {STALL_PERIODS / fps:g}: at {fps:g} frames a second, "
                f"a camera that works would count as broken"
            ),
        )
    if options.source == "opencv" and opencv.loop and is_endless(opencv):
        yield (
            "camera.opencv.loop",
            f"{shown(opencv.source)} cannot start again: loop is for a video file",
        )


def _schedule(options: ScheduleOptions) -> Iterator[Problem]:
    for index, text in enumerate(options.active_hours):
        active = hours.parse(text)
        option = f"schedule.active_hours[{index}]"
        if active.start == active.end:
            yield option, f'"{text}" ends when it begins; an empty list means always'
        elif active.of_the_sun and options.place is None:
            yield option, f'"{text}" needs schedule.place: when the sun rises depends on where'


def _decision(options: DecisionOptions) -> Iterator[Problem]:
    for name in options.groups:
        problem = label_problem(name)
        if problem:
            yield f"decision.groups.{name}", f"a group is published as a label: {problem}"
    if options.votes > options.window:
        yield (
            "decision.votes",
            f"expected at most decision.window ({options.window}), got {options.votes}",
        )
    if options.disappear > options.appear:
        yield (
            "decision.disappear",
            f"expected at most decision.appear ({options.appear}), got {options.disappear}",
        )
    for name, own in options.labels.items():
        appear = options.appear if own.appear is None else own.appear
        disappear = options.disappear if own.disappear is None else own.disappear
        if disappear > appear:
            yield (
                f"decision.labels.{name}",
                f"disappear ({disappear}) is above appear ({appear}); it must not be",
            )
    for name in sorted(set(options.only) & set(options.ignore)):
        yield "decision.ignore", f'"{name}" is also in decision.only; remove it from one'


def _regions(regions: list[RegionOptions]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, region in enumerate(regions):
        if region.name in seen:
            yield f"regions[{index}].name", f'"{region.name}" is already the name of a region'
        seen.add(region.name)
        left, top, right, bottom = region.box
        if left >= right or top >= bottom:
            yield (
                f"regions[{index}].box",
                (
                    f"expected [left, top, right, bottom] with left < right and top < bottom, "
                    f"got {region.box}"
                ),
            )
        elif round(min(right - left, bottom - top), 6) < _LEAST_SIDE:
            yield (
                f"regions[{index}].box",
                (
                    f"expected at least 1/64 of the frame each way, or hardly a pixel is left "
                    f"of it, got {region.box}"
                ),
            )


def broker_problem(broker: str) -> str:
    """What is wrong with a broker's address; empty where nothing is."""
    host, problem = _host(broker)
    if not problem and not _HOST.match(host):
        problem = f'"{host}" is not a host name or address'
    return problem


def _mqtt(options: MqttOptions) -> Iterator[Problem]:
    problem = broker_problem(options.broker)
    if problem:
        yield "mqtt.broker", problem
    scheme = options.broker.partition(":")[0]
    for index, broker in enumerate(options.fallback_brokers):
        problem = broker_problem(broker)
        if not problem and not broker.startswith(f"{scheme}:"):
            problem = f"expected {scheme}:// like mqtt.broker, got {broker}"
        if problem:
            yield f"mqtt.fallback_brokers[{index}]", problem
    tls = options.tls
    if not options.broker.startswith("mqtts://"):
        for name in ("ca_file", "cert_file", "key_file"):
            if getattr(tls, name) is not None:
                yield f"mqtt.tls.{name}", "needs a broker that starts with mqtts://"
    if (tls.cert_file is None) != (tls.key_file is None):
        yield "mqtt.tls", "cert_file and key_file go together; set both or neither"
    if options.password_file is not None and options.username is None:
        yield "mqtt.password_file", "a password needs mqtt.username"


def _host(broker: str) -> tuple[str, str]:
    """The host part of a broker URL as written, and what is wrong with its port, if anything."""
    try:
        parts = urlsplit(broker)
    except ValueError:  # brackets that hold no IPv6 address
        return "", f'"{broker.partition("://")[2]}" is not a host name or address'
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "", f'expected a port from 1 to 65535 in "{broker}"'
    return re.sub(r":\d+$", "", parts.netloc), ""
