"""How surely camera trouble is noticed, and how often where there is none.

Every photograph goes through every variant of `variants`, with the default options, and the bundled
model tells what that does to labels.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import quantiles

import cv2
from rich.table import Table

from edgecam.config.options import TroubleOptions
from edgecam.messages import MEASURED, Frame
from edgecam.vision.trouble import TroubleWatch
from edgecam.workshop import scenes
from edgecam.workshop.paper import paper
from edgecam.workshop.quiet import quiet
from edgecam.workshop.samples import SAMPLES
from edgecam.workshop.scenes import Photograph, Shot
from edgecam.workshop.trouble.darkness import Darkened, darkened
from edgecam.workshop.trouble.labels import Labels
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
    told: Counter[str]
    """In how many runs each reason was told that is not right."""
    delays_s: list[float]
    sent: int | None
    """Label events of a camera that sees nothing; None where it sees."""
    lost: int | None
    """Label events that are missing because a camera that sees was taken for blind."""


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
    sent: int
    lost: int


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(prog="scripts/evaluate trouble", description=__doc__)
    parser.add_argument("--folder", type=Path, default=SAMPLES)
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    pictures = scenes.photographs(options.folder) if options.folder.is_dir() else []
    if not pictures:
        parser.error(f"{options.folder} is no folder with pictures")
    cv2.setNumThreads(1)  # its threads gain nothing here, and take a core from others
    rows = []
    with quiet():
        labels = Labels()
        for number, variant in enumerate(VARIANTS, 1):
            rows.append(evaluated(variant, pictures, labels))
            print(f"\r{number} of {len(VARIANTS)} variants", end="", file=sys.stderr, flush=True)
        known = list(darkened(pictures, labels.model))
    print(file=sys.stderr)
    kinds = summed(rows)
    if options.json:
        found = {
            "kinds": [asdict(kind) for kind in kinds],
            "variants": [asdict(row) for row in rows],
            "darkness": [asdict(one) for one in known],
        }
        print(json.dumps(found, indent=1))
    else:
        _print(rows, kinds, known)
    return 0


def evaluated(variant: Variant, pictures: Sequence[Photograph], labels: Labels) -> Row:
    """Put every photograph through a variant; the next one is what comes into its view."""
    missed = sent = lost = 0
    delays_s: list[float] = []
    told: Counter[str] = Counter()
    for place in range(len(pictures)):
        changes = _changes(_shots(variant, pictures, place))
        shots = _shots(variant, pictures, place)
        if variant.blind:
            sent += labels.sent(shots, variant.starts, TroubleOptions())
        elif variant.seeing:
            lost += labels.lost(shots, TroubleOptions())
        right = [at for at, reason in changes if reason in variant.right and at >= variant.starts]
        missed += bool(variant.right) and not right
        told.update({reason for _, reason in changes if reason not in ("", *variant.right)})
        delays_s += [float(at - variant.starts) for at in right[:1]]
    return Row(
        *(variant.kind, variant.name, variant.clear, len(pictures), missed, told, delays_s),
        sent=sent if variant.blind else None,
        lost=lost if variant.seeing else None,
    )


def summed(rows: Sequence[Row]) -> list[Kind]:
    """Each kind of trouble over its variants; the last is none, whose alarms are of any kind."""
    healthy = [row for row in rows if row.kind == "none"]
    healthy_runs = sum(row.runs for row in healthy)
    kinds = []
    for kind in (*MEASURED, "none"):
        every = [row for row in rows if row.kind == kind]
        own = [row for row in every if row.clear]
        delays_s = [delay_s for row in own for delay_s in row.delays_s]
        kinds.append(
            Kind(
                kind=kind,
                variants=len(own),
                missed_percent=_percent(sum(r.missed for r in own), sum(r.runs for r in own)),
                false_alarm_percent=_percent(_alarms(healthy, kind), healthy_runs),
                delay_p50_s=_quantile(delays_s, 50),
                delay_p95_s=_quantile(delays_s, 95),
                sent=sum(row.sent or 0 for row in every),
                lost=sum(row.lost or 0 for row in every),
            )
        )
    return kinds


def _alarms(healthy: Sequence[Row], kind: str) -> int:
    return sum(row.told.total() if kind == "none" else row.told[kind] for row in healthy)


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 2) if of else 0.0


def _print(rows: Sequence[Row], kinds: Sequence[Kind], known: Sequence[Darkened]) -> None:
    console = paper()
    common = "delay p50 s", "p95 s", "labels sent blind", "labels lost"
    table = Table("trouble", "variants", "missed %", "false alarms %", *common)
    for kind in kinds:
        table.add_row(*("-" if cell is None else f"{cell}" for cell in astuple(kind)))
    console.print(table)
    table = Table("trouble", "variant", "runs", "missed", "told instead", *common)
    for row in rows:
        told = ", ".join(f"{reason} {count}" for reason, count in row.told.items())
        name = row.variant if row.clear else f"({row.variant})"
        delays = [_quantile(row.delays_s, part) for part in (50, 95)]
        cells = (row.kind, name, row.runs, row.missed, told, *delays, row.sent, row.lost)
        table.add_row(*("-" if cell is None else f"{cell}" for cell in cells))
    console.print(table)
    console.print("In brackets: too weak to be surely noticed; only its labels count above.")
    table = Table("stops darker", "gain", "still known %", "called dark %", "of these known")
    for one in known:
        table.add_row(*(f"{cell:g}" for cell in astuple(one)))
    console.print(table)


def _shots(variant: Variant, pictures: Sequence[Photograph], place: int) -> Iterator[Shot]:
    """A variant of a picture; the same at each call."""
    shots = variant.make(pictures[place], pictures[(place + 1) % len(pictures)])
    return scenes.grainy(shots, gain=variant.gain, seed=place) if variant.gain else shots


def _changes(shots: Iterator[Shot]) -> list[tuple[int, str]]:
    """The number of the frame and the reason of each change that is told."""
    watch = TroubleWatch(TroubleOptions(), live=True)
    looked = (watch.look(Frame(s.pixels, at * _SECOND_NS)) for at, s in enumerate(shots))
    return [(at, change.reason) for at, change in enumerate(looked) if change is not None]


def _quantile(values: list[float], percent: int) -> float | None:
    if len(values) < 2:  # noqa: PLR2004  nothing lies between
        return values[0] if values else None
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)
