"""The capture thread without a camera (rows 1 and 4 of the fault catalogue), and asleep."""

import datetime as dt
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fake_cameras import BrokenCamera, LateCamera, StaleCamera
from support.vision_half import ALWAYS, COOL
from support.waiting import wait_until

from edgecam.appliance import systemd
from edgecam.appliance.schedule import Schedule
from edgecam.config.options import PlaceOptions, ScheduleOptions
from edgecam.errors import CameraError
from edgecam.messages import TROUBLES, CameraState, Frame
from edgecam.vision import capture
from edgecam.vision.camera import Camera
from edgecam.vision.capture import CaptureWorker
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Prepared

FIRST_S, LONGEST_S = 0.04, 0.15


class Capture:
    """The thread, its mailbox, and what it has reported."""

    def __init__(self, camera: Camera, schedule: Schedule) -> None:
        self.mailbox = Mailbox(lambda: Prepared([]))
        self.reported: list[CameraState] = []
        self.slept: list[bool] = []
        self.begun: list[float] = []
        self.rested_ns: list[int] = []
        self.worker = CaptureWorker(
            camera=camera,
            mailbox=self.mailbox,
            prepare=self._prepare,
            begin=lambda: self.begun.append(time.monotonic()),
            rest=self.rested_ns.append,
            governor=Governor(COOL, None, 10.0),
            schedule=schedule,
            report=self.reported.append,
            announce=lambda: self.slept.append(self.worker.asleep),
            stall_s=10.0,
        )
        self.worker.start(lambda: None)

    def take(self, timeout_s: float) -> Prepared | None:
        """A frame that came, used up at once."""
        prepared = self.mailbox.take(timeout_s)
        if prepared is not None:
            self.mailbox.give_back(prepared)
        return prepared

    def _prepare(self, frame: Frame) -> str:
        prepared = self.mailbox.blank()
        prepared.taken_ns = frame.taken_ns
        self.mailbox.put(prepared)
        return ""

    @property
    def reasons(self) -> list[str]:
        return [TROUBLES[state.trouble - 1] for state in self.reported]


