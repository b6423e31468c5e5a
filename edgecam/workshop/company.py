"""What else the machine did while it was measured: figures of a busy one are no figures of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

# Where figures begin to say more of others than of us; set by hand, as no more than the loop may lag
# behind bare invoke() (5 %), or what that may differ by on a board that slows down a little.
MOST_OTHERS = 0.05
MOST_STOLEN = 0.01
MOST_SPREAD = 0.10


class Company(msgspec.Struct, frozen=True):
    """Who else was there. Shares are of the time of all processors."""

    load_before: float
    """The load average over the minute before."""
    others_share: float
    """What programs other than the bench and those it started have used."""
    stolen_share: float
    """What a hypervisor gave to others: `steal` of proc_stat(5)."""
    bare_spread: float
    """Fastest less slowest round of bare `invoke()`, of their median."""
    busy: list[str]
    """Why figures do not count, in words; empty where the machine was quiet."""


@dataclass(frozen=True)
class _Reading:
    """Seconds since the machine was started, of all processors together."""

    used_s: float
    stolen_s: float
    total_s: float
    ours_s: float

    @classmethod
    def now(cls, root: Path) -> Self:
        """Of `cpu` in proc_stat(5), whose guests are contained in the first two."""
        first = (root / "proc/stat").read_text(encoding="ascii").partition("\n")[0]
        ticks = os.sysconf("SC_CLK_TCK")
        user, nice, system, idle, waiting, irq, softirq, stolen = (
            int(number) / ticks for number in first.split()[1:9]
        )
        ours = os.times()  # with all children that have ended
        used = user + nice + system + irq + softirq
        return cls(used, stolen, used + idle + waiting + stolen, sum(ours[:4]))


class Watch:
    """Begins when it is made; what the bench started must have ended when it is asked."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._load = os.getloadavg()[0]
        self._before = _Reading.now(root)

    def seen(self, bare: Sequence[float]) -> Company:
        """Since then; `bare` is the speed of bare `invoke()` in each round."""
        before, now = self._before, _Reading.now(self._root)
        total_s = max(now.total_s - before.total_s, 1e-9)
        others_s = (now.used_s - before.used_s) - (now.ours_s - before.ours_s)
        others = max(0.0, others_s / total_s)
        stolen = (now.stolen_s - before.stolen_s) / total_s
        spread = (max(bare) - min(bare)) / sorted(bare)[len(bare) // 2]
        reasons = {
            f"other programs took {others:.0%} of the processors": others > MOST_OTHERS,
            f"the hypervisor took {stolen:.0%}": stolen > MOST_STOLEN,
            f"bare invoke() differed by {spread:.0%} between rounds": spread > MOST_SPREAD,
        }
        return Company(
            load_before=round(self._load, 2),
            others_share=round(others, 4),
            stolen_share=round(stolen, 4),
            bare_spread=round(spread, 4),
            busy=[reason for reason, holds in reasons.items() if holds],
        )


def in_words(company: Company) -> str:
    """The one line that stands above all figures; empty where the machine was quiet."""
    if not company.busy:
        return ""
    return (
        f"measured on a busy machine ({', '.join(company.busy)}): "
        f"no figure here says how good it is; measure again when nothing else runs"
    )
