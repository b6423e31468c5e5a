"""When the publisher is tried again, and what is said of one that is away or refuses us."""

import logging
import time

from edgecam.appliance import systemd
from edgecam.appliance.log import about
from edgecam.errors import LinkError

RECONNECT_S = 1.0
REFUSED_WAIT_S = 2.0
REFUSED_GRACE_S = 10.0  # the other half may be about to read the same configuration, or to end

_log = logging.getLogger(__name__)


class Attempts:
    """What came of those so far; for one thread."""

    def __init__(self) -> None:
        self._retry_s = 0.0
        self._refused_s = 0.0
        self._said_absent = False

    @property
    def wait_s(self) -> float:
        """How long until the next, which no event makes sooner; 0 where it is due."""
        return max(0.0, self._retry_s - time.monotonic())

    def absent(self, why: str) -> None:
        """Nobody answers; said once until somebody does, however often it is tried."""
        self._retry_s = time.monotonic() + RECONNECT_S
        if not self._said_absent:
            _log.warning(
                "%s; events are kept until a publisher takes them",
                why,
                extra=about("publisher_disconnected", reason=why),
            )
            systemd.wait_for(
                "publisher", "waiting for the publisher: see edgecam-publisher.service"
            )
            self._said_absent = True

    def left(self, why: str) -> None:
        """One that had let us in went away."""
        self._retry_s = time.monotonic() + RECONNECT_S
        _log.warning("%s", why, extra=about("publisher_disconnected", reason=why))

    def refused(self, reason: str) -> None:
        """Raises LinkError where it goes on saying so."""
        now_s = time.monotonic()
        if not self._refused_s:
            self._refused_s = now_s
            _log.warning(
                "the publisher refuses us: %s; trying again",
                reason,
                extra=about("publisher_disconnected", reason=reason),
            )
        if now_s - self._refused_s > REFUSED_GRACE_S:
            raise LinkError(reason)
        self._retry_s = now_s + REFUSED_WAIT_S

    def welcomed(self) -> None:
        """It lets us in."""
        self._refused_s = 0.0
        if self._said_absent:
            systemd.wait_for("publisher", "")
        self._said_absent = False
        _log.info("the publisher is there", extra=about("publisher_connected"))
