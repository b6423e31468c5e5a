"""SIGHUP: what can change while the appliance runs does, the rest is named, a broken file is not."""

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
from support.appliance import Appliance, stop
from support.recorder import Recorder
from support.waiting import wait_until

HALVES = pytest.mark.parametrize("halves", [("",), ("publisher", "vision")], ids=["one", "two"])
BROKEN = {
    "a tab": "decision:\n\tvotes: 3\n",
    "a key that is no text": "decision:\n  labels:\n    no: {appear: 0.5}\n",
    "an alias bomb": "decision: &a [x, x]\nlive: [*a, *a, *a]\n",
    "an unknown key": "decision:\n  vote: 3\n",
    "a wrong unit": "decision:\n  cooldown_s: 10 seconds\n",
    "a label that nothing knows": "decision:\n  only: [bisom]\n",
}


class Reloading:
    """An appliance whose configuration is changed under it."""

    def __init__(self, appliance: Appliance, recorder: Recorder, halves: tuple[str, ...]) -> None:
        self.appliance = appliance
        self.recorder = recorder
        self.options = json.loads(appliance.config.read_text(encoding="utf-8"))
        self.processes = [appliance.start(*filter(None, [half])) for half in halves]
        recorder.wait_for(lambda seen: len(seen.events) >= 2, 30.0)

    def change(self, **sections: dict[str, Any]) -> None:
        for name, section in sections.items():
            self.options[name] = {**self.options.get(name, {}), **section}
        self.write(json.dumps(self.options))

    def write(self, text: str) -> None:
        said = self.appliance.said.count("the configuration was")
        self.appliance.config.write_text(text, encoding="utf-8")
        for process in self.processes:
            process.send_signal(signal.SIGHUP)
        count = len(self.processes)
        wait_until(lambda: self.appliance.said.count("the configuration was") == said + count, 10.0)

    def end(self) -> None:
        for process in reversed(self.processes):
            assert process.poll() is None
            assert stop(process) == 0


@pytest.fixture
def start(appliance: Appliance, recorder: Recorder) -> Callable[[tuple[str, ...]], Reloading]:
    return lambda halves: Reloading(appliance, recorder, halves)


def labels(recorder: Recorder) -> list[str]:
    return [event["label"] for event in recorder.events if event["event_type"] == "appeared"]


@HALVES
def test_thresholds_and_groups_change_while_it_runs_and_no_event_is_lost(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder, halves: tuple[str, ...]
) -> None:
    reloading = start(halves)
    reloading.change(decision={"groups": {"beast": ["bison", "giant panda"]}})
    count = len(labels(recorder))
    recorder.wait_for(lambda seen: "beast" in labels(seen)[count:])
    assert not {"bison", "giant panda"} & set(labels(recorder)[count + 1 :])
    info = recorder.on("/info")[-1].json
    assert info["restart_required"] == []
    reloading.change(decision={"groups": {}, "only": ["castle"], "appear": 0.6})
    recorder.wait_for(lambda seen: seen.on("/info")[-1].json["options"]["appear"] == 0.6)
    count = len(labels(recorder))
    recorder.wait_for(lambda seen: len(labels(seen)) >= count + 3)
    assert set(labels(recorder)[count + 1 :]) == {"castle"}
    reloading.end()
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    seqs = [event["seq"] for event in recorder.events]
    assert sorted(set(seqs)) == list(range(1, max(seqs) + 1))
    assert not [event for event in recorder.events if event["event_type"] == "loss"]
    # What was shown under a name that is no more has ended under it.
    begun = [event["id"] for event in recorder.events if event["event_type"] == "appeared"]
    ended = [event["id"] for event in recorder.events if event["event_type"] == "disappeared"]
    assert set(begun[:-1]) <= set(ended)


