"""Which places a broker has acknowledged whose rows are still on disk."""

import threading
from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
"""The first place and the last."""


class Delivered:
    """A set of places, kept as ranges: a disk that cannot be written may hold millions of rows.

    The delivery adds to it while a commit takes its time, so it has a lock of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, place: int) -> bool:
        return self.end_of(place) >= place

    def add(self, place: int) -> None:
        """Note a place."""
        with self._lock:
            index = bisect_right(self._firsts, place)
            if index and self._lasts[index - 1] >= place:
                return
            self._count += 1
            joins_left = index > 0 and self._lasts[index - 1] == place - 1
            joins_right = index < len(self._firsts) and self._firsts[index] == place + 1
            if joins_left and joins_right:
                self._lasts[index - 1] = self._lasts[index]
                del self._firsts[index], self._lasts[index]
            elif joins_left:
                self._lasts[index - 1] = place
            elif joins_right:
                self._firsts[index] = place
            else:
                self._firsts.insert(index, place)
                self._lasts.insert(index, place)

    def end_of(self, place: int) -> int:
        """The last place of the range that holds `place`; one less than it where none does."""
        with self._lock:
            index = bisect_right(self._firsts, place)
            return max(place - 1, self._lasts[index - 1]) if index else place - 1

    def ranges(self) -> list[Range]:
        """What there is now."""
        with self._lock:
            return list(zip(self._firsts, self._lasts, strict=True))

    def forget(self, ranges: Iterable[Range]) -> None:
        """Forget what `ranges()` gave, and keep what was added since."""
        with self._lock:
            gone = list(ranges)
            left = _without(list(zip(self._firsts, self._lasts, strict=True)), gone)
            self._firsts = [first for first, _ in left]
            self._lasts = [last for _, last in left]
            self._count -= sum(last - first + 1 for first, last in gone)


def _without(ranges: list[Range], gone: list[Range]) -> list[Range]:
    """What is left of each range. Those gone lie within one of `ranges` each."""
    left: list[Range] = []
    holes = iter(gone)
    hole = next(holes, None)
    for first, last in ranges:
        begin = first
        while hole is not None and hole[1] <= last:
            if begin < hole[0]:
                left.append((begin, hole[0] - 1))
            begin = hole[1] + 1
            hole = next(holes, None)
        if begin <= last:
            left.append((begin, last))
    return left
