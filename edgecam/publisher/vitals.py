"""How the appliance is: what health and the response to `report` say, and the alarms."""

from pathlib import Path

from edgecam import __version__
from edgecam.appliance import board
from edgecam.publisher import payloads
from edgecam.publisher.contract import Alarm, HealthPayload, OutboxPart, ReportPart
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox

_DISK_ALARMS: dict[str, Alarm] = {
    "full": "disk_full",
    "read_only": "disk_read_only",
    "failing": "disk_failing",
}


class Vitals:
    """Reads them off the parts that know; for one thread."""

    def __init__(
        self, *, outbox: Outbox, outbox_folder: Path, monitor: VisionMonitor, control: Control
    ) -> None:
        self._outbox = outbox
        self._outbox_folder = outbox_folder
        self._monitor = monitor
        self._control = control
        self._board = board.Board()

    def alarms(self, *, events_refused: bool, client_id_taken: bool) -> tuple[Alarm, ...]:
        """What somebody should look at now."""
        alarms: list[Alarm] = []
        if events_refused:
            alarms.append("events_refused")
        if client_id_taken:
            alarms.append("client_id_taken")
        if self._outbox.trouble:
            alarms.append(_DISK_ALARMS[self._outbox.trouble])
        if self._monitor.held:
            alarms.append("events_held")
        return tuple(alarms)

    def report(self) -> ReportPart:
        """The short answer to who asks."""
        return ReportPart(
            version=__version__,
            up=self._monitor.up,
            paused=self._control.paused,
            queued=self._outbox.count,
            lost=self._outbox.lost,
        )

    def health(self, alarms: tuple[Alarm, ...], *, ignored: int) -> HealthPayload:
        """The whole of it; `ignored`: requests. Raises OutboxError."""
        oldest = self._outbox.oldest()
        return payloads.health(
            self._monitor,
            OutboxPart(
                queued=self._outbox.count,
                oldest_s=round(payloads.age_s(oldest), 1) if oldest else 0.0,
                lost=self._outbox.lost,
            ),
            self._board,
            disk_free_mb=board.disk_free_mb(self._outbox_folder),
            alarms=alarms,
            paused=self._control.paused,
            ignored=ignored,
        )
