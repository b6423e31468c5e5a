"""How the appliance is doing: what `health` and the answer to `report` say."""

import math
import time
from pathlib import Path

from edgecam import __version__
from edgecam.appliance import board
from edgecam.publisher import health, payloads
from edgecam.publisher.contract import Alarm, BoardPart, HealthPayload, OutboxPart, ReportPart
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox

_DISK_ALARMS: dict[str, Alarm] = {
    "full": "disk_full",
    "read_only": "disk_read_only",
    "failing": "disk_failing",
}


class Condition:
    """Asks everybody who knows; for one thread."""

    def __init__(
        self,
        outbox: Outbox,
        outbox_folder: Path,
        monitor: VisionMonitor,
        control: Control,
        health_interval_s: float,
    ) -> None:
        self._outbox = outbox
        self._outbox_folder = outbox_folder
        self._monitor = monitor
        self._control = control
        self._machine = board.Board()
        self._sample_s = health_interval_s
        self._sampled_s = -math.inf
        self._board = BoardPart()
        self._refused = 0

    def alarms(self, *, events_refused: bool, client_id_taken: bool) -> tuple[Alarm, ...]:
        """What somebody should look at; the arguments are what the connection knows."""
        trouble = self._outbox.trouble
        alarms: dict[Alarm, bool] = {
            # Asleep nobody looks: what was wrong may be over, or be the night that it sleeps through.
            "camera_trouble": self._monitor.camera_trouble and not self._monitor.asleep,
            "events_refused": events_refused,
            "client_id_taken": client_id_taken,
            "events_held": self._monitor.held,
        }
        told = [alarm for alarm, given in alarms.items() if given]
        return (*told, _DISK_ALARMS[trouble]) if trouble else tuple(told)

    def health(
        self, alarms: tuple[Alarm, ...], ignored: int, wakes_at: str | None = None
    ) -> HealthPayload:
        """All of it; `ignored` requests so far, and when a sleep would end."""
        self._sample()
        oldest = self._outbox.oldest()
        age_s = payloads.age_s(oldest) if oldest else 0.0
        return health.payload(
            self._monitor,
            OutboxPart(
                queued=self._outbox.count,
                oldest_s=round(age_s, 1),
                lost=self._outbox.lost,
            ),
            self._board,
            refused=self._refused,
            alarms=alarms,
            paused=self._control.paused,
            ignored=ignored,
            wakes_at=wakes_at,
        )

    def _sample(self) -> None:
        """Look at what the vision half can move at will, once in an interval.

        Health is said whenever it comes, goes or is held back, too: each time would be a way out.
        """
        now_s = time.monotonic()
        if now_s - self._sampled_s >= self._sample_s:
            self._sampled_s = now_s
            disk_free_mb = board.disk_free_mb(self._outbox_folder)
            self._board = health.board(self._machine, disk_free_mb, board.uptime_s())
            self._refused = self._monitor.refused

    def report(self) -> ReportPart:
        """The short of it."""
        return ReportPart(
            version=__version__,
            up=self._monitor.up,
            paused=self._control.paused,
            asleep=self._monitor.asleep,
            queued=self._outbox.count,
            lost=self._outbox.lost,
        )
