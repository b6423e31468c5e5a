"""What a unit's line refuses, or gives, and how that is shown."""

from collections.abc import Iterable
from dataclasses import dataclass

from ladder.sandbox import ALLOWED, Attempt, Lines, Sandbox

AS_ROOT = ("User=", "Group=", "SupplementaryGroups=")
"""Lifted, they leave root, whom no owner and no mode of a file hides a line's effect from."""


@dataclass(frozen=True)
class Refusal:
    """One attempt, and the line of the unit that stands in its way.

    Several lines often do. Then the others are in `lifted`, and taken out first, so that what is
    left is due to this one: with it, refused as `answer` says; without it, allowed.
    """

    attempt: Attempt
    answer: str
    """An error's name, a signal's, or the attempt's own word; `A / B` where releases differ."""
    line: str
    """How it begins; all that begin so, where only together they make a difference."""
    lifted: tuple[str, ...] = ()

    @property
    def with_line(self) -> tuple[str, ...]:
        """What may come of it under the unit."""
        return tuple(self.answer.split(" / "))

    @property
    def without_line(self) -> tuple[str, ...]:
        """What must come of it under the unit without the line."""
        return (ALLOWED,)

    def __str__(self) -> str:
        said = (self.attempt.__doc__ or "").partition("\n")[0].rstrip(".")
        who = ", as root" if set(AS_ROOT) <= set(self.lifted) else ""
        return f"{said}{who} [{self.line.rstrip('=:')}]"


@dataclass(frozen=True)
class Grant(Refusal):
    """What it needs, and the line that gives it: without the line, refused as `answer` says."""

    @property
    def with_line(self) -> tuple[str, ...]:
        """Turned round: allowed."""
        return super().without_line

    @property
    def without_line(self) -> tuple[str, ...]:
        """Turned round: refused."""
        return super().with_line


@dataclass(frozen=True)
class Trial:
    """A refusal's attempt under some lines, and what must come of it."""

    refusal: Refusal
    lines: Lines
    expected: tuple[str, ...]
    """One of these; where there is none, any refusal."""

    def wrong(self, answer: str) -> str:
        """What is wrong with an answer, in words; nothing where it is as expected."""
        refused = answer != ALLOWED and answer.isprintable()  # a traceback has more than a line
        if answer in self.expected or (refused and not self.expected):
            return ""
        return f"{self.refusal}: {answer}, not {' or '.join(self.expected) or 'refused'}"


def whole(refusal: Refusal, unit: Lines) -> Trial:
    """Under all of the unit, where it does not matter which of its lines refuses it."""
    return Trial(refusal, unit, ())


def sealed(refusal: Refusal, unit: Lines) -> Trial:
    """Under the unit, but for the lines that would hide this one."""
    return Trial(refusal, unit.without(refusal.lifted), refusal.with_line)


def unsealed(refusal: Refusal, unit: Lines) -> Trial:
    """The same without the line itself."""
    out = (*refusal.lifted, refusal.line)
    return Trial(refusal, unit.without(out), refusal.without_line)


def free(refusal: Refusal, unit: Lines) -> Trial:
    """As the same user without any of the sandbox: what is refused there, is refused to all."""
    out = (*refusal.lifted, refusal.line)
    return Trial(refusal, unit.identity().without(out), refusal.without_line)


def failures(sandbox: Sandbox, trials: Iterable[Trial]) -> list[str]:
    """Runs trials; those of which something else came than must, each in words."""
    tried = list(trials)
    wanted: dict[Lines, set[Attempt]] = {}
    for trial in tried:
        wanted.setdefault(trial.lines, set()).add(trial.refusal.attempt)
    answers = sandbox.answers(wanted)
    # One that gave no answer took its whole unit with it.
    said = (each.wrong(answers.get((each.lines, each.refusal.attempt), "\n")) for each in tried)
    return list(filter(None, said))