Start = Callable[..., Capture]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of a minute are as long as a blink."""
    monkeypatch.setattr(capture, "FIRST_RETRY_S", FIRST_S)
    monkeypatch.setattr(capture, "LONGEST_RETRY_S", LONGEST_S)
    monkeypatch.setattr(capture, "_REST_S", 0.01)


@pytest.fixture
def start() -> Iterator[Start]:
    made: list[Capture] = []

    def begin(camera: Camera, schedule: Schedule = ALWAYS) -> Capture:
        made.append(Capture(camera, schedule))
        return made[-1]

    yield begin
    for each in made:
        each.worker.stop()
        assert each.worker.join(5)


def test_tries_are_put_off_for_longer_and_longer(start: Start) -> None:
    camera = LateCamera(["missing"] * 5)
    running = start(camera)
    wait_until(lambda: not running.mailbox.empty)
    waits_s = [
        later - sooner for sooner, later in zip(camera.opened_s, camera.opened_s[1:], strict=False)
    ]
    least_s = [FIRST_S, 2 * FIRST_S, LONGEST_S, LONGEST_S, LONGEST_S]
    assert len(waits_s) == len(least_s)
    assert all(waited >= least for waited, least in zip(waits_s, least_s, strict=True))
    assert camera.closed == 5  # what a failed try has left
    assert running.worker.failure is None


def test_each_reason_is_reported_and_logged_once(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        running = start(LateCamera(["missing", "missing", "missing", "busy", "busy"]))
        wait_until(lambda: not running.mailbox.empty)
    assert running.reasons == ["missing", "busy"]
    assert [record.getMessage() for record in caplog.records] == [
        "the camera is missing; waiting for it",
        "the camera is busy; waiting for it",
        "the camera is there",
    ]


def test_a_camera_that_is_there_at_once_is_not_spoken_of(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        running = start(LateCamera([]))
        wait_until(lambda: not running.mailbox.empty)
    assert running.reported == []
    assert caplog.records == []


def test_what_cannot_be_tried_again_is_not(start: Start) -> None:
    running = start(BrokenCamera(CameraError("out of memory", reason="unusable")))
    wait_until(lambda: running.worker.ended)
    with pytest.raises(CameraError, match="out of memory"):
        running.worker.check()
    assert running.reported == []


def test_stop_ends_the_wait_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "FIRST_RETRY_S", 60.0)
    monkeypatch.setattr(capture, "_SLICE_S", 60.0)
    running = start(LateCamera(["missing"]))
    wait_until(lambda: running.reported)
    started_s = time.monotonic()
    running.worker.stop()
    assert running.worker.join(10)
    assert time.monotonic() - started_s < 5


def test_systemd_is_told_what_is_waited_for(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "_waits", {})
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        start(LateCamera(["busy"]))
        heard: list[Any] = [listening.recv(4096).decode() for _ in range(2)]
    assert heard == ["STATUS=waiting for the camera: the camera is busy", "STATUS="]


class Alarm:
    """A schedule by a clock that the test sets: active from 07:00 to 08:00."""

    def __init__(self, time_of_day: str) -> None:
        self.at(time_of_day)
        options = ScheduleOptions(["07:00-08:00"])
        self.schedule = Schedule(options, lambda: self._now_s, lambda: True)

    def at(self, time_of_day: str) -> None:
        self._now_s = dt.datetime.fromisoformat(f"2026-11-21 {time_of_day}").timestamp()


def test_a_camera_rests_while_it_is_not_the_time_and_the_same_one_wakes(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    alarm, camera = Alarm("07:30"), LateCamera([])
    with caplog.at_level(logging.INFO):
        running = start(camera, alarm.schedule)
        wait_until(lambda: not running.mailbox.empty)
        alarm.at("08:00")
        wait_until(lambda: running.rested_ns)
        assert camera.rests == 1
        last = running.take(0)
        assert last is None or last.taken_ns <= running.rested_ns[0]
        wait_until(lambda: running.slept.count(True) == 1)
        assert running.worker.resting
        assert running.take(0.3) is None
        alarm.at("07:00")
        assert running.take(10) is not None
    assert (len(camera.opened_s), camera.rests, camera.wakes, camera.closed) == (1, 1, 1, 0)
    assert running.slept == [True, False]
    assert len(running.rested_ns) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "asleep until Sun 07:00 by schedule.active_hours",
        "awake: looking again",
    ]
    assert running.reported == []


def test_who_starts_asleep_leaves_the_camera_alone_until_it_is_time(start: Start) -> None:
    alarm, camera = Alarm("06:00"), LateCamera(["missing"])
    running = start(camera, alarm.schedule)
    wait_until(lambda: running.worker.asleep)
    assert running.take(0.3) is None
    assert camera.opened_s == []
    assert running.worker.expecting_s == 0.0
    alarm.at("07:59")
    assert running.take(10) is not None
    assert len(camera.opened_s) == 2  # it was missing, and waited for
    assert running.reasons == ["missing"]


def test_a_pause_lets_the_camera_rest_too_also_while_it_is_asleep(start: Start) -> None:
    alarm, camera = Alarm("07:30"), LateCamera([])
    running = start(camera, alarm.schedule)
    wait_until(lambda: not running.mailbox.empty)
    running.worker.paused = True
    wait_until(lambda: camera.rests == 1)
    alarm.at("09:00")
    wait_until(lambda: running.worker.asleep)
    alarm.at("07:30")
    wait_until(lambda: not running.worker.asleep)
    running.take(0)
    assert running.take(0.3) is None
    assert (camera.rests, camera.wakes) == (1, 0)
    running.worker.paused = False
    assert running.take(10) is not None
    assert (camera.rests, camera.wakes) == (1, 1)
    assert len(running.rested_ns) == 1  # one rest, for two reasons


class Unplugged(LateCamera):
    """Is gone when it is woken, and comes back after so many tries."""

    def wake(self) -> None:
        super().wake()
        self._failures = ["missing", "missing"]
        self.open()


def test_a_camera_that_was_unplugged_in_its_sleep_is_waited_for_and_said_to_be_back(
    start: Start,
) -> None:
    camera = Unplugged([])
    running = start(camera)
    wait_until(lambda: not running.mailbox.empty)
    running.worker.paused = True
    wait_until(lambda: camera.rests == 1)
    running.take(0)
    running.worker.paused = False
    assert running.take(10) is not None
    assert running.worker.failure is None
    assert [state.trouble for state in running.reported] == [TROUBLES.index("missing") + 1, 0]
    assert len(running.begun) == 1
    assert (camera.wakes, camera.closed) == (1, 2)  # after each try that failed


def test_a_stream_that_refuses_to_be_opened_anew_is_waited_for(start: Start) -> None:
    camera = StaleCamera(["missing", "missing"])
    running = start(camera)
    assert running.take(10) is not None
    assert running.take(10) is not None
    assert running.worker.failure is None
    assert [state.trouble for state in running.reported] == [TROUBLES.index("missing") + 1, 0]
    assert len(running.begun) == 1
    assert (len(camera.opened_s), camera.closed) == (4, 3)


def test_a_stream_that_is_opened_anew_at_once_is_not_spoken_of(start: Start) -> None:
    camera = StaleCamera([])
    running = start(camera)
    assert running.take(10) is not None
    assert running.take(10) is not None
    assert (running.reported, running.begun) == ([], [])
    assert (len(camera.opened_s), camera.closed) == (2, 1)


def test_another_schedule_counts_at_once(start: Start) -> None:
    running = start(LateCamera([]), Alarm("06:00").schedule)
    wait_until(lambda: running.worker.asleep)
    running.worker.schedule = ALWAYS
    assert running.take(10) is not None
    assert not running.worker.asleep


def test_the_end_of_a_polar_night_is_said_with_its_date(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    pole = ScheduleOptions(["sunrise-sunset"], PlaceOptions(89.0, 0.0))
    midwinter_s = dt.datetime(2026, 12, 21, 12, tzinfo=dt.UTC).timestamp()
    with caplog.at_level(logging.INFO):
        running = start(LateCamera([]), Schedule(pole, lambda: midwinter_s, lambda: True))
        wait_until(lambda: running.worker.asleep)
        wait_until(lambda: caplog.records)
    (message,) = caplog.messages
    assert re.fullmatch(r"asleep until 2027-03-\d\d \d\d:\d\d by schedule\.active_hours", message)
