"""Runs the table that `scripts/evaluate` was asked for."""

import sys

from edgecam.errors import EXIT_INTERRUPTED, EdgecamError
from edgecam.workshop import ending
from edgecam.workshop.decision import table as decision
from edgecam.workshop.gate import table as gate
from edgecam.workshop.power import table as power
from edgecam.workshop.trouble import table as trouble

_TABLES = {
    "gate": gate.main,
    "trouble": trouble.main,
    "decision": decision.main,
    "power": power.main,
}


def main(table: str, *arguments: str) -> int:
    """Print a table; the exit code."""
    ending.on_any_signal()
    try:
        return _TABLES[table](arguments)
    except EdgecamError as error:
        print(f"scripts/evaluate {table}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(file=sys.stderr)  # ends the line of the progress
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
