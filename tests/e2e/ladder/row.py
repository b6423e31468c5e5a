"""A row of the table: what is shown, of which release, on which level."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ladder.bench import Bench

BOOKWORM, TRIXIE = "bookworm", "trixie"
RELEASES = (BOOKWORM, TRIXIE)
LEVELS = ("L0", "L1", "L2", "L3", "L4")

Check = Callable[[Bench], str | None]
"""Shows it, or raises. What it gives back is a figure or two for the table."""


@dataclass(frozen=True)
class Row:
    """Something that is shown of one release of Debian, or of none in particular."""

    level: str
    release: str
    shown: str
    check: Check = field(compare=False)
    mutation: bool = False
    """Whether it takes something out to see another row fail; run only when asked for."""

    def __str__(self) -> str:
        return f"{self.level}  {self.release or '-':8}  {self.shown}"

    @property
    def group(self) -> tuple[str, str]:
        """Rows of one group follow each other, and may share what is dear to set up."""
        return self.level, self.release


_rows: list[Row] = []


def row(level: str, *releases: str, shown: str, mutation: bool = False) -> Callable[[Check], Check]:
    """Register a function as a row for each of the releases; for none, where the host is enough."""
    if level not in LEVELS or not set(releases) <= set(RELEASES):
        msg = f"no such level or release: {level} {releases}"
        raise ValueError(msg)

    def register(check: Check) -> Check:
        _rows.extend(Row(level, release, shown, check, mutation) for release in releases or ("",))
        return check

    return register


def registered() -> list[Row]:
    """All rows in the order they are run: by group, and in a group as they were registered."""
    return sorted(_rows, key=lambda each: each.group)