@HALVES
def test_the_live_feed_is_switched_on_and_off_while_it_runs(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder, halves: tuple[str, ...]
) -> None:
    reloading = start(halves)
    assert recorder.on("/live/scene") == []
    reloading.change(live={"enabled": True, "per_s": 10, "top_k": 2})
    recorder.wait_for(lambda seen: len(seen.on("/live/scene")) >= 5)
    message = recorder.on("/live/scene")[-1]
    assert (message.qos, message.retain) == (0, False)
    assert 1 <= len(message.json["top"]) <= 2
    reloading.change(live={"enabled": False})
    count, events = len(recorder.on("/live/scene")), len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= events + 3)
    assert len(recorder.on("/live/scene")) <= count + 1  # one may have been on its way
    reloading.end()


def test_what_cannot_change_says_so_until_it_is_taken_back(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder
) -> None:
    reloading = start(("publisher", "vision"))
    reloading.change(camera={"fps": 7}, health={"interval_s": 2}, decision={"votes": 2})
    recorder.wait_for(
        lambda seen: seen.on("/info")[-1].json["restart_required"] == ["camera", "health"]
    )
    assert recorder.on("/info")[-1].json["options"] == {
        "power": "balanced",
        "active_hours": [],
        "fps": 20.0,
        "appear": 0.4,
        "disappear": 0.1,
        "votes": 2,
        "window": 4,
    }
    said = reloading.appliance.said
    assert "restart edgecam for what has changed in: camera, health" in said
    assert said.count("the configuration was read again: decision.votes changed") == 2
    reloading.change(camera={"fps": 20}, health={"interval_s": 1})
    recorder.wait_for(lambda seen: seen.on("/info")[-1].json["restart_required"] == [])
    reloading.end()


def test_how_much_and_when_it_looks_changes_and_everybody_is_told(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder
) -> None:
    reloading = start(("",))
    hours = ["00:00-12:00", "12:00-00:00"]
    reloading.options["power"] = "eco"
    reloading.change(schedule={"active_hours": hours, "place": {"latitude": 59, "longitude": 18}})
    recorder.wait_for(lambda seen: seen.on("/info")[-1].json["options"]["power"] == "eco")
    info = recorder.on("/info")[-1]
    assert info.json["options"]["active_hours"] == hours
    assert b"latitude" not in info.payload
    names = "power, schedule.active_hours, schedule.place changed"
    assert f"the configuration was read again: {names}" in reloading.appliance.said
    reloading.change()
    assert "the configuration was read again: nothing changed" in reloading.appliance.said
    reloading.end()


def test_a_broken_file_leaves_the_old_one_in_force_and_says_file_line_and_key(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder
) -> None:
    reloading = start(("",))
    for fault, text in BROKEN.items():
        seen_before = len(reloading.appliance.said)
        reloading.write(text)
        said = reloading.appliance.said[seen_before:]
        line = next(line for line in said.splitlines() if "config.yaml" in line)
        assert f"{reloading.appliance.config}:" in line, fault
        assert line.split("config.yaml:")[1][0].isdigit(), fault
        assert "stays in force" in said, fault
        assert "Traceback" not in said, fault
    reloading.appliance.config.unlink()
    reloading.processes[0].send_signal(signal.SIGHUP)
    wait_until(lambda: "config.yaml: cannot be read" in reloading.appliance.said)
    count = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 3)
    assert recorder.on("/info")[-1].json["restart_required"] == []
    reloading.end()


def test_the_log_level_changes_while_it_runs(
    start: Callable[[tuple[str, ...]], Reloading], recorder: Recorder
) -> None:
    reloading = start(("",))
    reloading.change(log={"level": "error"})
    count, said = len(recorder.events), len(reloading.appliance.said)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 3)
    assert "appeared" not in reloading.appliance.said[said:]
    reloading.options["log"] = {"level": "info"}
    reloading.appliance.config.write_text(json.dumps(reloading.options), encoding="utf-8")
    reloading.processes[0].send_signal(signal.SIGHUP)
    wait_until(lambda: "appeared" in reloading.appliance.said[said:], 10.0)
    reloading.end()
