"""How long to wait before the next attempt to connect."""

import random

STABLE_S = 30.0  # a connection that held for so long was a good one
LONGEST_S = 25.0  # so that something new arrives within 30 s of a broker's return


class Backoff:
    """How long to wait before the next attempt: doubling, jittered, at most `longest_s`.

    A connection resets it only after it has held for `stable_s`: a broker that accepts and drops
    us at once must not be stormed.
    """

    def __init__(
        self, first_s: float = 1.0, longest_s: float = LONGEST_S, stable_s: float = STABLE_S
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._stable_s = stable_s
        self._attempts = 0

    def wait_s(self, held_s: float = 0.0) -> float:
        """The wait after a connection that held for `held_s`; 0 for one that never was."""
        if held_s >= self._stable_s:
            self._attempts = 0
        full_s = min(self._first_s * 2**self._attempts, self._longest_s)
        self._attempts = min(self._attempts + 1, 16)
        return random.uniform(full_s / 2, full_s)  # noqa: S311  jitter, not a secret
