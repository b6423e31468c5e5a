"""The options that commands share."""

import argparse
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
