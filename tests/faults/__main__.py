"""`python -m faults`: tries the faults of the catalogue many times, and ends with one table."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from faults.catalogue import SERIES
from faults.report import Report
from faults.screen import Screen
from faults.series import Result, Series, Trial

EXIT_INTERRUPTED = 130


def main() -> int:
    options = _options()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    kind = "Quick run" if options.quick else "Full run"
    print(f"{kind}, --seed {seed}", file=sys.stderr)
    # Whoever ends us wants everything that we started to end, too; a shell's background job
    # inherits an interrupt that is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    results: dict[Series, Result] = {}
    interrupted = False
    try:
        for series in SERIES:
            if series.name in (options.series or [series.name]):
                count = series.quick if options.quick else series.full
                results[series] = _run(series, count, seed)
    except KeyboardInterrupt:
        interrupted = True
        print("interrupted; this is what was finished:", file=sys.stderr)
    report = Report(results, kind, seed)
    _tell(report, options)
    if interrupted:
        return EXIT_INTERRUPTED
    return 0 if report.passed else 1


def _tell(report: Report, options: argparse.Namespace) -> None:
    print(report.table())
    if options.json:
        options.json.write_text(report.json(), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.markdown(), encoding="utf-8")


def _run(series: Series, count: int, seed: int) -> Result:
    folder = Path(tempfile.mkdtemp(prefix=f"edgecam-{series.name}-"))
    keep = False
    try:
        screen = Screen(series, count)
        dice = random.Random(f"{seed} {series.name}")  # noqa: S311  to be thrown again
        try:
            result = series.run(Trial(folder, count, dice, screen.progress))
        except Exception as error:  # noqa: BLE001  one series must not keep the others from running
            result = Result(tried=0, problems=(f"{type(error).__name__}: {error}",))
        screen.ended(result)
        keep = not result.passed
    finally:
        if keep:
            print(f"its logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Tries faults many times, with a recorder at the broker as judge.",
        epilog="Series: " + ", ".join(series.name for series in SERIES),
    )
    parser.add_argument("series", nargs="*", metavar="SERIES", help="only these")
    parser.add_argument("--quick", action="store_true", help="a few of each, in two minutes")
    parser.add_argument("--seed", type=int, help="throw the dice of an earlier run again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table")
    options = parser.parse_args()
    unknown = set(options.series) - {series.name for series in SERIES}
    if unknown:
        parser.error(f"there is no series {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
