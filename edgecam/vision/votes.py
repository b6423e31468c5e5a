"""Who voted in the last looks."""

import numpy as np
from numpy.typing import NDArray


class Votes:
    """The votes of each subject in each of the last looks; almost always there are none."""

    def __init__(self, window: int, subjects: int) -> None:
        """`window` is at most 255: counts are bytes."""
        self.cast = np.zeros((window, subjects), bool)
        """`(window, subjects)`: a look writes its row, and says so with `close`."""
        self._in_look = [0] * window
        self._counts = np.zeros(subjects, np.uint8)
        self._enough = np.zeros(subjects, bool)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return any(self._in_look)

    def close(self, look: int, entitled: NDArray[np.bool_]) -> int:
        """Count a look's row; only the votes of those `(subjects,)` count that are entitled."""
        votes = self.cast[look]
        np.logical_and(votes, entitled, out=votes)
        count = self._in_look[look] = int(np.count_nonzero(votes))
        return count

    def pass_over(self, look: int) -> None:
        """Nobody votes in a look."""
        if self._in_look[look]:
            self.cast[look] = False
            self._in_look[look] = 0

    def forget(self, subject: int) -> NDArray[np.bool_]:
        """The looks that a subject voted in, `(window,)`; it has no votes any more."""
        looks = self.cast[:, subject].copy()
        self.cast[:, subject] = False
        for look in np.flatnonzero(looks).tolist():
            self._in_look[look] -= 1
        return looks

    def clear(self) -> None:
        """Nobody has voted."""
        self.cast[:] = False
        self._in_look = [0] * len(self._in_look)

    def with_at_least(self, votes: int) -> list[int]:
        """The subjects that have so many votes."""
        if sum(self._in_look) < votes:
            return []
        np.greater_equal(self.counts(), votes, out=self._enough)
        enough: list[int] = np.flatnonzero(self._enough).tolist()
        return enough

    def short_of(self, votes: int) -> bool:
        """Whether any subject has votes, but not so many."""
        if not self:
            return False
        counts = self.counts()
        return bool(((counts > 0) & (counts < votes)).any())

    def counts(self) -> NDArray[np.uint8]:
        """The votes of each, `(subjects,)`; the array is used again."""
        np.add.reduce(self.cast.view(np.uint8), axis=0, dtype=np.uint8, out=self._counts)
        return self._counts
