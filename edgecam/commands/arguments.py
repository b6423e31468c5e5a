"""The options that commands share."""

import argparse
import math
from pathlib import Path

from edgecam.config import SEARCHED, Loaded, find, reader


def parser(command: str, description: str, example: str) -> argparse.ArgumentParser:
    """A parser with `--debug`, and an example at the end of its help."""
    made = argparse.ArgumentParser(
        prog=f"edgecam {command}",
        description=description,
        epilog=f"example:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--debug", action="store_true", help="show a traceback with an error")
    return made


def add_config(to: argparse.ArgumentParser) -> None:
    """The option `-c FILE`."""
    places = ", then ".join(str(path) for path in SEARCHED)
    to.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help=f"the configuration (without it: {places})",
    )


def load(config: Path | None) -> Loaded:
    """The configuration that `-c` names, or that is found. Raises ConfigError."""
    return reader.load(config or find())


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def above_0(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        msg = f"expected a number above 0, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return number
