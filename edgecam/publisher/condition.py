"""How the appliance is doing: what `health` and the answer to `report` say."""

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


class Condition:
    """Asks everybody who knows; for one thread."""

    def __init__(
        self, outbox: Outbox, outbox_folder: Path, monitor: VisionMonitor, control: Control
    ) -> None:
        self._outbox = outbox
        self._outbox_folder = outbox_folder
        self._monitor = monitor
        self._control = control
        self._board = board.Board()

    def alarms(self, *, events_refused: bool, client_id_taken: bool) -> tuple[Alarm, ...]:
        """What somebody should look at; the arguments are what the connection knows."""
        trouble = self._outbox.trouble
        alarms: dict[Alarm, bool] = {
            "events_refused": events_refused,
            "client_id_taken": client_id_taken,
            "events_held": self._monitor.held,
        }
        told = [alarm for alarm, given in alarms.items() if given]
        return (*told, _DISK_ALARMS[trouble]) if trouble else tuple(told)

    def health(self, alarms: tuple[Alarm, ...], ignored: int) -> HealthPayload:
        """All of it; `ignored` requests so far."""
        oldest = self._outbox.oldest()
        age_s = payloads.age_s(oldest) if oldest else 0.0
        return payloads.health(
            self._monitor,
            OutboxPart(
                queued=self._outbox.count,
                oldest_s=round(age_s, 1),
                lost=self._outbox.lost,
            ),
            self._board,
            disk_free_mb=board.disk_free_mb(self._outbox_folder),
            alarms=alarms,
            paused=self._control.paused,
            ignored=ignored,
        )

    def report(self) -> ReportPart:
        """The short of it."""
        return ReportPart(
            version=__version__,
            up=self._monitor.up,
            paused=self._control.paused,
            queued=self._outbox.count,
            lost=self._outbox.lost,
        )
