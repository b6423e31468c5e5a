"""Puts the appliance together: constructs the halves, joins them, and tells what a reload does."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from edgecam import link, runtimes
from edgecam.appliance import board, systemd
from edgecam.appliance.daemon import Service
from edgecam.appliance.reload import InForce
from edgecam.config import Config
from edgecam.model import Model


@dataclass(frozen=True)
class Half:
    """A half of the appliance, and how it takes over another configuration.

    `change_to` raises ConfigError where that is of no use to it; what it gives makes the change.
    """

    service: Service
    change_to: Callable[[InForce], Callable[[], None]]


def assemble(half: str | None, config: Config, found: Model) -> list[Half]:
    """The halves of this process; the publisher first, so that vision finds it."""
    if half == "vision":
        return [_vision(config, found, lambda: link.connect(config.link.socket))]
    if half == "publisher":
        path = config.link.socket
        listener = systemd.handed_listener(path) or link.listen(path)
        return [_publisher(config, found, listener=listener)]
    ours, theirs = link.pair()
    return [_publisher(config, found, wall=theirs), _vision(config, found, _once(ours))]


def _once(wall: socket.socket) -> Callable[[], socket.socket]:
    """Inside one process there is one wall, and its end is the end of the process."""
    walls = [wall]

    def connect() -> socket.socket:
        if not walls:
            msg = "the wall inside this process was closed"
            raise RuntimeError(msg)
        return walls.pop()

    return connect


def _vision(config: Config, found: Model, connect: Callable[[], socket.socket]) -> Half:
    # The half without a camera must not load what belongs to the half with one.
    from edgecam.vision import half  # noqa: PLC0415

    service = half.build(config, found, connect)
    return Half(service, lambda in_force: half.change(service, in_force.config, found))


def _publisher(
    config: Config,
    found: Model,
    *,
    listener: socket.socket | None = None,
    wall: socket.socket | None = None,
) -> Half:
    from edgecam.publisher.broker import credentials  # noqa: PLC0415
    from edgecam.publisher.service import PublisherService  # noqa: PLC0415
    from edgecam.publisher.vocabulary import Vocabulary  # noqa: PLC0415
    from edgecam.publisher.wall.limits import Limits  # noqa: PLC0415

    runtime = runtimes.version(runtimes.chosen(config.model.runtime))

    def vocabulary(in_force: InForce) -> Vocabulary:
        return Vocabulary.build(
            in_force.config.decision,
            found,
            regions=tuple(region.name for region in config.regions),
            fps=config.camera.fps,
            power=in_force.config.power,
            schedule=in_force.config.schedule,
            runtime=runtime,
            os_name=board.os_name(),
            board_model=board.Board().model(),
            restart_required=in_force.restart_required,
        )

    def limits(in_force: InForce) -> Limits:
        live = in_force.config.live
        looks_per_s = live.per_s * len(config.regions) if live.enabled else 0.0
        return Limits(
            config.link.events_per_hour,
            config.health.interval_s,
            looks_per_s,
            top_k=live.top_k,
        )

    service = PublisherService(
        outbox=config.outbox,
        mqtt=config.mqtt,
        secret=credentials.password(config.mqtt),
        node=config.node,
        vocabulary=vocabulary(InForce(config)),
        limits=limits(InForce(config)),
        commands=config.remote.commands,
        health_interval_s=config.health.interval_s,
        listener=listener,
        wall=wall,
    )

    def change_to(in_force: InForce) -> Callable[[], None]:
        words, allowed = vocabulary(in_force), limits(in_force)
        return lambda: service.reload(words, allowed)

    return Half(service, change_to)
