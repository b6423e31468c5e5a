"""`edgecam bench`: what the configured appliance costs on this machine, and how fast it is."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self, TextIO

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from edgecam import model
from edgecam.commands import arguments
from edgecam.commands.greeting import without_greeting
from edgecam.config import INSTALLATION, SEARCHED, CameraOptions, Loaded
from edgecam.config.options import StillsOptions
from edgecam.errors import EXIT_FAILURE, EdgecamError
from edgecam.workshop import company, ending
from edgecam.workshop.bench import budgets, page, run, table
from edgecam.workshop.bench.result import Result
from edgecam.workshop.bench.run import Plan
from edgecam.workshop.halves import HalfEndedError
from edgecam.workshop.samples import SAMPLES

_MOVING_PERCENT = 10.0  # nobody has measured what cameras see: for another scene, --moving
_WIDE = 100  # columns, where no terminal says how many
_EXAMPLE = """\
  edgecam bench -c config.yaml                     stop edgecam first: it holds the camera
  edgecam bench --samples --html bench.html        without a camera, with plots
  edgecam bench --soak 60 --battery-wh 50          an hour, for memory and heat; and a battery
  edgecam bench --check                            exit code 1 where a budget is not met"""


def main(argv: Sequence[str]) -> int:
    """Measure, and print what was found."""
    options = _parser().parse_args(argv)
    loaded = _loaded(options.config, samples=options.samples)
    with loaded.blamed():
        found = model.load(loaded.config.model)
    ending.on_any_signal()
    plan = Plan(
        options.rounds,
        options.seconds,
        options.soak * 60,
        options.battery_wh,
        options.moving / 100,
    )
    try:
        # The bar has a way past what is held back, or it would come when all is over.
        with (
            os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal,
            without_greeting(),
            _Bar(terminal, plan) as bar,
        ):
            measured = run.measure(loaded.config, found, plan, bar)
    except HalfEndedError as error:
        if options.samples:
            raise
        msg = f"{error}; to measure without the camera: edgecam bench --samples"
        raise HalfEndedError(msg, error.exit_code) from error
    if options.html is not None:
        _write(options.html, page.page(measured))
    if options.json:
        print(msgspec.json.encode(measured.result).decode())
    else:
        width = None if sys.stdout.isatty() else _WIDE
        table.show(measured.result, Console(width=width, highlight=False))
    return _check(measured.result, options) if options.check else 0


def _check(result: Result, options: argparse.Namespace) -> int:
    """Say of each budget whether it is met; fail where one is not."""
    judged = budgets.judged(result)
    # Standard output is for the table, or for one JSON object and nothing else.
    out = sys.stderr if options.json else sys.stdout
    warning = company.in_words(result.company)
    for line in [*(one.sentence for one in judged), *filter(None, [warning])]:
        print(line, file=out)
    return 0 if budgets.all_met(judged) else EXIT_FAILURE


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "bench",
        "Measures the configured camera, model and board: rates and latencies, processor time,\n"
        "memory of both halves, start-up, the motion gate's saving, energy. Nothing is sent to\n"
        "the configured broker, and nothing is left behind. Two to three minutes.",
        _EXAMPLE,
    )
    arguments.add_config(parser)
    parser.add_argument(
        "--samples", action="store_true", help="the sample photographs in place of the camera"
    )
    parser.add_argument(
        "--rounds",
        type=arguments.count,
        default=21,
        metavar="N",
        help="of loop and bare invoke() (21)",
    )
    parser.add_argument(
        "--seconds",
        type=arguments.above_0,
        default=1.0,
        metavar="N",
        help="of each half of a round (1)",
    )
    parser.add_argument(
        "--soak",
        type=arguments.above_0,
        default=0.0,
        metavar="MINUTES",
        help="run the appliance so long",
    )
    parser.add_argument(
        "--battery-wh",
        type=arguments.above_0,
        metavar="N",
        help="say how long such a battery lasts",
    )
    parser.add_argument(
        "--moving",
        type=_percent,
        default=_MOVING_PERCENT,
        metavar="PERCENT",
        help=f"of the time something moves, for the battery ({_MOVING_PERCENT:g}, a guess)",
    )
    parser.add_argument(
        "--check", action="store_true", help="fail (exit 1) where a budget is not met"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.add_argument(
        "--html", type=_writable, metavar="FILE", help="also one page with plots, for a browser"
    )
    return parser


def _loaded(config: Path | None, *, samples: bool) -> Loaded:
    """The configuration; with sample photographs for a camera it need not be there."""
    if samples and config is None and not any(path.exists() for path in SEARCHED):
        config = INSTALLATION / "config.yaml"
    loaded = arguments.load(config)
    if not samples:
        return loaded
    camera = CameraOptions(
        source="stills", fps=loaded.config.camera.fps, stills=StillsOptions(folder=str(SAMPLES))
    )
    changed = msgspec.structs.replace(loaded.config, camera=camera)
    return Loaded(changed, loaded.file, loaded.lines)


class _Bar:
    """The progress on a terminal; nothing elsewhere.

    Drawn only when something has happened: a thread of its own would disturb what is measured.
    """

    def __init__(self, terminal: TextIO, plan: Plan) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
            console=Console(file=terminal),
            auto_refresh=False,
            transient=True,
            disable=not terminal.isatty(),
        )
        self._task = self._bar.add_task("", total=plan.total_s)

    def begin(self, what: str) -> None:
        """Another part begins."""
        self._bar.update(self._task, description=what, refresh=True)

    def advance(self, seconds: float) -> None:
        """So much of the plan has passed."""
        self._bar.update(self._task, advance=seconds, refresh=True)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"--html {file}: {error.strerror}"
        raise EdgecamError(msg) from error


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:  # noqa: PLR2004  percent
        msg = f"expected a number from 0 to 100, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return percent


def _writable(text: str) -> Path:
    """A file that can be written, known before minutes have been spent for it."""
    file = Path(text)
    place = file if file.exists() else file.absolute().parent
    if file.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        msg = f"{text!r} cannot be written"
        raise argparse.ArgumentTypeError(msg)
    return file
