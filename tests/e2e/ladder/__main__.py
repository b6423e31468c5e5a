"""`python -m ladder`: climbs the ladder, and ends with one table."""

import argparse
import contextlib
import os
import signal
import sys
import time

from ladder import levels
from ladder.lanes import LaneError, climb
from ladder.report import Result, table
from ladder.row import LEVELS, Row, registered

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130


def main() -> int:
    options = _options()
    levels.load()
    rows = [row for row in registered() if _wanted(row, options)]
    if not rows:
        print("scripts/e2e: no row is left of what you asked for; see --list", file=sys.stderr)
        return EXIT_FAILURE
    if options.list:
        for row in rows:
            print(row)
        return 0
    if os.geteuid() != 0:
        print("scripts/e2e: needs root, for machines and networks of its own", file=sys.stderr)
        return EXIT_FAILURE
    return _climb(rows)


def _climb(rows: list[Row]) -> int:
    # Whoever ends us wants everything that we started to end, too; a shell's background job
    # inherits an interrupt that is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    began_s = time.monotonic()
    results: list[Result] = []
    code = 0
    try:
        with contextlib.closing(climb(rows)) as climbing:
            results.extend(climbing)
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
        print("interrupted; this is what was finished:", file=sys.stderr)
    except LaneError as error:
        code = EXIT_FAILURE
        print(f"scripts/e2e: {error}; this is what was finished:", file=sys.stderr)
    in_order = sorted(results, key=lambda result: rows.index(result.row))
    print(table(in_order, time.monotonic() - began_s))
    passed = all(result.passed for result in results)
    return code or (0 if passed else EXIT_FAILURE)


def _wanted(row: Row, options: argparse.Namespace) -> bool:
    asked = options.mutations or not row.mutation
    return asked and row.level in (options.level or LEVELS) and options.only in str(row)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/e2e",
        description="Shows the appliance on real systemd, real arm64 and real networks.",
        epilog="Levels: tests/e2e/README.md says what each shows, and what it cannot show.",
    )
    parser.add_argument(
        "level", nargs="*", metavar="LEVEL", help=f"only these of {', '.join(LEVELS)}"
    )
    parser.add_argument("--list", action="store_true", help="list the rows and run none")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only rows with this in their line of --list"
    )
    parser.add_argument(
        "--mutations",
        action="store_true",
        help="also take lines out of the package, and see the rows fail that are about them",
    )
    options = parser.parse_args()
    unknown = set(options.level) - set(LEVELS)
    if unknown:
        parser.error(f"there is no level {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
