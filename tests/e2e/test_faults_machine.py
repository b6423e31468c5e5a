"""The fault catalogue's machine: a starved processor, no memory left, no descriptors left."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.appliance import Appliance, pictures, stop
from support.mosquitto import Mosquitto
from support.notifications import Notifications
from support.process import cpu_s, leave_descriptors, leave_memory
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance
from support.waiting import wait_until

MB = 2**20
PLENTY = 1024
NONE = 3  # numbers below are those of standard input, output and error


def wait_for_news(recorder: Recorder) -> None:
    """Wait for something to appear that has not yet."""
    before = len(recorder.sightings)
    recorder.wait_for(lambda seen: len(seen.sightings) >= before + 2, 30.0)


@contextlib.contextmanager
def starved(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Lets a process run for a tenth of the time."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.18)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    yield


def test_cpu_starved_to_a_tenth_is_slow_and_no_more(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder
) -> None:
    folder = pictures(tmp_path / "pictures")
    camera = {"stills": {"folder": str(folder), "hold_s": 2.0}}
    appliance = Appliance(tmp_path, broker.url, camera=camera)
    systemd = Notifications(tmp_path / "notify")
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
    process = appliance.start(env={**os.environ, **told})
    try:
        wait_for_news(recorder)
        events, beats = len(recorder.events), systemd.heard.count("WATCHDOG=1")
        with starved(process, 10.0):
            assert process.poll() is None
        assert len(recorder.events) > events
        assert systemd.heard.count("WATCHDOG=1") > beats
        wait_for_news(recorder)
        assert recorder.on("/health")[-1].json["vision"]["up"] is True
        assert recorder.statuses == ["online"]
        assert stop(process) == 0
        assert recorder.gapless
    finally:
        appliance.end()
        systemd.close()


def test_a_process_that_was_stopped_for_long_goes_on(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    """Longer than a step may take: nothing hung, nobody ran."""
    rigged.turn("limit_s", "3")
    process = rigged.start()
    wait_for_news(recorder)
    process.send_signal(signal.SIGSTOP)
    time.sleep(5.0)
    process.send_signal(signal.SIGCONT)
    wait_for_news(recorder)
    assert stop(process) == 0
    assert recorder.gapless


@pytest.mark.parametrize("part", ["camera", "receiver"])
def test_memory_leak_ends_the_process_and_loses_nothing(
    rigged: RiggedAppliance, recorder: Recorder, part: str
) -> None:
    process = rigged.start()
    wait_for_news(recorder)
    leave_memory(process.pid, 64 * MB)
    rigged.turn(part, "leak")
    code = process.wait(40.0)
    assert code == 1 or code < 0
    rigged.turn(part, "frames")
    process = rigged.start()
    wait_for_news(recorder)
    assert stop(process) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    assert recorder.gapless
    assert rigged.queued() == []


def busy(process: subprocess.Popen[bytes], seconds: float) -> float:
    """The part of a processor that a process takes while it lives, over some seconds."""
    started_s, before_s = time.monotonic(), cpu_s(process.pid)
    used_s = 0.0
    while time.monotonic() - started_s < seconds and process.poll() is None:
        used_s = cpu_s(process.pid) - before_s
        time.sleep(0.05)
    return used_s / seconds


def test_publisher_without_descriptors_for_the_wall_exits_and_is_restarted(
    appliance: Appliance, recorder: Recorder, tmp_path: Path
) -> None:
    publisher, vision = appliance.start("publisher"), appliance.start("vision")
    wait_for_news(recorder)
    leave_descriptors(publisher.pid, NONE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as visitor:
        visitor.connect(str(tmp_path / "wall"))
        assert publisher.wait(15.0) == 1
    assert appliance.said.count("Too many open files") == 1
    assert "Traceback" not in appliance.said
    publisher = appliance.start("publisher")
    wait_for_news(recorder)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert recorder.gapless


def test_publisher_without_descriptors_for_the_broker_waits_or_exits(
    appliance: Appliance, recorder: Recorder, broker: Mosquitto
) -> None:
    publisher, vision = appliance.start("publisher"), appliance.start("vision")
    wait_for_news(recorder)
    leave_descriptors(publisher.pid, NONE)
    broker.stop()
    broker.start()
    assert busy(publisher, 4.0) < 0.5
    if publisher.poll() is None:
        leave_descriptors(publisher.pid, PLENTY)
    else:
        assert publisher.returncode == 1
        publisher = appliance.start("publisher")
    wait_for_news(recorder)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert recorder.gapless


def test_vision_without_descriptors_waits_and_recovers(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    publisher, vision = rigged.start("publisher"), rigged.start("vision")
    wait_for_news(recorder)
    leave_descriptors(vision.pid, NONE)
    assert stop(publisher) == 0
    publisher = rigged.start("publisher")
    wait_until(lambda: "Too many open files" in rigged.said, 20.0)
    assert busy(vision, 4.0) < 0.6  # of which looking at 20 frames a second is the most
    assert rigged.said.count("Too many open files") == 1
    assert vision.poll() is None
    leave_descriptors(vision.pid, PLENTY)
    wait_for_news(recorder)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert recorder.gapless
