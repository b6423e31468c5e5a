"""`edgecam check`: everything that can be known before the appliance runs."""

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from edgecam import runtimes
from edgecam.appliance import clock, confinement, schedule
from edgecam.appliance.board import Board
from edgecam.commands import arguments, missing, reach
from edgecam.config import Config, Loaded
from edgecam.config.options import ScheduleOptions
from edgecam.config.rules import is_endless
from edgecam.config.shown import printable, without_password
from edgecam.errors import CameraError, ConfigError, ConfinementError
from edgecam.model import Model
from edgecam.publisher.broker import credentials
from edgecam.subjects import choose
from edgecam.vision import trial

_EXAMPLE = """\
  edgecam check -c config.yaml && edgecam run -c config.yaml
  edgecam check --quiet          says nothing where nothing is wrong
  sudo edgecam check             an installed one: only root may do what edgecam's users may"""


def main(argv: Sequence[str]) -> int:
    """Print the configuration in force and what this machine lacks for it, or every error in it."""
    options = _parser().parse_args(argv)
    logging.basicConfig(handlers=[logging.NullHandler()])  # what counts is printed, in its order
    loaded = arguments.load(options.config)
    config = loaded.config
    found, runtime = _model(loaded)
    if not options.quiet:
        print(_effective(config, found, runtime), flush=True)
    tries = not options.offline and reach.may_try(loaded)
    unreached = list(reach.problems(loaded)) if tries else []
    warnings = [*missing.here(loaded, Board()), *_schedule_warnings(loaded), *unreached]
    _warn(warnings)  # last, where they are seen
    of_camera = _of_camera(loaded, elsewhere=options.elsewhere)
    _warn(of_camera)
    if not options.quiet:
        for address in reach.addresses(config.mqtt) if tries and not unreached else ():
            print(f"# {printable(without_password(address))} lets us in")
        warned = ", but see the warnings" if warnings or of_camera else ""
        print(f"# {loaded.file} is right{warned}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "check",
        "Checks a configuration, the model, its labels and the password file, and prints every\n"
        "option that is in force as YAML. What `edgecam run` would refuse is an error, in the same\n"
        "words; what it waits for (a camera that is not plugged in, a broker that does not let us\n"
        "in) is a warning. Exit codes: 0 right, also with warnings; 78 something is wrong; 1 the\n"
        "camera is there, and of no use.",
        _EXAMPLE,
    )
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong or missing")
    parser.add_argument("--offline", action="store_true", help="do not try to reach the broker")
    parser.add_argument(
        "--elsewhere",
        action="store_true",
        help="it is to run on another machine: a camera that this one cannot have is a warning",
    )
    arguments.add_config(parser)
    return parser


def _model(loaded: Loaded) -> tuple[Model, str]:
    """The model and its runtime. Raises ConfigError where that, or a file of `mqtt`, is of no use."""
    config = loaded.config
    with loaded.blamed():
        runtime = runtimes.chosen(config.model.runtime)
        found = trial.attempt(config.model, runtime).model
        choose(config.decision, found.labels)
        credentials.password(credentials.as_units_have_it(config.mqtt, loaded.file))
        credentials.tls_context(config.mqtt)
    return found, runtime


def _of_camera(loaded: Loaded, *, elsewhere: bool) -> list[str]:
    """What is to be known of the camera. Raises what `edgecam run` would end with."""
    # A picture or a video is decoded, which may be anybody's: with no more rights than in `run`, and
    # from before a library for it has started a thread.
    try:
        confinement.confine(network_for="")
    except ConfinementError as error:  # whoever started this handed it a network connection
        return [f"the camera was not looked at: {error}"]
    try:
        return missing.camera(loaded)
    except (CameraError, ConfigError) as error:
        if not elsewhere:
            raise
        return [f"{error}"]


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"warning: {printable(warning)}", file=sys.stderr)


def _schedule_warnings(loaded: Loaded) -> Iterator[str]:
    options = loaded.config.schedule
    if options.active_hours:
        place = loaded.locate("schedule.active_hours")
        now = _scheduled(options)
        if not (now.active or now.changes):
            yield f"{place}: these hours do not come for a year: going by them it never looks"
        if not clock.was_set():
            yield f"{place}: {schedule.UNSET}"


def _effective(config: Config, found: Model, runtime: str) -> str:
    """The configuration as YAML that could be used again, and what it comes to as comments."""
    _, height, width, _ = found.input.shape
    text = without_password(msgspec.yaml.encode(config).decode())
    comments = []
    if config.schedule.active_hours:
        now = _scheduled(config.schedule)
        by_the_clock = f"{'active' if now.active else 'asleep'} {now.end}"
        unset = "" if clock.was_set() else "if the clock, which nobody has set, is right: "
        comments.append(f"# schedule: {unset}{by_the_clock}")
    camera = config.camera
    if camera.source == "stills" or (camera.source == "opencv" and not is_endless(camera.opencv)):
        comments.append("# power: no matter here; pictures and videos wait, and come at camera.fps")
    comments.append(
        f"# model: {found.name}, {len(found.labels)} labels, "
        f"{width}x{height} {found.input.dtype}, on {runtimes.version(runtime)}"
    )
    return text + "\n".join(comments)


def _scheduled(options: ScheduleOptions) -> schedule.Stretch:
    """What a schedule comes to by the clock of now, whoever has set that."""
    return schedule.Schedule(options, clock_was_set=lambda: True).now()
