"""`edgecam run`: the appliance. Constructs the halves, joins them, runs them."""

import argparse
import socket
import time
from collections.abc import Callable, Sequence

from edgecam import link, model, runtimes
from edgecam.appliance import board, systemd
from edgecam.appliance.daemon import Daemon, Service
from edgecam.commands import arguments
from edgecam.config import Config
from edgecam.link import Tables
from edgecam.model import Model

_EXAMPLE = """\
  edgecam run -c config.yaml          both halves in one process
  edgecam run vision -c config.yaml   one half; the other, `run publisher`, in another process:
                                      they meet at link.socket, whose folder must be there"""


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or Ctrl-C."""
    options = _parser().parse_args(argv)
    loaded = arguments.load(options.config)
    config = loaded.config
    systemd.set_up_log("debug" if options.debug else config.log.level)
    with loaded.blamed():
        found = model.load(config.model)
        Daemon(_services(options.half, config, found)).run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "run",
        "Looks through the camera and publishes what it sees, until SIGTERM or Ctrl-C.\n"
        "Events are kept on disk until a broker has acknowledged them.",
        _EXAMPLE,
    )
    parser.add_argument(
        "half",
        nargs="?",
        choices=("vision", "publisher"),
        help="run only this half: the camera and the model, or the queue and MQTT",
    )
    arguments.add_config(parser)
    return parser


def _services(half: str | None, config: Config, found: Model) -> list[Service]:
    """The services of this process; the publisher first, so that vision finds it."""
    tables = Tables.build(found, (region.name for region in config.regions), config.decision.groups)
    if half == "vision":
        return [_vision(config, found, tables, lambda: link.connect(config.link.socket))]
    if half == "publisher":
        return [_publisher(config, found, tables, listener=link.listen(config.link.socket))]
    ours, theirs = link.pair()
    publisher = _publisher(config, found, tables, wall=theirs)
    return [publisher, _vision(config, found, tables, _once(ours))]


def _once(wall: socket.socket) -> Callable[[], socket.socket]:
    """Inside one process there is one wall, and its end is the end of the process."""
    walls = [wall]

    def connect() -> socket.socket:
        if not walls:
            msg = "the wall inside this process was closed"
            raise RuntimeError(msg)
        return walls.pop()

    return connect


def _vision(
    config: Config, found: Model, tables: Tables, connect: Callable[[], socket.socket]
) -> Service:
    # The half without a camera must not load what belongs to the half with one.
    from edgecam.vision import camera  # noqa: PLC0415
    from edgecam.vision.classifier import Classifier  # noqa: PLC0415
    from edgecam.vision.decision import Decision, Rules  # noqa: PLC0415
    from edgecam.vision.governor import Governor  # noqa: PLC0415
    from edgecam.vision.inference import Region  # noqa: PLC0415
    from edgecam.vision.preprocess import Preprocessor, frame_wanted  # noqa: PLC0415
    from edgecam.vision.service import VisionService  # noqa: PLC0415

    how = config.model
    rules = Rules.build(config.decision, found.labels)
    wanted = frame_wanted(found, how.fit, how.crop, [region.box for region in config.regions])
    return VisionService(
        camera=camera.build(config.camera, wanted),
        classifier=Classifier(found, runtimes.chosen(how.runtime), how.threads),
        regions=[
            Region(
                region.name,
                Preprocessor(found, how.fit, how.crop, region.box),
                Decision(rules, index, time.monotonic_ns()),
            )
            for index, region in enumerate(config.regions)
        ],
        tables=tables,
        connect=connect,
        governor=Governor(board.Board(), config.camera.fps),
        stall_s=config.camera.stall_s,
        health_interval_s=config.health.interval_s,
    )


def _publisher(
    config: Config,
    found: Model,
    tables: Tables,
    *,
    listener: socket.socket | None = None,
    wall: socket.socket | None = None,
) -> Service:
    from edgecam.publisher import credentials, payloads  # noqa: PLC0415
    from edgecam.publisher.service import PublisherService  # noqa: PLC0415

    runtime = runtimes.version(runtimes.chosen(config.model.runtime))
    return PublisherService(
        outbox=config.outbox,
        mqtt=config.mqtt,
        secret=credentials.password(config.mqtt),
        node=config.node,
        info=payloads.info(
            found,
            runtime=runtime,
            os_name=board.os_name(),
            regions=tables.regions,
            fps=config.camera.fps,
            decision=config.decision,
        ),
        tables=tables,
        model_name=found.name,
        health_interval_s=config.health.interval_s,
        listener=listener,
        wall=wall,
    )
