"""Fault 39: a resolver that never answers holds nothing up but the connection."""

import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.appliance import Appliance
from support.configs import problems
from support.mosquitto import Mosquitto
from support.places import ROOT
from support.publisher import Make
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.config import MqttOptions

# Loaded by the interpreter at its start, if it lies on its path.
HANGING_RESOLVER = """\
import socket, sys, time

def hang(*_, **__):
    print("asked the resolver", file=sys.stderr, flush=True)
    time.sleep(3600)

socket.getaddrinfo = hang
"""


def test_fault_39_an_appliance_with_a_hanging_resolver_keeps_events_and_stops_in_time(
    tmp_path: Path, broker: Mosquitto
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING_RESOLVER)
    appliance = Appliance(tmp_path, f"mqtt://localhost:{broker.port}")
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    process = appliance.start(env={**os.environ, "PYTHONPATH": path})
    wait_until(lambda: "asked the resolver" in appliance.said, 20.0)
    wait_until(appliance.outbox.exists, 20.0)
    asked_s = time.monotonic()
    wait_until(lambda: time.monotonic() - asked_s > 3.0, 5.0)  # three pictures' time
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10.0) == 0
    assert "Traceback" not in appliance.said
    assert len(appliance.queued()) >= 2


def test_fault_39_a_resolver_that_fails_for_a_while_is_asked_again(
    broker: Mosquitto, recorder: Recorder, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, hanging, answers = socket.getaddrinfo, threading.Event(), threading.Event()

    def slow(host: str, *more: Any, **options: Any) -> Any:
        if host != "broker.example":
            return resolve(host, *more, **options)
        if not answers.is_set():
            hanging.set()
            answers.wait(10.0)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve("127.0.0.1", *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    publisher = make(MqttOptions(broker=f"mqtt://broker.example:{broker.port}"))
    publisher.store(1, 2)
    publisher.start()
    assert hanging.wait(5.0)
    publisher.store(3, 3)
    answers.set()
    recorder.wait_for(lambda seen: [event["seq"] for event in seen.events] == [1, 2, 3])


@pytest.mark.parametrize("option", ["broker: ", "fallback_brokers: [mqtt://a, "])
def test_fault_39_a_host_that_can_be_none_is_a_configuration_error(
    tmp_path: Path, option: str
) -> None:
    end = "]" if "[" in option else ""
    (problem,) = problems(tmp_path, f"mqtt:\n  {option}mqtt://a..b{end}\n")
    name = "mqtt.fallback_brokers[1]" if end else "mqtt.broker"
    assert problem == f'config.yaml:2: {name}: "a..b" is not a host name or address'
