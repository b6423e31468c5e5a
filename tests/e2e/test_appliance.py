"""The whole appliance as a process, a real broker, real photographs, an outside subscriber."""

import itertools
import signal
from pathlib import Path

import pytest
from support.appliance import SHOWN, Appliance, pictures, stop
from support.mosquitto import Mosquitto
from support.places import RUNTIMES
from support.recorder import Recorder
from support.waiting import wait_until


def expected_labels() -> list[str]:
    """What a subscriber must see appear: the pictures in the order of their names, for ever."""
    return [SHOWN[name] for name in sorted(SHOWN)]


def appeared(recorder: Recorder) -> list[str]:
    return [label for what, label in recorder.sightings if what == "appeared"]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_subscriber_sees_the_labels_of_the_pictures_in_order(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder, runtime: str
) -> None:
    # tflite-runtime takes 0.1 s a look on x86-64, so each picture must be shown long enough.
    appliance = Appliance(
        tmp_path,
        broker.url,
        model={"runtime": runtime},
        camera={
            "fps": None,
            "stills": {"folder": str(pictures(tmp_path / "pictures")), "hold_s": 1.5},
        },
    )
    try:
        process = appliance.start()
        recorder.wait_for(lambda seen: len(appeared(seen)) >= 4, 30.0)
        assert stop(process) == 0
    finally:
        appliance.end()
    order = itertools.cycle(expected_labels())
    assert appeared(recorder) == [
        label for label, _ in zip(order, appeared(recorder), strict=False)
    ]


def test_what_appeared_disappears_before_it_appears_again(
    appliance: Appliance, recorder: Recorder
) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: len(appeared(seen)) >= 5)
    assert stop(process) == 0
    open_ids: dict[str, str] = {}
    for event in recorder.events:
        if event["event_type"] == "appeared":
            assert event["label"] not in open_ids
            open_ids[event["label"]] = event["id"]
        elif event["event_type"] == "disappeared":
            assert open_ids.pop(event["label"]) == event["id"]
            assert event["duration_s"] > 0
            assert event["start_time"] < event["end_time"]


def test_every_topic_of_the_contract_arrives_small_and_in_order(
    appliance: Appliance, recorder: Recorder
) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 4 and len(seen.on("/health")) >= 2)
    assert stop(process) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1:] == ["stopped"])
    assert {message.topic for message in recorder.messages} == {
        "edgecam/test/status",
        "edgecam/test/info",
        "edgecam/test/health",
        "edgecam/test/state/scene",
        "edgecam/test/event",
    }
    assert all(len(message.payload) <= 512 for message in recorder.messages)
    assert all(message.qos == 1 for message in recorder.messages)
    assert recorder.statuses == ["online", "stopped"]
    assert [event["seq"] for event in recorder.events] == list(range(1, len(recorder.events) + 1))
    assert recorder.on("/info")[0].json["model"]["labels"] == 1000
    assert recorder.on("/health")[-2].json["vision"]["up"] is True


def test_retained_topics_are_there_for_a_late_subscriber_and_events_are_not(
    appliance: Appliance, broker: Mosquitto, recorder: Recorder
) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 2 and seen.on("/health"))
    late = Recorder(broker.port)
    late.wait_for(
        lambda seen: len({message.topic for message in seen.messages if message.retain}) == 4
    )
    assert not [message for message in late.on("/event") if message.retain]
    late.close()
    assert stop(process) == 0


def test_a_killed_process_is_offline_by_its_will(appliance: Appliance, recorder: Recorder) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: seen.events)
    process.kill()
    recorder.wait_for(lambda seen: seen.statuses[-1] == "offline")


def test_kill_and_restart_lose_no_committed_event(
    appliance: Appliance, broker: Mosquitto, recorder: Recorder
) -> None:
    """What the queue file holds after a kill -9 is what was promised: all of it must arrive."""
    process = appliance.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 2)
    broker.stop()
    wait_until(lambda: facts(appliance) >= 8, 30.0)
    process.send_signal(signal.SIGKILL)
    process.wait(10.0)
    promised = appliance.queued()
    assert len(promised) >= 4
    broker.start()
    process = appliance.start()
    recorder.wait_for(lambda seen: {seq for seq, _, _ in promised} <= seqs(seen), 40.0)
    assert stop(process) == 0
    assert len({event["epoch"] for event in recorder.events}) == 1
    arrived = {(event["seq"], event["event_type"], event.get("label")) for event in recorder.events}
    assert set(promised) <= arrived


def test_a_broker_that_comes_late_gets_every_event(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    appliance = Appliance(tmp_path, broker.url)
    try:
        process = appliance.start()
        wait_until(lambda: facts(appliance) >= 4, 30.0)
        assert "events are kept" in appliance.said
        broker.start()
        recorder = Recorder(broker.port)
        recorder.wait_for(lambda seen: {1, 2, 3, 4} <= seqs(seen), 40.0)
        assert [event["seq"] for event in recorder.events] == sorted(seqs(recorder))
        assert stop(process) == 0
        recorder.close()
    finally:
        appliance.end()
        broker.stop()


def test_stop_without_a_broker_is_quick_and_clean(tmp_path: Path) -> None:
    appliance = Appliance(tmp_path, Mosquitto(tmp_path).url)
    try:
        process = appliance.start()
        wait_until(lambda: facts(appliance) >= 1, 30.0)
        assert stop(process) == 0
    finally:
        appliance.end()


def test_pictures_shown_once_end_the_appliance_with_everything_delivered(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder
) -> None:
    appliance = Appliance(
        tmp_path,
        broker.url,
        camera={
            "fps": None,
            "stills": {
                "folder": str(pictures(tmp_path / "pictures")),
                "hold_s": 0.5,
                "loop": False,
            },
        },
    )
    try:
        assert appliance.start().wait(30.0) == 0
    finally:
        appliance.end()
    assert appeared(recorder) == expected_labels()
    assert recorder.statuses[-1] == "stopped"


def facts(appliance: Appliance) -> int:
    """How many facts the vision half has logged."""
    return appliance.said.count(" appeared (") + appliance.said.count(" disappeared (")


def seqs(recorder: Recorder) -> set[int]:
    return {event["seq"] for event in recorder.events}


def test_after_a_clean_stop_no_retained_state_claims_that_somebody_looks(
    appliance: Appliance, broker: Mosquitto, recorder: Recorder
) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: seen.on("/state/scene")[-1:] and len(seen.events) >= 3)
    assert stop(process) == 0
    late = Recorder(broker.port)
    late.wait_for(lambda seen: seen.statuses == ["stopped"] and seen.on("/state/scene"))
    assert late.on("/state/scene")[-1].json["label"] == "unknown"
    late.close()
