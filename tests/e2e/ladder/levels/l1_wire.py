"""L1: what is on the wire, as tshark sees it: MQTT to the broker, and nothing of a picture.

The canary's witnesses (tests/canary) are our own, and on the loopback alone; here a program that
knows the protocols looks at the packets, also between two network namespaces with a cable.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from canary import picture
from canary.evidence import Evidence
from canary.mutants import MUTANTS, Mutant, build
from canary.network import conversations, private_network
from canary.search import Search
from faults.broker import Broker
from faults.network import ADDRESSES, Cable
from support.appliance import Appliance, stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder

from ladder import tap
from ladder.bench import Bench
from ladder.row import row
from ladder.wire import PORT

SIGHTINGS = 12
# Builds of the canary that leak, and what is to be found of each.
LEAKS = {
    "a thumbnail as base64 in info": r"info base64: like a 16x16 thumbnail",
    "a packet to somebody else": r"packets to 192\.0\.2\.7 port 5353",
}


@row(
    "L1",
    shown="on the loopback two halves send MQTT to the broker, nothing to others, and no picture",
)
def loopback(bench: Bench) -> str:
    with _on_the_loopback(bench.folder) as (broker, recorder):
        _two_halves(bench.folder, broker.url, recorder)
    return _innocent(bench.folder / "pcap", broker.port)


@row("L1", shown="over a cable to a broker elsewhere the same, and no name is looked up")
def cable(bench: Bench) -> str:
    capture = bench.folder / "pcap"
    with contextlib.ExitStack() as stack:
        wire = Cable()
        stack.callback(wire.remove)
        wire.make()
        broker = Broker(bench.folder, f"listener {PORT} {ADDRESSES['broker']}\n")
        stack.callback(broker.stop)
        with wire.inside("broker"):
            broker.start()
            recorder = Recorder(broker.port)
        stack.callback(recorder.close)
        with wire.inside("appliance"), tap.tapped(capture, ADDRESSES["broker"]):
            _two_halves(bench.folder, f"mqtt://{ADDRESSES['broker']}:{PORT}", recorder)
    return _innocent(capture, PORT)


@row(
    "L1",
    shown="a build that sends a thumbnail, to the broker or to others, is found out the same way",
)
def leaks_are_seen(bench: Bench) -> str:
    for name, wanted in LEAKS.items():
        folder = bench.folder / name.replace(" ", "-")
        folder.mkdir()
        findings = _leak(folder, MUTANTS[name])
        assert any(re.search(wanted, found) for found in findings), f"{name}: found is {findings}"
    return "; ".join(LEAKS)


def _leak(folder: Path, mutant: Mutant) -> list[str]:
    """What is found in the capture of a build that leaks."""
    package = build(folder / "build", mutant.patches)
    # Safe: without the present folder, in which the build that is right may lie.
    mutated = {**os.environ, "PYTHONPATH": str(package), "PYTHONSAFEPATH": "1"}
    with _on_the_loopback(folder) as (broker, recorder):
        appliance = _appliance(folder, broker.url)
        try:
            process = appliance.start(env=mutated)
            recorder.wait_for(lambda seen: len(seen.sightings) >= mutant.sightings)
            assert stop(process) == 0
        finally:
            appliance.end()
    return list(Search().findings(_evidence(folder / "pcap", broker.port)))


@contextlib.contextmanager
def _on_the_loopback(folder: Path) -> Iterator[tuple[Mosquitto, Recorder]]:
    """A network with a broker and a recorder, and a capture from when both are there."""
    with private_network(), contextlib.ExitStack() as stack:
        broker = Mosquitto(folder)
        stack.callback(broker.stop)
        broker.start()
        recorder = Recorder(broker.port)
        stack.callback(recorder.close)
        with tap.tapped(folder / "pcap", "127.0.0.1"):
            yield broker, recorder


def _two_halves(folder: Path, url: str, recorder: Recorder) -> None:
    """Let both halves, as two processes, look at the canary for a while."""
    appliance = _appliance(folder, url)
    try:
        publisher, vision = appliance.start("publisher"), appliance.start("vision")
        recorder.wait_for(lambda seen: len(seen.sightings) >= SIGHTINGS, 60.0)
        assert stop(vision) == 0
        assert stop(publisher) == 0
    finally:
        appliance.end()


def _appliance(folder: Path, url: str) -> Appliance:
    shown = {"folder": str(picture.show(folder / "canary")), "hold_s": 0.3}
    return Appliance(
        folder,
        url,
        camera={"stills": shown, "fps": 20},
        decision={"votes": 1, "window": 1},
        link={"events_per_hour": 3_600_000},
        live={"enabled": True, "per_s": 10},
    )


def _innocent(capture: Path, port: int) -> str:
    """See that a capture holds what may get out, and nothing else."""
    strangers = tap.strangers(capture, port)
    assert not strangers, f"not MQTT with the broker: {strangers[:3]}"
    topics = tap.topics(capture, port)
    assert {f"edgecam/test/{end}" for end in ("status", "info", "event", "health")} <= topics
    evidence = _evidence(capture, port)
    assert any(picture.LABEL.encode() in content for content in evidence.contents)
    findings = list(Search().findings(evidence))
    assert not findings, findings
    sent = sum(len(packet) for packet in tap.packets(capture))
    return f"{len(topics)} topics, {sent // 1024} kB"


def _evidence(capture: Path, port: int) -> Evidence:
    return Evidence(
        files={},
        packets=conversations(tap.packets(capture)),
        traces=[],
        world=capture.parent,
        broker_port=port,
    )
