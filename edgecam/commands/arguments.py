"""The options that commands share."""

import argparse
import math
import sys
from pathlib import Path

from edgecam.config import INSTALLATION, SEARCHED, Loaded, find, reader


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


def load_or_reference(config: Path | None) -> Loaded:
    """As `load`; where no configuration is named or found, the one of all defaults, and say so.

    Raises ConfigError.
    """
    if config is None and not any(path.exists() for path in SEARCHED):
        print("no configuration: the model that comes with edgecam is used", file=sys.stderr)
        config = INSTALLATION / "config.yaml"
    return load(config)


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
