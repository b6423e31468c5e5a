"""`edgecam check`: everything that can be known before the appliance runs."""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from edgecam import runtimes
from edgecam.appliance.board import Board
from edgecam.commands import arguments, missing, reach
from edgecam.config import Config
from edgecam.config.shown import printable, without_password
from edgecam.model import Model
from edgecam.publisher.broker import credentials
from edgecam.subjects import choose
from edgecam.vision import trial
from edgecam.vision.schedule import Schedule

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
    if not options.offline:
        warnings += reach.problems(loaded)
    for warning in warnings:  # last, where they are seen
        print(f"warning: {printable(warning)}", file=sys.stderr)
    if not options.quiet:
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


def _effective(config: Config, found: Model, runtime: str) -> str:
    """The configuration as YAML that could be used again, and what it comes to as comments."""
    _, height, width, _ = found.input.shape
    text = without_password(msgspec.yaml.encode(config).decode())
    comments = []
    if config.schedule.active_hours:
        now = Schedule(config.schedule).now()
        comments.append(f"# schedule: {'active' if now.active else 'asleep'} {now.end}")
    comments.append(
        f"# model: {found.name}, {len(found.labels)} labels, "
        f"{width}x{height} {found.input.dtype}, on {runtimes.version(runtime)}"
    )
    return text + "\n".join(comments)
