"""The fault catalogue's camera: missing, busy, silent, hanging, frozen. Real processes."""

import datetime as dt
import signal
import subprocess
import time

import pytest
from support.appliance import stop
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance
from support.waiting import wait_until

HEALING_S = 30.0  # within so long of healing, something new must arrive


def camera_events(recorder: Recorder) -> list[str]:
    """What was said of the camera: the reason of a trouble, or `ok`."""
    once = {event["seq"]: event for event in recorder.events if "camera" in event["event_type"]}
    return [event.get("reason", "ok") for _, event in sorted(once.items())]


def start(rigged: RiggedAppliance) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """The publisher and the vision half."""
    return rigged.start("publisher"), rigged.start("vision")


def wait_for_news(recorder: Recorder) -> None:
    """Wait for something to appear that has not yet."""
    before = len(recorder.sightings)
    recorder.wait_for(lambda seen: len(seen.sightings) >= before + 2, HEALING_S)


def nothing_is_lost(recorder: Recorder) -> bool:
    return {event["seq"] for event in recorder.events} == set(
        range(1, max(event["seq"] for event in recorder.events) + 1)
    )


@pytest.mark.parametrize("reason", ["missing", "busy"])
def test_camera_missing_or_busy_is_said_once_and_tried_again(
    rigged: RiggedAppliance, recorder: Recorder, reason: str
) -> None:
    rigged.turn("camera", reason)
    publisher, vision = start(rigged)
    recorder.wait_for(lambda _: camera_events(recorder) == [reason])
    wait_until(lambda: len(rigged.done("camera")) >= 5, 20.0)
    recorder.wait_for(lambda seen: seen.on("/health"))
    assert recorder.on("/health")[-1].json["vision"]["up"] is False
    assert recorder.statuses == ["online"]
    assert vision.poll() is None
    assert rigged.said.count(f"the camera is {reason}") == 1
    rigged.turn("camera", "frames")
    wait_for_news(recorder)
    assert camera_events(recorder) == [reason, "ok"]
    recorder.wait_for(lambda seen: seen.on("/health")[-1].json["vision"]["up"])
    assert rigged.said.count("the camera is there") == 1
    assert stop(vision) == 0
    assert stop(publisher) == 0


def test_camera_missing_does_not_delay_the_stop(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    rigged.turn("camera", "missing")
    process = rigged.start()
    recorder.wait_for(lambda _: camera_events(recorder) == ["missing"])
    assert stop(process) == 0


def test_frames_stop_is_noticed_and_healed_by_a_restart(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    publisher, vision = start(rigged)
    wait_for_news(recorder)
    rigged.turn("camera", "nothing")
    assert vision.wait(10.0) == 1
    recorder.wait_for(lambda _: camera_events(recorder) == ["stalled"])
    assert rigged.said.count("no frame from the camera for 2 s; check its cable") == 1
    (event,) = [one for one in recorder.events if one["event_type"] == "camera_trouble"]
    began = dt.datetime.fromisoformat(event["start_time"]).timestamp()
    told = time.time() - time.monotonic() + event["monotonic_s"]
    assert told - began == pytest.approx(2, abs=0.5)  # since the last frame, in whole seconds
    vision = rigged.start("vision")  # as systemd does
    assert vision.wait(20.0) == 1  # there are no frames yet
    rigged.turn("camera", "frames")
    vision = rigged.start("vision")
    wait_for_news(recorder)
    assert camera_events(recorder) == ["stalled", "ok"]
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert nothing_is_lost(recorder)


def test_frames_stop_inside_a_call_that_never_returns(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    publisher, vision = start(rigged)
    wait_for_news(recorder)
    rigged.turn("camera", "hang")
    assert vision.wait(20.0) == 1
    recorder.wait_for(lambda _: camera_events(recorder) == ["stalled"])
    assert "the camera does not answer any more" in rigged.said
    assert "Traceback" not in rigged.said
    rigged.turn("camera", "frames")
    vision = rigged.start("vision")
    wait_for_news(recorder)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert nothing_is_lost(recorder)


def test_close_that_never_returns_ends_in_a_hard_exit(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    rigged.turn("close", "hang")
    process = rigged.start()
    wait_for_news(recorder)
    assert stop(process) == -signal.SIGTERM
    assert "a thread does not end; ending the process instead" in rigged.said
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")


def test_frozen_sensor_is_told_and_makes_no_events(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    publisher, vision = start(rigged)
    wait_for_news(recorder)
    rigged.turn("camera", "same")
    recorder.wait_for(lambda _: camera_events(recorder) == ["frozen"])
    sightings = recorder.sightings
    skipped = recorder.on("/health")[-1].json["inference"]["skipped"]
    recorder.wait_for(
        lambda seen: seen.on("/health")[-1].json["inference"]["skipped"] >= skipped + 20
    )
    assert recorder.sightings == sightings
    assert vision.poll() is None
    rigged.turn("camera", "frames")
    wait_for_news(recorder)
    assert camera_events(recorder) == ["frozen", "ok"]
    assert rigged.said.count("the same picture") == 1
    assert stop(vision) == 0
    assert stop(publisher) == 0
