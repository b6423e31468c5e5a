"""Fault 6 as subscribers see it: a camera that is covered, dark, blurred, moved. Real processes."""

import datetime as dt
import time
from typing import Any

import pytest
from support.appliance import stop
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance


def camera_events(recorder: Recorder) -> list[tuple[int, str]]:
    """`(seq, reason)` of what was said of the camera, in order; `ok` where it is well."""
    once = {event["seq"]: event for event in recorder.events if "camera" in event["event_type"]}
    return [(seq, event.get("reason", "ok")) for seq, event in sorted(once.items())]


def said(recorder: Recorder) -> list[str]:
    return [reason for _, reason in camera_events(recorder)]


def shown(recorder: Recorder) -> str:
    states = recorder.on("/state/scene")
    return str(states[-1].json["label"]) if states else ""


def first_shown_s(rigged: RiggedAppliance, says: str) -> float:
    """When the camera took its last first frame under an order, by the monotonic clock."""
    lines = [line.split() for line in rigged.done("shown")]
    return [int(taken_ns) / 1e9 for said, taken_ns in lines if said == says][-1]


def of_labels(recorder: Recorder, from_s: float, to_s: float) -> list[dict[str, Any]]:
    """What appeared or disappeared in frames that were taken in that time; told to the ms."""
    return [
        event
        for event in recorder.events
        if "appeared" in event["event_type"] and from_s <= event["monotonic_s"] + 0.001 < to_s
    ]


def alarms(recorder: Recorder) -> list[str]:
    return list(recorder.on("/health")[-1].json["alarms"])


@pytest.mark.parametrize("reason", ["covered", "dark"])
def test_a_blind_camera_is_told_and_shows_nothing_until_it_sees_again(
    rigged: RiggedAppliance, recorder: Recorder, reason: str
) -> None:
    process = rigged.start()
    recorder.wait_for(lambda seen: len(seen.sightings) >= 2)
    rigged.turn("camera", reason)
    recorder.wait_for(lambda _: said(recorder) == [reason])
    blind_s = first_shown_s(rigged, reason)
    (event,) = [one for one in recorder.events if one["event_type"] == "camera_trouble"]
    assert 0 <= event["value"] < 0.24
    began = dt.datetime.fromisoformat(event["start_time"]).timestamp()
    assert began == pytest.approx(time.time() - time.monotonic() + blind_s, abs=1.5)
    assert event["monotonic_s"] >= blind_s + 1  # told once it has lasted
    recorder.wait_for(lambda _: shown(recorder) == "unknown")
    recorder.wait_for(lambda _: alarms(recorder) == ["camera_trouble"])
    skipped = recorder.on("/health")[-1].json["inference"]["skipped"]
    recorder.wait_for(
        lambda seen: seen.on("/health")[-1].json["inference"]["skipped"] >= skipped + 20
    )
    assert shown(recorder) == "unknown"
    rigged.turn("camera", "frames")
    recorder.wait_for(lambda _: said(recorder) == [reason, "ok"])
    recorder.wait_for(lambda _: shown(recorder) in {"giant panda", "castle"})
    recorder.wait_for(lambda _: alarms(recorder) == [])
    (_, ends) = (seq for seq, _ in camera_events(recorder))
    recorder.wait_for(lambda seen: seen.events[-1]["seq"] > ends)
    # From the first frame on that shows nothing, and not only from where that was told.
    sees_s = first_shown_s(rigged, "frames")
    assert of_labels(recorder, blind_s, sees_s) == []
    assert of_labels(recorder, 0, blind_s)
    assert of_labels(recorder, sees_s, time.monotonic())
    assert stop(process) == 0


def test_a_blurred_camera_is_told_and_labels_go_on(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    process = rigged.start()
    recorder.wait_for(lambda seen: len(seen.sightings) >= 2)
    rigged.turn("camera", "blurred")
    recorder.wait_for(lambda _: said(recorder) == ["blurred"])
    looked_at = recorder.on("/health")[-1].json["inference"]["skipped"]
    healths = len(recorder.on("/health"))
    recorder.wait_for(lambda seen: len(seen.on("/health")) >= healths + 3)
    assert recorder.on("/health")[-1].json["inference"]["skipped"] == looked_at
    rigged.turn("camera", "frames")
    recorder.wait_for(lambda _: said(recorder) == ["blurred", "ok"])
    recorder.wait_for(lambda _: shown(recorder) in {"giant panda", "castle"})
    assert stop(process) == 0


def test_labels_go_on_where_the_camera_has_moved(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    rigged.turn("camera", "still")
    process = rigged.start()
    recorder.wait_for(lambda _: shown(recorder) == "giant panda")
    # A view is learned by then: so many frames of it have been looked at.
    recorder.wait_for(lambda seen: len(seen.on("/health")) >= 40, 60.0)
    rigged.turn("camera", "moved")
    recorder.wait_for(lambda _: said(recorder) == ["moved"])
    recorder.wait_for(lambda _: shown(recorder) == "castle")
    rigged.turn("camera", "still")
    recorder.wait_for(lambda _: said(recorder) == ["moved", "ok"])
    assert stop(process) == 0
