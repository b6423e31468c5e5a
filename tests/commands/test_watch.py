"""`edgecam watch` as a process, against a real broker and a real appliance."""

import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.appliance import Appliance, stop
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_until
from support.wall_clock import WallClock


class Watch:
    """A running `edgecam watch`, its output in a file."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._output = folder / "watched"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edgecam", "watch", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )

    @property
    def lines(self) -> list[str]:
        return self._output.read_text(encoding="utf-8").splitlines()

    def wait_for(self, wanted: str) -> None:
        wait_until(lambda: any(wanted in line for line in self.lines), 30.0)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10.0)


def publish(port: int, topic: str, payload: bytes) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(10.0)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    running: list[Watch] = []
    yield running
    for watch in running:
        watch.process.kill()
        watch.process.wait(10.0)


def test_lines_for_a_pipe_say_what_happened(
    tmp_path: Path, broker: Mosquitto, appliance: Appliance, watches: list[Watch]
) -> None:
    watches.append(watch := Watch(tmp_path, "--broker", broker.url))
    watch.wait_for("connected to")
    process = appliance.start()
    for wanted in ("scene: castle appeared", "scene shows castle", "fps, model"):
        watch.wait_for(wanted)
    assert stop(process) == 0
    wait_until(lambda: watch.lines[-1].endswith("stopped"), 10.0)
    assert watch.interrupt() == 0


def test_a_camera_that_sleeps_and_one_that_is_paused_are_said_to(
    tmp_path: Path, broker: Mosquitto, watches: list[Watch]
) -> None:
    now = dt.datetime.now()  # noqa: DTZ005  local time is what a schedule is of
    start, end = (now + dt.timedelta(hours=hours) for hours in (2, 3))
    asleep = Appliance(
        tmp_path,
        broker.url,
        schedule={"active_hours": [f"{start:%H:%M}-{end:%H:%M}"]},
        remote={"commands": ["pause", "why"]},
    )
    watches.append(watch := Watch(tmp_path, "--broker", broker.url))
    watch.wait_for("connected to")
    (tmp_path / "clock").mkdir()
    clock = WallClock(tmp_path / "clock")
    clock.synchronize()  # nobody sleeps by a clock that was never set
    process = asleep.start(env=clock.env, under=clock.through)
    try:
        until = f"until {start:%a %H:%M}"
        for wanted in (
            f"health   asleep {until}, queue",
            "scene shows unknown",
            "info     edgecam ",
        ):
            watch.wait_for(wanted)
        publish(broker.port, "edgecam/test/request/pause", b"later")
        watch.wait_for("response pause: no: not JSON")
        publish(broker.port, "edgecam/test/request/pause", b"")
        for wanted in ("request  pause", "response pause: it rests", "health   paused, queue"):
            watch.wait_for(wanted)
        assert stop(process) == 0
    finally:
        asleep.end()
    assert watch.interrupt() == 0


def test_json_lines_are_topic_and_payload(
    tmp_path: Path, broker: Mosquitto, appliance: Appliance, watches: list[Watch]
) -> None:
    process = appliance.start()
    watches.append(watch := Watch(tmp_path, "--broker", broker.url, "--json", "--node", "test"))
    wait_until(lambda: any('test/event"' in line for line in watch.lines), 30.0)
    assert stop(process) == 0
    assert watch.interrupt() == 0
    messages = [json.loads(line) for line in watch.lines if line.startswith("{")]
    assert all(set(message) == {"topic", "payload"} for message in messages)
    payloads = {message["topic"].split("/")[2]: message["payload"] for message in messages}
    assert payloads["status"] in ("online", "stopped")
    assert payloads["event"]["event_type"] in ("appeared", "disappeared")


def test_another_node_is_not_shown(tmp_path: Path, broker: Mosquitto, watches: list[Watch]) -> None:
    watches.append(watch := Watch(tmp_path, "--broker", broker.url, "--json", "--node", "mine"))
    wait_until(lambda: any("connected" in line for line in watch.lines), 20.0)
    publish(broker.port, "edgecam/other/status", b"online")
    publish(broker.port, "edgecam/mine/status", b"online")
    wait_until(lambda: any("mine/status" in line for line in watch.lines), 10.0)
    assert not any("other" in line for line in watch.lines)


def test_what_could_steer_a_terminal_is_taken_out(
    tmp_path: Path, broker: Mosquitto, watches: list[Watch]
) -> None:
    watches.append(watch := Watch(tmp_path, "--broker", broker.url))
    wait_until(lambda: any("connected" in line for line in watch.lines), 20.0)
    hostile = '{"label": "\\u001b[2J\\u001b]0;owned\\u0007", "confidence": 2, "since": "x"}'
    publish(broker.port, "edgecam/evil/state/scene", hostile.encode())
    publish(broker.port, "edgecam/evil/event", b"\xff\x00\x1b[31m not json")
    wait_until(lambda: sum("evil" in line for line in watch.lines) == 2, 10.0)
    assert "\x1b" not in "\n".join(watch.lines)


def test_a_broker_that_goes_away_is_waited_for(
    tmp_path: Path, broker: Mosquitto, watches: list[Watch]
) -> None:
    watches.append(watch := Watch(tmp_path, "--broker", broker.url))
    wait_until(lambda: any("connected" in line for line in watch.lines), 20.0)
    broker.stop()
    wait_until(lambda: any("trying again" in line for line in watch.lines), 20.0)
    broker.start()
    wait_until(lambda: sum("connected to" in line for line in watch.lines) == 2, 30.0)
    assert watch.interrupt() == 0


def refused(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A watch that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "edgecam", "watch", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("node", ["#", "a+b", "Ü", "a/b"])
def test_a_node_that_is_none_is_wrong_usage(tmp_path: Path, node: str) -> None:
    done = refused(tmp_path, "--node", node)
    assert done.returncode == 2
    assert "--node" in done.stderr


@pytest.mark.parametrize(
    "url",
    ["localhost", "http://localhost", "mqtt://u:secret@localhost", "mqtt://h:99999", "mqtt://a..b"],
)
def test_a_url_that_is_none_is_wrong_usage(tmp_path: Path, url: str) -> None:
    done = refused(tmp_path, "--broker", url)
    assert done.returncode == 2
    assert "--broker" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_broker_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    done = refused(tmp_path, "--broker", f"mqtt://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith(
        "Connection refused; nothing listens there: does the broker run, and at this port?"
    )
