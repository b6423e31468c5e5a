"""Whether a decision is near a change, so that noise alone may bring it at the next look."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

NEAR = 0.05
"""By how much a score changes from look to look though the scene stays as it is.

The standard deviation of scores of 0.2 to 0.6 before the 30 bundled photographs, with noise as of a
gain of 4 (`edgecam.workshop.scenes`), is 0.027 in the median and 0.051 at most. With twice as much a
still scene takes a sixth more looks, for one more in a hundred appearances: `scripts/evaluate gate
--hovering`, in docs/accuracy.md.
"""


class Nearness:
    """Which of the last looks came near a vote, or to one."""

    def __init__(
        self,
        appear: NDArray[np.float32],
        appear_unclear: NDArray[np.float32],
        disappear: NDArray[np.float32],
        window: int,
        near: float,
    ) -> None:
        """The thresholds of `Rules`, `(subjects,)`, how many looks are remembered, and what is near."""
        self._appear = appear
        self._margin = near
        self._least = float(appear.min(initial=np.inf)) - near
        self._appear_unclear = appear_unclear
        self._disappear = disappear
        self._shifted = np.zeros(len(appear), np.float32)
        self._nearly = np.zeros(len(appear), bool)
        self._near = [False] * window

    def __bool__(self) -> bool:
        """Whether one of the looks did."""
        return any(self._near)

    def forget(self) -> None:
        """Something has changed: what was near before was that, or is seen again."""
        self._near = [False] * len(self._near)

    def pass_over(self, look: int) -> None:
        """A look came near nothing."""
        self._near[look] = False

    def close(
        self,
        look: int,
        values: NDArray[np.float32],
        present: NDArray[np.bool_],
        is_clear: Callable[[], bool],
    ) -> None:
        """Take a look into account, in which subjects scored `values`; both are `(subjects,)`.

        `is_clear`: whether the look is clear, or nearly; asked only where that matters.
        """
        self._near[look] = self._may_go(values, present) or self._may_come(
            values, present, is_clear
        )

    def _may_go(self, values: NDArray[np.float32], present: NDArray[np.bool_]) -> bool:
        if not present.any():
            return False
        np.subtract(values, self._margin, out=self._shifted)
        np.less(self._shifted, self._disappear, out=self._nearly)
        np.logical_and(self._nearly, present, out=self._nearly)
        return bool(self._nearly.any())

    def _may_come(
        self,
        values: NDArray[np.float32],
        present: NDArray[np.bool_],
        is_clear: Callable[[], bool],
    ) -> bool:
        if values.max() < self._least:  # so in almost every look
            return False
        np.add(values, self._margin, out=self._shifted)
        np.greater_equal(self._shifted, self._appear, out=self._nearly)
        np.greater(self._nearly, present, out=self._nearly)  # nearly, and not present
        if not self._nearly.any():
            return False
        if is_clear():
            return True
        np.greater_equal(self._shifted, self._appear_unclear, out=self._nearly)
        np.greater(self._nearly, present, out=self._nearly)
        return bool(self._nearly.any())
