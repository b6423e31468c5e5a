"""Turns the events of one run of the vision half into what the queue keeps.

What is not possible is refused before it gets here; this is about what it means.
"""

import logging
import time
from collections.abc import Sequence

from edgecam.appliance.log import about
from edgecam.link import Numbered, Tables
from edgecam.messages import MEASURED, SEEING, TROUBLES, CameraState, Sighting
from edgecam.publisher.figures import rough
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import StoredEvent, happened
from edgecam.publisher.wall.presence import Presence, Shown

MAX_GAP = 1_000_000  # events that one run may have lost between two that came

_CAMERA = "camera"  # the fact that remembers what the camera's last state was
_PRESENCE = "presence"  # and the one that remembers what each region shows

_log = logging.getLogger(__name__)


class Intake:
    """One run: which of its events are stored, and what its regions show."""

    def __init__(self, run: int, told: int, tables: Tables, model: str, outbox: Outbox) -> None:
        """`told` is the counter up to which the vision half was once told that all is stored.

        A queue that was lost since does not know that, and must not count it as lost twice.
        """
        self.run = run
        self._outbox = outbox
        self._model = model
        self._told = told
        self._stored = max(outbox.taken(run), told)
        self._tables = tables
        now_ns = time.monotonic_ns()
        self._presence = Presence(run, tables.regions, outbox.fact(_PRESENCE), now_ns)
        self._presence.hide(hidden=_is_blind(outbox.fact(_CAMERA)), at_ns=now_ns)

    @property
    def stored(self) -> int:
        """The last counter that need not come again."""
        return self._stored

    def retable(self, tables: Tables) -> None:
        """What comes from now on speaks of other tables; regions stay what they are."""
        self._tables = tables

    def recall(self, before: Sequence[Shown | None]) -> None:
        """What the regions showed until now: one that showed nothing does so since then."""
        for region, shown in enumerate(before):
            if shown is not None and shown.label is None:
                self._presence.nothing_since(region, shown.since_ns)

    def possible(self, record: Numbered) -> bool:
        """Whether so many events can have been lost before this one."""
        return record.counter - self._stored <= MAX_GAP

    def safe(self) -> int:
        """The last counter that vision need not keep any longer. Raises OutboxError."""
        return max(self._told, self._outbox.committed(self.run))

    def commit(self, batch: Sequence[Numbered]) -> None:
        """Store what is new in a batch. Raises OutboxError."""
        camera = before = self._outbox.fact(_CAMERA)
        rows: list[tuple[int, StoredEvent | None]] = []
        stored = self._stored
        for record in batch:
            if record.counter <= stored:
                continue  # came again after an answer that was lost
            lost = record.counter - stored - 1
            if lost:
                at_ns = record.event.at_ns
                rows.append((record.counter - 1, _lost(lost, at_ns)))
            stored = record.counter
            event = record.event
            if isinstance(event, Sighting):
                rows.append((stored, self._sighted(event)))
            else:
                # Each run says how its camera is; only a change is an event.
                news = _camera(event)
                rows.append((stored, news if (news.reason or "") != camera else None))
                camera = news.reason or ""
                self._presence.hide(hidden=_is_blind(camera), at_ns=_began_ns(event))
        facts = {}
        if any(isinstance(record.event, Sighting) for record in batch):
            facts[_PRESENCE] = self._presence.text()
        if camera != before:
            facts[_CAMERA] = camera
        self._outbox.commit(self.run, rows, facts)
        self._stored = stored
        for _, stored_event in rows:
            if stored_event is not None:
                _say(stored_event)

    @property
    def camera_trouble(self) -> bool:
        """Whether the last that was said of the camera is that it does not work."""
        return bool(self._outbox.fact(_CAMERA))

    def shown(self) -> list[Shown]:
        """What each region shows."""
        return self._presence.shown()

    def _sighted(self, sighting: Sighting) -> StoredEvent:
        label = self._tables.labels[sighting.label]
        turn = self._presence.begin if sighting.appeared else self._presence.end
        appearance = turn(sighting, label)
        return happened(
            "appeared" if sighting.appeared else "disappeared",
            sighting.at_ns,
            id=appearance.id if appearance else None,
            region=self._tables.regions[sighting.region],
            label=label,
            confidence=sighting.confidence,
            start_ns=appearance.start_ns if appearance else None,
            model=self._model,
        )


def _say(event: StoredEvent) -> None:
    """For the journal; what was seen has been said by the half that sees."""
    level = logging.DEBUG if event.region else logging.INFO
    region, reason = event.region or "", event.reason or ""
    words = " ".join(filter(None, (event.event_type, region, event.label, reason)))
    _log.log(level, "event: %s", words, extra=about(event.event_type, region=region, reason=reason))


def _lost(count: int, at_ns: int) -> StoredEvent:
    return happened("loss", at_ns, reason="vision_full", count=count)


def _camera(state: CameraState) -> StoredEvent:
    """The measure of what measures nothing goes nowhere."""
    began_ns = _began_ns(state)
    if not state.trouble:
        return happened("camera_ok", state.at_ns, start_ns=began_ns)
    reason = TROUBLES[state.trouble - 1]
    value = state.measure if reason in MEASURED else None
    return happened("camera_trouble", state.at_ns, start_ns=began_ns, reason=reason, value=value)


def _began_ns(state: CameraState) -> int:
    """When it was first seen; vision's word for that is told to two digits, as its figures are."""
    return max(0, state.at_ns - rough(state.lasted_s) * 10**9)


def _is_blind(camera: str) -> bool:
    """Whether a camera with this trouble, empty where it has none, sees nothing."""
    return camera != "" and camera not in SEEING
