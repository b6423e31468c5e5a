"""What came out as a table: medians over the rounds, ratios within each round."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from statistics import median
from typing import Any

from edgecam.workshop.peers.lineup import BARE, OURS
from edgecam.workshop.peers.match import Played, Turn

COLUMNS = (
    "",
    "frames/s",
    "of bare's",
    "of edgecam's",
    "CPU ms a frame",
    "of edgecam's",
    "peak memory, MB",
    "Pss, MB",
    "same label as edgecam",
)

_fps: Callable[[Turn], float] = attrgetter("fps")
_cpu_ms: Callable[[Turn], float] = attrgetter("cpu_ms")


@dataclass(frozen=True)
class Row:
    """The figures of one peer."""

    name: str
    title: str
    fps: float
    ratio_to_bare: float
    ratio_to_edgecam: float
    cpu_ms_per_frame: float
    cpu_ratio_to_edgecam: float
    peak_mb: float
    pss_mb: float | None
    """None where the kernel does not tell."""
    same_label: float | None
    """The share of frames for which it names the same label first; None where it names none."""


def rows(everybody: Sequence[Played]) -> list[Row]:
    """A row for each peer that took every turn."""
    named = {played.entrant.name: played for played in everybody}
    bare, ours = named[BARE.name], named[OURS.name]
    return [_row(played, bare, ours) for played in everybody if not played.failure]


def _row(played: Played, bare: Played, ours: Played) -> Row:
    return Row(
        name=played.entrant.name,
        title=played.entrant.title,
        fps=median(map(_fps, played.turns)),
        ratio_to_bare=_ratio(played, bare, _fps),
        ratio_to_edgecam=_ratio(played, ours, _fps),
        cpu_ms_per_frame=median(map(_cpu_ms, played.turns)),
        cpu_ratio_to_edgecam=_ratio(played, ours, _cpu_ms),
        peak_mb=played.peak_mb,
        pss_mb=played.pss_mb,
        same_label=_share(played.labels, ours.labels),
    )


def _ratio(played: Played, other: Played, figure: Callable[[Turn], float]) -> float:
    """The median over the rounds of how many times the other's figure in the same round it is."""
    both = zip(played.turns, other.turns, strict=True)
    return median(figure(turn) / figure(others) for turn, others in both)


def _share(labels: Sequence[int] | None, ours: Sequence[int] | None) -> float | None:
    if labels is None or ours is None:
        return None
    return sum(a == b for a, b in zip(labels, ours, strict=True)) / len(ours)


def verdict(everybody: Sequence[Played]) -> list[str]:
    """A sentence for each figure: ahead of every peer, or behind whom. Bare is no peer.

    By ratios, which the drift of a machine's speed does not touch.
    """
    table = rows(everybody)
    whom = "every peer"
    if len(table) < len(everybody):
        whom += " that took part"
    ours = next(row for row in table if row.name == OURS.name)
    peers = [row for row in table if row.name not in (OURS.name, BARE.name)]
    ahead_in = {
        "frames/s": [row.title for row in peers if row.ratio_to_edgecam >= 1],
        "CPU a frame": [row.title for row in peers if row.cpu_ratio_to_edgecam <= 1],
        "memory": [row.title for row in peers if row.peak_mb <= ours.peak_mb],
    }
    return [
        f"{figure}: behind {', '.join(better)}." if better else f"{figure}: ahead of {whom}."
        for figure, better in ahead_in.items()
    ]


def cells(row: Row) -> tuple[str, ...]:
    """What stands in the columns."""
    same = "" if row.same_label is None else f"{row.same_label:.0%}"
    return (
        row.title,
        f"{row.fps:.1f}",
        f"{row.ratio_to_bare:.2f}",
        f"{row.ratio_to_edgecam:.2f}",
        f"{row.cpu_ms_per_frame:.2f}",
        f"{row.cpu_ratio_to_edgecam:.2f}",
        f"{row.peak_mb:.0f}",
        "" if row.pss_mb is None else f"{row.pss_mb:.0f}",
        same,
    )


def markdown(everybody: Sequence[Played]) -> str:
    """The table, who is ahead, and what each does with a frame."""
    table = rows(everybody)
    lines = [COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)), *map(cells, table)]
    told = [f"- {_told(played)}" for played in everybody]
    return "\n".join(
        [*(f"| {' | '.join(line)} |" for line in lines), "", *verdict(everybody), "", *told, ""]
    )


def _told(played: Played) -> str:
    """Who it is, what it does, with what, and what is to be known of it."""
    entrant = played.entrant
    versions = ", ".join(f"{name} {number}" for name, number in played.versions.items())
    parts = [
        f"{entrant.title}: {entrant.does}",
        f"({versions})" if versions else "",
        f"Here: {played.note}." if played.note else "",
        f"Did not take part: {played.failure}." if played.failure else "",
    ]
    return " ".join(filter(None, parts))


def as_json(everybody: Sequence[Played]) -> dict[str, Any]:
    """The rows, the verdict, and every turn."""
    figures = {row.name: asdict(row) for row in rows(everybody)}
    return {
        "verdict": verdict(everybody),
        "peers": [
            {
                **figures.get(played.entrant.name, {"name": played.entrant.name}),
                "versions": played.versions,
                "note": played.note,
                "failure": played.failure,
                "turns": [asdict(turn) for turn in played.turns],
            }
            for played in everybody
        ],
    }
