"""How surely camera trouble is noticed, and how often where there is none.

Every photograph goes through every variant of `variants`, with the default options.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from edgecam.config import INSTALLATION
from edgecam.config.options import TroubleOptions
from edgecam.messages import MEASURED, Frame
from edgecam.vision.trouble import TroubleWatch
from edgecam.workshop import scenes
from edgecam.workshop.scenes import Photograph, Shot
from edgecam.workshop.trouble.variants import VARIANTS, Variant

_SECOND_NS = 10**9


@dataclass(frozen=True)
class Row:
    """What came of a variant, over all photographs."""

    kind: str
    variant: str
    clear: bool
    runs: int
    missed: int
    told: dict[str, int]
    """In how many runs each reason was told that is not right."""
    delays_s: list[float]


@dataclass(frozen=True)
class Kind:
    """What came of all variants of a kind; misses are those of the clear ones."""

    kind: str
    variants: int
    missed_percent: float
    false_alarm_percent: float
    """Of all runs in which there is no trouble."""
    delay_p50_s: float | None
    delay_p95_s: float | None


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(prog="scripts/evaluate trouble", description=__doc__)
    parser.add_argument("--folder", type=Path, default=INSTALLATION / "models" / "samples")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    pictures = scenes.photographs(options.folder)
    rows = []
    for number, variant in enumerate(VARIANTS, 1):
        rows.append(evaluated(variant, pictures))
        print(f"\r{number} of {len(VARIANTS)} variants", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    kinds = summed(rows)
    if options.json:
        found = {"kinds": [asdict(kind) for kind in kinds], "variants": [asdict(r) for r in rows]}
        print(json.dumps(found, indent=1))
    else:
        _print(rows, kinds)
    return 0


def evaluated(variant: Variant, pictures: Sequence[Photograph]) -> Row:
    """Put every photograph through a variant; the next one is what comes into its view."""
    missed = 0
    delays_s: list[float] = []
    told: Counter[str] = Counter()
    for place, picture in enumerate(pictures):
        shots = variant.make(picture, pictures[(place + 1) % len(pictures)])
        if variant.gain:
            shots = scenes.grainy(shots, gain=variant.gain, seed=place)
        changes = _changes(shots)
        right = [at for at, reason in changes if reason in variant.right and at >= variant.starts]
        missed += bool(variant.right) and not right
        told.update({reason for _, reason in changes if reason not in ("", *variant.right)})
        delays_s += [float(at - variant.starts) for at in right[:1]]
    return Row(
        *(variant.kind, variant.name, variant.clear, len(pictures), missed, dict(told), delays_s)
    )


def summed(rows: Sequence[Row]) -> list[Kind]:
    """Each kind of trouble over its variants."""
    healthy = [row for row in rows if row.kind == "none"]
    healthy_runs = sum(row.runs for row in healthy)
    kinds = []
    for kind in MEASURED:
        own = [row for row in rows if row.kind == kind and row.clear]
        delays_s = [delay_s for row in own for delay_s in row.delays_s]
        kinds.append(
            Kind(
                kind=kind,
                variants=len(own),
                missed_percent=_percent(sum(r.missed for r in own), sum(r.runs for r in own)),
                false_alarm_percent=_percent(
                    sum(row.told.get(kind, 0) for row in healthy), healthy_runs
                ),
                delay_p50_s=_quantile(delays_s, 50),
                delay_p95_s=_quantile(delays_s, 95),
            )
        )
    return kinds


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 2) if of else 0.0


def _print(rows: Sequence[Row], kinds: Sequence[Kind]) -> None:
    console = Console()
    table = Table("trouble", "variants", "missed %", "false alarms %", "delay p50 s", "p95 s")
    for kind in kinds:
        table.add_row(*("-" if cell is None else f"{cell}" for cell in astuple(kind)))
    console.print(table)
    table = Table("trouble", "variant", "runs", "missed", "told instead", "delay p50 s", "p95 s")
    for row in rows:
        told = ", ".join(f"{reason} {count}" for reason, count in row.told.items())
        name = row.variant if row.clear else f"({row.variant})"
        delays = [_quantile(row.delays_s, part) for part in (50, 95)]
        cells = (row.kind, name, row.runs, row.missed, told, *delays)
        table.add_row(*("-" if cell is None else f"{cell}" for cell in cells))
    console.print(table)
    console.print("In brackets: too weak to be surely noticed, and not counted above.")


def _changes(shots: Iterator[Shot]) -> list[tuple[int, str]]:
    """The number of the frame and the reason, for each change that is told."""
    watch = TroubleWatch(TroubleOptions(), live=True)
    found = []
    for number, shot in enumerate(shots):
        change = watch.look(Frame(shot.pixels, number * _SECOND_NS))
        if change is not None:
            found.append((number, change.reason))
    return found


def _quantile(values: list[float], percent: int) -> float | None:
    if len(values) < 2:  # noqa: PLR2004  nothing lies between
        return values[0] if values else None
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)
