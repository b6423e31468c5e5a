"""What a region costs besides the model: frames are always ready, and are looked at in 1, 2, 4."""

import statistics
from collections.abc import Callable
from pathlib import Path

import msgspec

from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.config.options import RegionOptions
from edgecam.model import Model
from edgecam.workshop.bench.loop import Loop

COUNTS = (1, 2, 4)


def costs_ms(
    folder: Path,
    config: Config,
    found: Model,
    pictures: list[Pixels],
    *,
    rounds: int,
    seconds: float,
    advance: Callable[[float], None],
) -> dict[int, float]:
    """For each number of regions: the milliseconds that a region takes beyond one bare `invoke()`."""
    loops = {
        count: Loop(_cut_into(config, count, folder), found, pictures, None) for count in COUNTS
    }
    for _ in range(rounds):
        for loop in loops.values():
            loop.round(seconds)
            advance(2 * seconds)
    return {
        count: statistics.median(
            1000 / (one.whole_fps * count) - 1000 / one.bare_fps for one in loop.figures.rounds
        )
        for count, loop in loops.items()
    }


def _cut_into(config: Config, count: int, folder: Path) -> Config:
    """The frame in upright strips, and a wall at which no publisher listens: it knows none of them."""
    strips = [
        RegionOptions(f"strip{place}", [place / count, 0.0, (place + 1) / count, 1.0])
        for place in range(count)
    ]
    nobody = msgspec.structs.replace(config.link, socket=str(folder / "nobody"))
    return msgspec.structs.replace(config, regions=strips, link=nobody)
