"""What a camera told of a clip, and how that compares with what another told of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edgecam.messages import Sighting

PUNCTUAL = 1  # frames that an appearance may be late
_SEARCHED = 100  # frames within which an appearance is still the same one: `max_idle_s`
_FLAP = 150  # frames after it disappeared within which the same label that appears again is a flap

Appearance = tuple[int, int]
"""Number of the frame, and label."""


@dataclass
class Told:
    """The facts of a decision, by frame and label."""

    appeared: list[Appearance] = field(default_factory=list)
    flaps: int = 0
    _gone: dict[int, int] = field(default_factory=dict)

    def add(self, number: int, facts: Iterable[Sighting]) -> None:
        """What followed from a frame."""
        for fact in facts:
            if not fact.appeared:
                self._gone[fact.label] = number
                continue
            self.appeared.append((number, fact.label))
            self.flaps += number - self._gone.get(fact.label, -_FLAP - 1) <= _FLAP


@dataclass(frozen=True)
class Match:
    """How one camera's appearances are found in what another told."""

    late: list[int | None]
    """For each of the first, by how many frames the other is late (negative: early); None: not told."""
    extra: int
    """Appearances of the other that are none of these."""

    @property
    def punctual(self) -> list[bool]:
        """For each, whether the other told it no more than a frame earlier or later."""
        return [late is not None and abs(late) <= PUNCTUAL for late in self.late]


def match(first: Sequence[Appearance], other: Sequence[Appearance]) -> Match:
    """Find each appearance of the first in the nearest one of the same label."""
    left = list(other)
    late: list[int | None] = []
    for number, label in first:
        near = [one for one in left if one[1] == label and abs(one[0] - number) <= _SEARCHED]
        if not near:
            late.append(None)
            continue
        nearest = min(near, key=lambda one: abs(one[0] - number))
        left.remove(nearest)
        late.append(nearest[0] - number)
    return Match(late, len(left))
