"""What a series of faults is given, and what it hands back."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trial:
    """One run of a series: where, how often, and by which dice."""

    folder: Path
    count: int
    random: random.Random
    progress: Callable[[int], None]
    """Told how many of `count` are done."""


@dataclass(frozen=True)
class Result:
    """A row of the table. None: this series has nothing to say about that."""

    tried: int
    committed: int | None = None
    lost: int = 0
    duplicated: int | None = None
    worst_recovery_s: float | None = None
    figures: str = ""
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.lost and not self.problems


@dataclass(frozen=True)
class Series:
    """A fault of the catalogue, tried many times."""

    name: str
    fault: str
    full: int
    quick: int
    run: Callable[[Trial], Result]
