"""What a unit's line refuses, or gives, and how that is shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ladder import probes
from ladder.sandbox import ALLOWED, Attempt, Lines, Sandbox

AS_ROOT = ("User=", "Group=", "SupplementaryGroups=")
"""Lifted, they leave a process that root's own refusals no longer hide the line from."""


@dataclass(frozen=True)
class Refusal:
    """One attempt, and the one line of the unit that stands in its way.

    Several lines often do. Then those of `lifted` are taken out first, so that what remains is due
    to this one: with it refused, as `answer` says, and without it allowed.
    """

    attempt: Attempt
    answer: str
    """An error's name, a signal's, or the attempt's own word; several where releases differ."""
    line: str
    """How it begins; all that begin so, where only together they make a difference."""
    lifted: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = (self.attempt.__doc__ or "").partition("\n")[0].rstrip(".:").lower()
        who = " as root" if set(AS_ROOT) <= set(self.lifted) else ""
        return f"{said}{who} ({probes.name(self.attempt)})"


@dataclass(frozen=True)
class Grant(Refusal):
    """One thing that it needs, and the line that gives it: without it, `answer`."""


@dataclass(frozen=True)
class Outcome:
    """What came of a refusal's attempt, under some lines."""

    refusal: Refusal
    answer: str

    @property
    def holds(self) -> bool:
        """Whether it is what the unit promises."""
        granted = isinstance(self.refusal, Grant)
        return self.answer in ((ALLOWED,) if granted else self.refusal.answer.split(" / "))

    @property
    def is_gone(self) -> bool:
        """Whether it is what must come of it without the line."""
        granted = isinstance(self.refusal, Grant)
        return self.answer in (self.refusal.answer.split(" / ") if granted else (ALLOWED,))

    def __str__(self) -> str:
        return f"{self.refusal}: {self.answer}"


def outcomes(
    sandbox: Sandbox, under: Iterable[tuple[Refusal, Lines]]
) -> Iterator[tuple[Refusal, str]]:
    """What comes of each refusal's attempt, under the lines that stand beside it."""
