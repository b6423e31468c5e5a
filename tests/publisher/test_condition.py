"""What health says of the board, and how often."""

from pathlib import Path

import pytest

from edgecam.appliance import board
from edgecam.messages import VisionHealth
from edgecam.publisher.condition import Condition
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox


@pytest.mark.parametrize(("interval_s", "looks"), [(30.0, 1), (0.0, 5)])
def test_what_vision_can_move_is_looked_at_once_in_an_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interval_s: float, looks: int
) -> None:
    free_mb = iter(range(1, 100))
    monkeypatch.setattr(board, "disk_free_mb", lambda _folder: next(free_mb))
    outbox = Outbox(tmp_path / "q.db", max_events=100, max_mb=1, max_age_days=1)
    monitor = VisionMonitor(1, 30.0)
    condition = Condition(outbox, tmp_path, monitor, Control(paused=False), interval_s)
    said = []
    for _ in range(5):
        said.append(condition.health((), 0))
        monitor.refused += 1
    outbox.close()
    assert len({health.board.disk_free_mb for health in said}) == looks
    assert len({health.refused for health in said}) == looks


def test_a_camera_that_sleeps_gives_no_alarm(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "q.db", max_events=100, max_mb=1, max_age_days=1)
    monitor = VisionMonitor(1, 30.0)
    condition = Condition(outbox, tmp_path, monitor, Control(paused=False), 30.0)
    monitor.camera_trouble = True
    monitor.connected(1)
    said = []
    for asleep in (False, True, False):
        monitor.report(VisionHealth(0, 0, 0, 0, 0, 0, 0, 0, 0, asleep))
        said.append(condition.alarms(events_refused=False, client_id_taken=False))
    outbox.close()
    assert said == [("camera_trouble",), (), ("camera_trouble",)]
