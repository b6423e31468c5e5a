"""Runs the table that `scripts/evaluate` was asked for."""

import importlib
import sys

from edgecam.errors import EXIT_INTERRUPTED, EdgecamError
from edgecam.workshop import ending


def main(table: str, *arguments: str) -> int:
    """Print a table, a package beside this file; the exit code."""
    ending.on_any_signal()
    try:
        code: int = importlib.import_module(f"edgecam.workshop.{table}.table").main(arguments)
    except EdgecamError as error:
        print(f"scripts/evaluate {table}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(file=sys.stderr)  # ends the line of the progress
        return EXIT_INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
