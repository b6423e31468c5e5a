"""Fault 6 as subscribers see it: a camera that is covered, dark, blurred, moved. Real processes."""

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
    (event,) = [one for one in recorder.events if one["event_type"] == "camera_trouble"]
    assert 0 <= event["value"] < 0.24
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
    (begins, _), (ends, _) = camera_events(recorder)
    recorder.wait_for(lambda seen: seen.events[-1]["seq"] > ends)
    between = [one for one in recorder.events if begins < one["seq"] < ends]
    assert between == []
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
    recorder.wait_for(lambda seen: len(seen.on("/health")) >= 12, 40.0)
    rigged.turn("camera", "moved")
    recorder.wait_for(lambda _: said(recorder) == ["moved"])
    recorder.wait_for(lambda _: shown(recorder) == "castle")
    rigged.turn("camera", "still")
    recorder.wait_for(lambda _: said(recorder) == ["moved", "ok"])
    assert stop(process) == 0
