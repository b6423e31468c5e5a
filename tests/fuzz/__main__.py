"""`scripts/fuzz`: coverage-guided fuzzing of the borders, with progress and one table at the end."""

import argparse
import sys
import time
from pathlib import Path

from support.places import ROOT

from fuzz.campaign import Campaign, Result
from fuzz.targets import TARGETS

_SHOW_EVERY_S = 10.0


def main() -> int:
    """Fuzz the named targets; 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target (default: 10)")
    parser.add_argument(
        "--jobs", type=int, default=2, choices=(1, 2), help="targets at a time (default: 2)"
    )
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are: {', '.join(TARGETS)}")
    waiting = list(options.targets or TARGETS)
    running: list[Campaign] = []
    results: list[Result] = []
    try:
        _run(waiting, running, results, options)
    except KeyboardInterrupt:
        print("interrupted; the table is of what was done", file=sys.stderr)
    finally:
        for campaign in running:
            campaign.end()
    print(_table(results))
    return 1 if any(result.crashes for result in results) else 0


def _run(
    waiting: list[str],
    running: list[Campaign],
    results: list[Result],
    options: argparse.Namespace,
) -> None:
    shown_s = time.monotonic()
    while waiting or running:
        while waiting and len(running) < options.jobs:
            name = waiting.pop(0)
            running.append(Campaign(name, ROOT / ".cache" / "fuzz" / name, options.minutes * 60))
        for campaign in [campaign for campaign in running if campaign.ended]:
            running.remove(campaign)
            results.append(campaign.result())
            print(f"{campaign.name}: {campaign.progress()}", file=sys.stderr)
        if time.monotonic() > shown_s + _SHOW_EVERY_S:
            shown_s = time.monotonic()
            now = "; ".join(f"{campaign.name} {campaign.progress()}" for campaign in running)
            print(f"{len(results)} done, {len(waiting)} to come; {now}", file=sys.stderr)
        time.sleep(0.2)


def _table(results: list[Result]) -> str:
    head = f"{'target':20} {'runs':>11} {'features':>9} {'crashes':>8} {'slowest':>10}"
    rows = [
        f"{result.name:20} {result.runs:11,} {result.features:9,} {result.crashes:8} "
        f"{result.slowest_s * 1000:7.1f} ms"
        for result in results
    ]
    found = [
        f"{result.name}: {file.relative_to(Path.cwd())}"
        for result in results
        for file in result.found
    ]
    return "\n".join([head, *rows, *found])


sys.exit(main())
