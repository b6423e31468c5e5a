"""What a broker's access rules refuse: said once, kept, and tried again later."""

import logging
import time

from edgecam.publisher.topics import Topics

REFUSED_WAIT_S = 60.0  # before an event that the broker refused is tried again

_log = logging.getLogger(__name__)


class Refusals:
    """Refused messages of one node; for one thread."""

    def __init__(self, topics: Topics) -> None:
        self.lasting = False
        """Whether events are being refused: from the first one until one is taken again."""
        self._topics = topics
        self._hold_until_s = 0.0
        self._said_other = False

    @property
    def holding(self) -> bool:
        """Whether events are to wait."""
        return time.monotonic() < self._hold_until_s

    def begin(self) -> None:
        """A new connection: its broker may have other rules."""
        self._said_other = False

    def event(self, seq: int, why: str) -> None:
        """An event was refused."""
        if not self.lasting:
            _log.warning(
                "the broker refuses event %d (%s): kept, trying again every %g s; "
                "check its access rules for %s",
                seq,
                why,
                REFUSED_WAIT_S,
                self._topics.event,
            )
        self.lasting = True
        self._hold_until_s = time.monotonic() + REFUSED_WAIT_S

    def other(self, why: str) -> None:
        """A message was refused that is no event: retained, or a response."""
        if not self._said_other:
            _log.warning(
                "the broker refuses messages of ours other than events (%s); "
                "check its access rules for edgecam/%s/#",
                why,
                self._topics.node,
            )
        self._said_other = True

    def taken(self) -> None:
        """An event was taken; after the wait, that means that the rules have changed."""
        if self.lasting and not self.holding:
            _log.info("the broker takes events again")
            self.lasting = False
