"""Remote commands over a real broker: a closed list, capped, and nothing that shows a picture."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.appliance import Appliance, stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.waiting import wait_until

COMMANDS = ["pause", "resume", "report", "why"]


class Caller:
    """Somebody on the broker who sends requests."""

    def __init__(self, port: int, recorder: Recorder) -> None:
        self._recorder = recorder
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, command: str, payload: bytes = b"", *, retain: bool = False) -> None:
        topic = f"edgecam/test/request/{command}"
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10.0)

    def send_for_answer(self, command: str, payload: bytes) -> Any:
        """Send what is no request, and wait for the next response of the command."""
        count = len(self._recorder.on(f"/response/{command}"))
        self.send(command, payload)
        self._recorder.wait_for(lambda seen: len(seen.on(f"/response/{command}")) > count, 10.0)
        return self._recorder.on(f"/response/{command}")[-1].json

    def flood(self, command: str, count: int) -> None:
        last = None
        for _ in range(count):
            last = self._client.publish(f"edgecam/test/request/{command}", b"", qos=1)
        assert last is not None
        last.wait_for_publish(20.0)

    def ask(self, command: str, **request: str) -> Any:
        """Send a request, and wait for the response with its transaction."""
        transaction = f"t{time.monotonic_ns()}"
        self.send(command, json.dumps({"transaction": transaction, **request}).encode())
        answers: list[Any] = []

        def answered(seen: Recorder) -> bool:
            answers[:] = [
                message
                for message in seen.on(f"/response/{command}")
                if message.json["transaction"] == transaction
            ]
            return bool(answers)

        self._recorder.wait_for(answered, 10.0)
        assert not answers[0].retain
        assert len(answers[0].payload) <= 512
        return answers[0].json

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def caller(broker: Mosquitto, recorder: Recorder) -> Iterator[Caller]:
    made = Caller(broker.port, recorder)
    yield made
    made.end()


Start = Callable[[list[str]], Appliance]


@pytest.fixture
def start(tmp_path: Path, broker: Mosquitto, recorder: Recorder) -> Iterator[Start]:
    """Starts an appliance that takes these commands."""
    made: list[Appliance] = []

    def begin(commands: list[str]) -> Appliance:
        appliance = Appliance(tmp_path, broker.url, remote={"commands": commands})
        made.append(appliance)
        appliance.start()
        recorder.wait_for(lambda seen: len(seen.events) >= 2, 30.0)
        return appliance

    yield begin
    for appliance in made:
        appliance.end()


def process(appliance: Appliance) -> subprocess.Popen[bytes]:
    return appliance.processes[-1]


def last_health(recorder: Recorder) -> Any:
    return recorder.on("/health")[-1].json


def test_a_pause_stops_the_looking_says_so_and_outlives_a_restart(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    appliance = start(COMMANDS)
    assert caller.ask("pause") == {
        "status": "ok",
        "data": {"paused": True},
        "error": None,
        "transaction": recorder.on("/response/pause")[-1].json["transaction"],
    }
    recorder.wait_for(lambda seen: last_health(seen)["vision"]["paused"])
    recorder.wait_for(lambda seen: seen.on("/state/scene")[-1].json["label"] == "unknown")
    recorder.wait_for(lambda seen: seen.open == set())  # nobody sees it go, so it ends now
    count = len(recorder.events)
    assert stop(process(appliance)) == 0
    reports = len(recorder.on("/health"))
    appliance.start()
    recorder.wait_for(lambda seen: len(seen.on("/health")) > reports + 1, 30.0)
    assert last_health(recorder)["vision"]["paused"] is True
    assert last_health(recorder)["vision"]["up"] is True
    assert len(recorder.events) == count
    assert caller.ask("resume")["data"] == {"paused": False}
    recorder.wait_for(lambda seen: len(seen.events) >= count + 2, 30.0)
    assert process(appliance).poll() is None


def test_why_explains_in_numbers_what_a_region_shows(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    start(COMMANDS)
    answer = caller.ask("why", region="scene")
    assert answer["status"] == "ok"
    data = answer["data"]
    assert (data["region"], data["votes"], data["window"]) == ("scene", 3, 4)
    assert 1 <= data["looks"] <= 4
    assert data["model_sha256"] == recorder.on("/info")[-1].json["model"]["sha256"][:12]
    first = data["top"][0]
    assert first["label"] in ("bison", "castle", "giant panda")
    assert (first["appear"], first["disappear"]) == (0.4, 0.1)
    assert first["high_votes"] + first["low_votes"] <= data["window"]
    unknown = caller.ask("why", region="attic")
    assert (unknown["status"], unknown["data"]) == ("error", None)
    assert "scene" in unknown["error"]


def test_report_says_how_things_are_and_brings_a_fresh_health(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    start(["report"])
    count = len(recorder.on("/health"))
    data = caller.ask("report")["data"]
    assert (data["up"], data["paused"], data["lost"]) == (True, False, 0)
    recorder.wait_for(lambda seen: len(seen.on("/health")) > count)


def test_without_being_named_no_command_does_anything(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    appliance = start(["report"])
    caller.send("pause")
    caller.send("why")
    assert caller.ask("report")["data"]["paused"] is False
    assert recorder.on("/response/pause") == recorder.on("/response/why") == []
    assert "asked from outside: pause" not in appliance.said
    # Nobody subscribes to these two: they are not even counted, unlike what comes and is no request.
    caller.send_for_answer("report", b"how are you?")
    count = len(recorder.on("/health"))
    assert caller.ask("report")["status"] == "ok"
    recorder.wait_for(lambda seen: len(seen.on("/health")) > count)
    assert last_health(recorder)["ignored"] == 1


def test_who_asks_wrongly_is_told_so_and_nothing_dies(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    appliance = start(COMMANDS)
    for payload, problem in (
        (b"pause, please", "not JSON"),
        (b'{"region": "\xff"}', "not UTF-8"),
        (b'"' + b"x" * 300 + b'"', "at most 256 bytes"),
        (b'{"seconds": 5}', "nothing but transaction"),
    ):
        answer = caller.send_for_answer("pause", payload)
        assert (answer["status"], answer["data"]) == ("error", None)
        assert problem in answer["error"]
    assert caller.ask("report")["data"]["paused"] is False
    recorder.wait_for(lambda seen: last_health(seen)["ignored"] == 4)
    assert process(appliance).poll() is None


def test_a_thousand_commands_a_huge_one_and_a_retained_one_are_ignored_and_counted(
    start: Start, caller: Caller, recorder: Recorder
) -> None:
    """Fault 44."""
    caller.send("pause", b"{}", retain=True)  # waits for whoever subscribes
    appliance = start(COMMANDS)
    recorder.wait_for(lambda seen: last_health(seen)["ignored"] >= 1)
    assert last_health(recorder)["vision"]["paused"] is False
    caller.send("pause", b"x" * 1_000_000)
    caller.send("pause", b'{"path": "/etc/passwd"}')
    caller.flood("report", 1000)
    recorder.wait_for(lambda seen: last_health(seen)["ignored"] >= 900, 20.0)
    assert len(recorder.on("/response/report")) <= 20
    count = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 2)
    assert process(appliance).poll() is None
    (told,) = recorder.on("/response/pause")  # of the path
    assert told.json["status"] == "error"
    assert appliance.said.count("request ignored") <= 12
    wait_until(lambda: last_health(recorder)["vision"]["up"])
