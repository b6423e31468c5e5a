"""The lines of the unit files: systemd.syntax(7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "systemd"


@dataclass(frozen=True)
class Option:
    """A line `name=value`."""

    name: str
    value: str
    reason: str
    """The last line of the comment above it, or above the lines before it in its paragraph."""

    @classmethod
    def read(cls, text: str) -> Iterator["Option"]:
        """The options of a unit file."""
        reason = ""
        for line in text.replace("\\\n", "").splitlines():
            if line.startswith("#"):
                reason = line.removeprefix("#").strip()
            elif not line or line.startswith("["):
                reason = ""
            else:
                name, _, given = line.partition("=")
                yield cls(name, given, reason)


def options(unit: str) -> list[Option]:
    """The options of one of our units."""
    return list(Option.read((UNITS / unit).read_text(encoding="utf-8")))


def value(unit: str, name: str) -> str:
    """The only value of an option."""
    (found,) = [option.value for option in options(unit) if option.name == name]
    return found
