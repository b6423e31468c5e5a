"""What each region shows, told from the events of the vision half.

The publisher keeps the book itself: when an appearance began and what it is called are its own
words, so that a subverted vision half cannot write anything into them.
"""

import secrets
from collections.abc import Sequence

import msgspec

from edgecam.messages import Sighting

MAX_OPEN = 50  # in a region: more than one can see; each commit writes them all to disk


class Appearance(msgspec.Struct, frozen=True):
    """Something that a region shows, from when it appeared until it disappears."""

    id: str
    label: str
    confidence: int  # thousandths
    start_ns: int


class Shown(msgspec.Struct, frozen=True):
    """What a region shows: the label that appeared last of those present, or None."""

    label: str | None
    confidence: int
    since_ns: int


class _Book(msgspec.Struct):
    """As it is remembered beside the queue: of which run it speaks, and its appearances."""

    run: int
    regions: dict[str, list[Appearance]]


class Presence:
    """The appearances that are open, region by region, of one run of the vision half."""

    def __init__(self, run: int, regions: Sequence[str], remembered: str, at_ns: int) -> None:
        """`remembered` is what `text` gave before a restart; that of another run is forgotten."""
        self._run = run
        self._regions = tuple(regions)
        self._open = _recalled(remembered, run)
        self._unknown_since_ns = dict.fromkeys(regions, at_ns)
        self._hidden = False

    def hide(self, *, hidden: bool, at_ns: int) -> None:
        """Show nothing while the camera is blind, and then what is open again."""
        if hidden and not self._hidden:
            for region, present in self._open.items():
                if present:
                    self._unknown_since_ns[region] = at_ns
        self._hidden = hidden

    def nothing_since(self, region: int, since_ns: int) -> None:
        """A region showed nothing already in the run before; that it still does is no news."""
        self._unknown_since_ns[self._regions[region]] = since_ns

    def begin(self, sighting: Sighting, label: str) -> Appearance:
        """Something appeared. Where its last end was lost, it simply begins again.

        Of more than `MAX_OPEN` the oldest is forgotten.
        """
        appearance = Appearance(secrets.token_hex(6), label, sighting.confidence, sighting.at_ns)
        self._take_out(sighting, label)
        present = self._open.setdefault(self._regions[sighting.region], [])
        present.append(appearance)
        del present[:-MAX_OPEN]
        return appearance

    def end(self, sighting: Sighting, label: str) -> Appearance | None:
        """Something disappeared; what began with it, or None where that was lost."""
        ended = self._take_out(sighting, label)
        self._unknown_since_ns[self._regions[sighting.region]] = sighting.at_ns
        return ended

    def shown(self) -> list[Shown]:
        """What each region shows, in the order of the configuration."""
        return [self._shown(region) for region in self._regions]

    def text(self) -> str:
        """Everything, as it can be remembered."""
        return msgspec.json.encode(_Book(self._run, self._open)).decode()

    def _take_out(self, sighting: Sighting, label: str) -> Appearance | None:
        present = self._open.get(self._regions[sighting.region], [])
        for appearance in present:
            if appearance.label == label:
                present.remove(appearance)
                return appearance
        return None

    def _shown(self, region: str) -> Shown:
        present = self._open.get(region)
        if self._hidden or not present:
            return Shown(None, 0, self._unknown_since_ns[region])
        latest = max(present, key=lambda one: (one.start_ns, one.confidence))
        return Shown(latest.label, latest.confidence, latest.start_ns)


def _recalled(remembered: str, run: int) -> dict[str, list[Appearance]]:
    try:
        book = msgspec.json.decode(remembered or "{}", type=_Book)
    except msgspec.DecodeError:  # nothing yet, or of another version
        return {}
    return book.regions if book.run == run else {}
