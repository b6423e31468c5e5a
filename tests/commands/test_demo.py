"""`edgecam demo` as a newcomer runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from support.places import ACCEPTED
from support.waiting import wait_until

from edgecam.publisher import contract

TYPES: dict[str, type[msgspec.Struct]] = {
    "info": contract.InfoPayload,
    "health": contract.HealthPayload,
    "state": contract.StatePayload,
    "event": contract.EventPayload,
}


def demo(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edgecam", "demo", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_json_shows_every_topic_with_right_labels_and_ends_by_itself(tmp_path: Path) -> None:
    done = demo(tmp_path, "--seconds", "10", "--json")
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    by_topic: dict[str, list[object]] = {}
    for message in messages:
        kind = message["topic"].split("/")[2]
        by_topic.setdefault(kind, []).append(message["payload"])
        if kind in TYPES:
            msgspec.convert(message["payload"], TYPES[kind])
    assert set(by_topic) == {"status", "info", "health", "state", "event"}
    assert by_topic["status"] == ["online", "stopped"]
    events = [msgspec.convert(event, contract.EventPayload) for event in by_topic["event"]]
    labels = [event.label for event in events if event.event_type == "appeared"]
    assert len(labels) >= 3
    # The pictures are shown in the order of their names; what is not sure enough is no event.
    order = iter(sorted(ACCEPTED))
    for label in labels:
        assert any(label in ACCEPTED[name] for name in order), label
    assert "Traceback" not in done.stderr


def test_too_short_for_an_event_is_a_failure(tmp_path: Path) -> None:
    done = demo(tmp_path, "--seconds", "0.01", "--json")
    assert done.returncode == 1
    assert "no event arrived" in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_it_ends_everything_it_started(
    tmp_path: Path, ending: signal.Signals
) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "edgecam", "demo"],
            stdout=file,
            stderr=file,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
    wait_until(lambda: b"appeared" in output.read_bytes(), 40.0)
    process.send_signal(ending)
    assert process.wait(20.0) == 0
    assert b"Traceback" not in output.read_bytes()
    assert not list(tmp_path.glob("edgecam-demo-*"))
    running = subprocess.run(
        ["ps", "-ewwo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(tmp_path) not in running


@pytest.mark.parametrize("text", ["x", "-1", "0", "nan"])
def test_seconds_must_be_a_positive_number(tmp_path: Path, text: str) -> None:
    done = demo(tmp_path, "--seconds", text)
    assert done.returncode == 2
    assert "--seconds" in done.stderr
