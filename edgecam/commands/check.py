"""`edgecam check`: everything that can be known before the appliance runs."""

import sys
from collections.abc import Sequence

import msgspec

from edgecam import runtimes
from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.commands import arguments, missing
from edgecam.config import Config
from edgecam.config.options import ScheduleOptions
from edgecam.config.shown import printable, without_password
from edgecam.model import Model
from edgecam.publisher.broker import credentials
from edgecam.subjects import choose
from edgecam.vision import trial
from edgecam.vision.schedule import Schedule, Stretch

_EXAMPLE = """\
  edgecam check -c config.yaml && edgecam run -c config.yaml
  sudo edgecam check             an installed one: only root may do what edgecam's users may"""


def main(argv: Sequence[str]) -> int:
    """Print the configuration in force, or every error in it."""
    parser = arguments.parser(
        "check",
        "Checks a configuration, the model, its labels and the password file, and prints every\n"
        "option that is in force as YAML. What only this machine lacks (a camera, a folder) is a\n"
        "warning, so that a configuration can be checked elsewhere than where it is to run.",
        _EXAMPLE,
    )
    arguments.add_config(parser)
    loaded = arguments.load(parser.parse_args(argv).config)
    config = loaded.config
    with loaded.blamed():
        runtime = runtimes.chosen(config.model.runtime)
        found = trial.attempt(config.model, runtime).model
        choose(config.decision, found.labels)
        password = credentials.password(credentials.as_units_have_it(config.mqtt, loaded.file))
        credentials.tls_context(config.mqtt)
    warnings = list(missing.here(loaded, Board()))
    if password is not None and config.mqtt.username is None:
        place = loaded.locate("mqtt.username")
        warnings.append(f"{place}: there is a password, but no user name to use it with")
    if config.schedule.active_hours:
        now = _scheduled(config.schedule)
        if not (now.active or now.changes):
            place = loaded.locate("schedule.active_hours")
            warnings.append(f"{place}: these hours do not come for a year: it would never look")
    print(_effective(config, found, runtime), flush=True)
    for warning in warnings:  # last, where they are seen
        print(f"warning: {printable(warning)}", file=sys.stderr)
    print(f"# {loaded.file} is right" + (", but see the warnings" if warnings else ""))
    return 0


def _effective(config: Config, found: Model, runtime: str) -> str:
    """The configuration as YAML that could be used again, and what it comes to as comments."""
    _, height, width, _ = found.input.shape
    text = without_password(msgspec.yaml.encode(config).decode())
    comments = []
    if config.schedule.active_hours:
        now = _scheduled(config.schedule)
        comments.append(f"# schedule: {'active' if now.active else 'asleep'} {now.end}")
        if not clock.was_set():
            comments.append("# schedule: awake until NTP has set this machine's clock")
    comments.append(
        f"# model: {found.name}, {len(found.labels)} labels, "
        f"{width}x{height} {found.input.dtype}, on {runtimes.version(runtime)}"
    )
    return text + "\n".join(comments)


def _scheduled(options: ScheduleOptions) -> Stretch:
    """What a schedule comes to by the clock of now, whoever has set that."""
    return Schedule(options, clock_was_set=lambda: True).now()
