"""How long each stage of a look took, and what they come to."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edgecam.vision.service import VisionService
from edgecam.vision.statistics import STAGES, Stage
from edgecam.workshop.bench.result import Stage as StageFigures


@dataclass
class StageTimes:
    """Of many looks, in nanoseconds of wall-clock time."""

    taken_ns: dict[Stage, list[NDArray[np.int64]]] = field(
        default_factory=lambda: {name: [] for name in STAGES}
    )

    def add(self, vision: VisionService) -> None:
        """The last looks of a half, which may have been asked before."""
        for name, kept in self.taken_ns.items():
            values = vision.stage_ns(name)
            if kept and len(kept[-1]) < len(values):  # there was room yet: they hold those before
                kept.clear()
            kept.append(values)

    def of(self, name: Stage) -> StageFigures:
        """How long a stage took, over all of them."""
        p50, p95, p99 = np.percentile(np.concatenate(self.taken_ns[name]), (50, 95, 99)) / 1e6
        return StageFigures(round(float(p50), 4), round(float(p95), 4), round(float(p99), 4))

    def overhead_ms(self, regions: int) -> float:
        """What a look costs outside of `invoke()`: the median of each part, added up.

        A frame is prepared for all its `regions` at once.
        """
        of_region = self.of("transfer").p50_ms + self.of("decide").p50_ms
        return self.of("prepare").p50_ms / regions + of_region
