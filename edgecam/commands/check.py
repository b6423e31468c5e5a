"""`edgecam check`: everything that can be known before the appliance runs."""

import argparse
import sys
from collections.abc import Iterator, Sequence

import msgspec

from edgecam import runtimes
from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.commands import arguments, missing, reach
from edgecam.config import Config, Loaded
from edgecam.config.options import ScheduleOptions
from edgecam.config.rules import is_endless
from edgecam.config.shown import printable, without_password
from edgecam.model import Model
from edgecam.publisher.broker import credentials
from edgecam.subjects import choose
from edgecam.vision import trial
from edgecam.vision.schedule import Schedule, Stretch

_EXAMPLE = """\
  edgecam check -c config.yaml && edgecam run -c config.yaml
  edgecam check --quiet          says nothing where nothing is wrong
  sudo edgecam check             an installed one: only root may do what edgecam's users may"""


def main(argv: Sequence[str]) -> int:
    """Print the configuration in force and what this machine lacks for it, or every error in it."""
    options = _parser().parse_args(argv)
    loaded = arguments.load(options.config)
    config = loaded.config
    with loaded.blamed():
        runtime = runtimes.chosen(config.model.runtime)
        found = trial.attempt(config.model, runtime).model
        choose(config.decision, found.labels)
        credentials.password(credentials.as_units_have_it(config.mqtt, loaded.file))
        credentials.tls_context(config.mqtt)
    if not options.quiet:
        print(_effective(config, found, runtime), flush=True)
    warnings = list(missing.here(loaded, Board()))
    warnings += _schedule_warnings(loaded)
    entered = []
    if not options.offline and reach.may_try(loaded):
        unreached = list(reach.problems(loaded))
        warnings += unreached
        entered = [] if unreached else reach.addresses(config.mqtt)
    for warning in warnings:  # last, where they are seen
        print(f"warning: {printable(warning)}", file=sys.stderr)
    if not options.quiet:
        for address in entered:
            print(f"# {printable(without_password(address))} lets us in")
        print(f"# {loaded.file} is right" + (", but see the warnings" if warnings else ""))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "check",
        "Checks a configuration, the model, its labels and the password file, and prints every\n"
        "option that is in force as YAML. What only this machine lacks (a camera, a folder, a\n"
        "broker that lets us in) is a warning, so that a configuration can be checked elsewhere\n"
        "than where it is to run. Exit codes: 0 right, also with warnings; 78 something is wrong.",
        _EXAMPLE,
    )
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong or missing")
    parser.add_argument("--offline", action="store_true", help="do not try to reach the broker")
    arguments.add_config(parser)
    return parser


def _schedule_warnings(loaded: Loaded) -> Iterator[str]:
    options = loaded.config.schedule
    if options.active_hours:
        now = _scheduled(options)
        if not (now.active or now.changes):
            place = loaded.locate("schedule.active_hours")
            yield f"{place}: these hours do not come for a year: it would never look"


def _effective(config: Config, found: Model, runtime: str) -> str:
    """The configuration as YAML that could be used again, and what it comes to as comments."""
    _, height, width, _ = found.input.shape
    text = without_password(msgspec.yaml.encode(config).decode())
    comments = []
    if config.schedule.active_hours:
        now = _scheduled(config.schedule)
        by_the_clock = f"{'active' if now.active else 'asleep'} {now.end}"
        if clock.was_set():
            comments.append(f"# schedule: {by_the_clock}")
        else:
            comments.append(
                "# schedule: awake until NTP has set this machine's clock; by what it shows it would "
                f"be {by_the_clock}"
            )
    camera = config.camera
    if camera.source == "stills" or (camera.source == "opencv" and not is_endless(camera.opencv)):
        comments.append("# power: no matter here; pictures and videos wait, and come at camera.fps")
    comments.append(
        f"# model: {found.name}, {len(found.labels)} labels, "
        f"{width}x{height} {found.input.dtype}, on {runtimes.version(runtime)}"
    )
    return text + "\n".join(comments)


def _scheduled(options: ScheduleOptions) -> Stretch:
    """What a schedule comes to by the clock of now, whoever has set that."""
    return Schedule(options, clock_was_set=lambda: True).now()
