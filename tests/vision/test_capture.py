"""The capture thread while there is no camera: row 1 and row 4 of the fault catalogue."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fake_cameras import BrokenCamera, LateCamera
from support.vision_half import COOL
from support.waiting import wait_until

from edgecam.appliance import systemd
from edgecam.errors import CameraError
from edgecam.messages import TROUBLES, CameraState
from edgecam.vision import capture
from edgecam.vision.camera import Camera
from edgecam.vision.capture import CaptureWorker
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Preparation, Prepared

FIRST_S, LONGEST_S = 0.04, 0.15


class Capture:
    """The thread, its mailbox, and what it has reported."""

    def __init__(self, camera: Camera) -> None:
        self.mailbox = Mailbox(lambda: Prepared([]))
        self.reported: list[CameraState] = []
        preparation = Preparation(
            regions=[], mailbox=self.mailbox, frozen_watch=None, report=self.reported.append
        )
        self.worker = CaptureWorker(
            camera=camera,
            mailbox=self.mailbox,
            prepare=preparation.prepare,
            governor=Governor(COOL, None),
            report=self.reported.append,
            stall_s=10.0,
        )
        self.worker.start(lambda: None)

    @property
    def reasons(self) -> list[str]:
        return [TROUBLES[state.trouble - 1] for state in self.reported]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of a minute are as long as a blink."""
    monkeypatch.setattr(capture, "FIRST_RETRY_S", FIRST_S)
    monkeypatch.setattr(capture, "LONGEST_RETRY_S", LONGEST_S)


@pytest.fixture
def start() -> Iterator[Callable[[Camera], Capture]]:
    made: list[Capture] = []

    def begin(camera: Camera) -> Capture:
        made.append(Capture(camera))
        return made[-1]

    yield begin
    for each in made:
        each.worker.stop()
        assert each.worker.join(5)


Start = Callable[[Camera], Capture]


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
