"""What a region costs besides the model: frames are always ready, and are looked at in 1, 2, 4."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from edgecam.arrays import Pixels
from edgecam.config import Config
from edgecam.config.options import RegionOptions
from edgecam.model import Model
from edgecam.workshop.bench.turns import HalfInTurns, always_ready, bare_ms, witness

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
    """For each number of regions: the milliseconds that a region takes beyond one bare `invoke()`.

    Turns are short and there are many: between any two is one of bare `invoke()`, and each is
    compared with those right before and after it. Longer ones, in fewer rounds, told more of a
    machine's drift than of regions.
    """
    sees = witness(config, found)
    extra_ms: dict[int, list[float]] = {count: [] for count in COUNTS}
    with ExitStack() as ends:
        halves = {
            count: ends.enter_context(
                HalfInTurns(_cut_into(config, count, folder), found, always_ready(pictures), sees)
            )
            for count in COUNTS
        }
        before_ms = bare_ms(sees.interpreter, seconds)
        for _ in range(rounds):
            for count, running in halves.items():
                turn = running.turn(seconds)
                after_ms = bare_ms(sees.interpreter, seconds)
                extra_ms[count].append(turn.look_ms - (before_ms + after_ms) / 2)
                before_ms = after_ms
                advance(2 * seconds)
    return {count: statistics.median(each) for count, each in extra_ms.items()}


def _cut_into(config: Config, count: int, folder: Path) -> Config:
    """The frame in upright strips, and a wall at which no publisher listens: it knows none of them."""
    strips = [
        RegionOptions(f"strip{place}", [place / count, 0.0, (place + 1) / count, 1.0])
        for place in range(count)
    ]
    nobody = msgspec.structs.replace(config.link, socket=str(folder / "nobody"))
    return msgspec.structs.replace(config, regions=strips, link=nobody)
