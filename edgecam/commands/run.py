"""`edgecam run`: the appliance."""

import argparse
import logging
from collections.abc import Sequence

from edgecam import model
from edgecam.appliance import confinement, log
from edgecam.appliance.daemon import Daemon
from edgecam.appliance.reload import InForce, changed
from edgecam.commands import arguments
from edgecam.commands.assembly import Half, assemble
from edgecam.config import Config, Loaded, load
from edgecam.config.shown import printable
from edgecam.errors import ConfigError

_EXAMPLE = """\
  edgecam run -c config.yaml          both halves in one process
  edgecam run vision -c config.yaml   one half; the other, `run publisher`, in another process:
                                      they meet at link.socket, whose folder must be there"""

_log = logging.getLogger(__name__)


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or Ctrl-C; SIGHUP reads the configuration again."""
    options = _parser().parse_args(argv)
    loaded = arguments.load(options.config)
    level = "debug" if options.debug else loaded.config.log.level
    log.set_up(level, options.half or "both")
    _confine(options.half, loaded.config)
    with loaded.blamed():
        found = model.load(loaded.config.model)
        halves = assemble(options.half, loaded.config, found)
        reading = _Reading(loaded, halves, debug=options.debug)
        Daemon([half.service for half in halves], reading.again).run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "run",
        "Looks through the camera and publishes what it sees, until SIGTERM or Ctrl-C.\n"
        "Events are kept on disk until a broker has acknowledged them. SIGHUP reads the\n"
        "configuration again: power, schedule, decision, live and log change at once, the rest\n"
        "at a restart.",
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


def _confine(half: str | None, config: Config) -> None:
    """Before any library has started a thread, and before any file of others is read."""
    network_for = "" if half == "vision" else "MQTT"
    if half == "vision" and confinement.is_network_stream(config.camera):
        network_for = "the camera's stream"
    confined = confinement.confine(network_for=network_for)
    as_wanted = network_for or confined.kept_from_network
    _log.log(logging.INFO if as_wanted else logging.WARNING, "%s", confined)


class _Reading:
    """The configuration, read anew when it is asked for; a broken file changes nothing."""

    def __init__(self, loaded: Loaded, halves: Sequence[Half], *, debug: bool) -> None:
        self._file = loaded.file
        self._in_force = InForce(loaded.config)
        self._halves = halves
        self._debug = debug

    def again(self) -> None:
        """Read the file, and let every half take over what it can while it runs."""
        try:
            loaded = load(self._file)
            in_force = self._in_force.after_reading(loaded.config)
            with loaded.blamed():
                changes = [half.change_to(in_force) for half in self._halves]
        except ConfigError as error:
            for line in str(error).split("\n"):
                _log.error("%s", printable(line))
            _log.error("the configuration was not taken over: the one before stays in force")
            return
        for change in changes:
            change()
        options = ", ".join(changed(self._in_force.config, in_force.config)) or "nothing"
        self._in_force = in_force
        _log.info("the configuration was read again: %s changed", options)
        if in_force.restart_required:
            waiting = ", ".join(in_force.restart_required)
            _log.warning("restart edgecam for what has changed in: %s", waiting)
        if not self._debug:
            log.set_level(in_force.config.log.level)
