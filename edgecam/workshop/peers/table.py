"""What came out as a table: medians over the rounds, ratios within each round."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from statistics import median, quantiles
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
    return median(_ratios(played, other, figure))


def _ratios(played: Played, other: Played, figure: Callable[[Turn], float]) -> list[float]:
    both = zip(played.turns, other.turns, strict=True)
    return [figure(turn) / figure(others) for turn, others in both]


def _share(labels: Sequence[int] | None, ours: Sequence[int] | None) -> float | None:
    if labels is None or ours is None:
        return None
    return sum(a == b for a, b in zip(labels, ours, strict=True)) / len(ours)


def verdict(everybody: Sequence[Played]) -> list[str]:
    """A sentence for each figure: ahead of whom, or behind. Bare is no peer.

    By ratios, which the drift of a machine's speed does not touch. Where the quarter of the rounds
    that is best for one, and the quarter that is best for the other, disagree, they cannot be told
    apart.
    """
    ours = next(played for played in everybody if played.entrant.name == OURS.name)
    peers = [
        played
        for played in everybody
        if not played.failure and played.entrant.name not in (OURS.name, BARE.name)
    ]
    whom = (
        "every peer that took part" if any(played.failure for played in everybody) else "every peer"
    )
    slower = {peer.entrant.title: _quartiles(_ratios(ours, peer, _fps)) for peer in peers}
    dearer = {peer.entrant.title: _quartiles(_ratios(peer, ours, _cpu_ms)) for peer in peers}
    larger = {peer.entrant.title: (peer.peak_mb / ours.peak_mb,) * 2 for peer in peers}
    return [
        _sentence("frames/s", slower, whom),
        _sentence("CPU a frame", dearer, whom),
        _sentence("memory", larger, whom),
    ]


def _sentence(figure: str, ahead: Mapping[str, tuple[float, float]], whom: str) -> str:
    """`ahead`: by how many times edgecam is better than each peer, from and to."""
    behind = [title for title, (_, best) in ahead.items() if best <= 1]
    level = [title for title, (worst, best) in ahead.items() if worst <= 1 < best]
    if not behind and not level:
        return f"{figure}: ahead of {whom}."
    parts = [f"behind {', '.join(behind)}"] if behind else []
    parts += [f"not to be told from {', '.join(level)}"] if level else []
    parts += ["ahead of the others"] if len(behind) + len(level) < len(ahead) else []
    return f"{figure}: {'; '.join(parts)}."


def _quartiles(ratios: Sequence[float]) -> tuple[float, float]:
    if len(ratios) == 1:
        return ratios[0], ratios[0]
    first, _, third = quantiles(ratios, n=4, method="inclusive")
    return first, third


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
