"""One run of the bench, from a configuration to a result."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edgecam import runtimes
from edgecam.arrays import Pixels
from edgecam.config import Config, load
from edgecam.model import Model
from edgecam.workshop import broker, company, ending, scenes
from edgecam.workshop.bench import (
    appliance,
    gate,
    latency,
    loop,
    meters,
    regions,
    settings,
    summary,
)
from edgecam.workshop.bench.appliance import ApplianceFigures
from edgecam.workshop.bench.loop import LoopFigures
from edgecam.workshop.bench.meters import Meter
from edgecam.workshop.bench.result import Measured
from edgecam.workshop.bench.summary import Parts
from edgecam.workshop.halves import HalfProcess, write_configuration
from edgecam.workshop.quiet import quiet
from edgecam.workshop.samples import SAMPLES

# How much longer than a round's half the other parts take: enough events for a 99th percentile.
_LATENCY_TIMES, _APPLIANCE_TIMES, _GATE_TIMES, _LIVE_TIMES = 20, 6, 10, 10
_REGION_PARTS = 4  # short turns of several regions: see `regions.costs_ms`
_STARTING_S = 8.0  # what the processes of a part take to come and go; only for the progress
_SURE = "german_shepherd.jpg"  # to the default model: a label that hovers asks for more looks
_NOWHERE = "mqtt://127.0.0.1:1"
_NO_BROKER = "without a broker there is no frame rate and no latency: sudo apt install mosquitto"
_NO_PAIR = "this model hardly tells the sample photographs apart: no events, no latency"
_NO_EVENTS = "no event arrived: no latency"


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    rounds: int
    seconds: float
    """Of each half of a round."""
    soak_s: float
    battery_wh: float | None
    moving_share: float
    """In which part of the time something moves, for the battery."""

    @property
    def appliance_s(self) -> float:
        """How long the appliance is watched."""
        return max(self.soak_s, _APPLIANCE_TIMES * self.seconds)

    @property
    def region_s(self) -> float:
        """How long a turn of several regions takes."""
        return self.seconds / _REGION_PARTS

    @property
    def total_s(self) -> float:
        """About how long it takes."""
        turns = 2 * self.rounds * len(regions.COUNTS)
        parts = 2 * self.rounds + _LATENCY_TIMES + 2 * _GATE_TIMES + _LIVE_TIMES
        return parts * self.seconds + turns * self.region_s + self.appliance_s + 4 * _STARTING_S


class Progress(Protocol):
    """Who waits wants to know for what."""

    def begin(self, what: str) -> None:
        """Another part begins."""

    def advance(self, seconds: float) -> None:
        """So much of `Plan.total_s` has passed."""


def measure(config: Config, found: Model, plan: Plan, progress: Progress) -> Measured:
    """Everything, one part after the other. Raises EdgecamError where a part cannot run at all."""
    return _Run(config, found, plan, progress).measured()


class _Run:
    """What one run knows, and where its files are."""

    def __init__(self, config: Config, found: Model, plan: Plan, progress: Progress) -> None:
        self._config = config
        self._found = found
        self._plan = plan
        self._progress = progress
        self._meter = meters.here()
        self._notes: list[str] = []

    def measured(self) -> Measured:
        watch = company.Watch()
        with ending.workplace("edgecam-bench-", _place()) as folder, quiet():
            # The camera comes first: where it is missing, nobody waits for that to be said.
            with _any_broker(_made(folder, "broker")) as (url, broker_name):
                seen = self._appliance(_made(folder, "a"), url)
                latencies_ms = self._latency(_made(folder, "l"), url)
            looped, idle_w = self._loop(_made(folder, "i"))
            region_extra_ms = self._regions(_made(folder, "r"))
            ratio = self._gate(_made(folder, "g"))
            gate_ms = gate.took_ms(self._config, self._found, _pictures()[0])
        parts = Parts(
            looped=looped,
            appliance=seen,
            latencies_ms=latencies_ms,
            region_extra_ms=region_extra_ms,
            broker=broker_name,
            gate_cpu_ratio=ratio,
            gate_ms=gate_ms,
            idle_w=idle_w,
            meter=self._meter,
            battery_wh=self._plan.battery_wh,
            moving_share=self._plan.moving_share,
            company=watch.seen([one.bare_fps for one in looped.rounds]),
            notes=self._notes,
        )
        result = summary.result(parts, self._config, self._found)
        return Measured(result, latencies_ms, seen.samples)

    def _appliance(self, folder: Path, url: str | None) -> ApplianceFigures:
        self._progress.begin("the appliance on its camera")
        if url is None:
            self._notes.append(_NO_BROKER)
        seconds, advance = self._plan.appliance_s, self._progress.advance
        seen = appliance.measure(folder, self._config, url, seconds, advance)
        advance(_STARTING_S)
        return seen

    def _latency(self, folder: Path, url: str | None) -> list[float]:
        self._progress.begin("from frame to message")
        seconds = _LATENCY_TIMES * self._plan.seconds
        self._progress.advance(_STARTING_S)
        if url is None:
            return []
        pair = latency.choose_pair(self._config, self._found)
        if pair is None:
            self._notes.append(_NO_PAIR)
            return []
        found_ms = latency.measure(
            folder, self._config, pair, url, seconds=seconds, advance=self._progress.advance
        )
        if not found_ms:
            self._notes.append(_NO_EVENTS)
        return found_ms

    def _loop(self, folder: Path) -> tuple[LoopFigures, float | None]:
        """The rounds, and what the machine draws when none of them runs."""
        self._progress.begin("the loop against bare invoke()")
        file = write_configuration(folder, self._config, settings.full_rate(_NOWHERE))
        pictures = _pictures()
        plan = self._plan
        with HalfProcess("publisher", file) as publisher:
            publisher.wait_until_ready(appliance.READY_TIMEOUT_S)
            idle_w = _idle_w(self._meter, plan.seconds)
            measuring = loop.Loop(load(file).config, self._found, pictures, self._meter)
            with measuring:
                for _ in range(plan.rounds):
                    measuring.round(plan.seconds)
                    self._progress.advance(2 * plan.seconds)
            measuring.live(_LIVE_TIMES * plan.seconds)
            self._progress.advance(_LIVE_TIMES * plan.seconds)
            measuring.trace()
            self._progress.advance(_STARTING_S)
        return measuring.figures, idle_w

    def _regions(self, folder: Path) -> dict[int, float]:
        self._progress.begin("several regions")
        file = write_configuration(folder, self._config, settings.full_rate(_NOWHERE))
        return regions.costs_ms(
            folder,
            load(file).config,
            self._found,
            _pictures(),
            rounds=self._plan.rounds,
            seconds=self._plan.region_s,
            advance=self._progress.advance,
        )

    def _gate(self, folder: Path) -> float:
        self._progress.begin("the motion gate before a still scene")
        self._progress.advance(_STARTING_S)
        picture = SAMPLES / _SURE
        seconds = _GATE_TIMES * self._plan.seconds
        return gate.cpu_ratio(folder, self._config, picture, seconds, self._progress.advance)


@contextlib.contextmanager
def _any_broker(folder: Path) -> Iterator[tuple[str | None, str]]:
    """The URL and the name of a broker; a real Mosquitto where there is one."""
    program = broker.mosquitto_program()
    if program is not None:
        with broker.mosquitto(program, folder) as port:
            yield f"mqtt://127.0.0.1:{port}", "Mosquitto"
    elif runtimes.is_installed("amqtt"):
        with broker.embedded() as port:
            yield f"mqtt://127.0.0.1:{port}", "amqtt, in the bench's own process"
    else:
        yield None, "none"


def _place() -> str:
    """Where the queue lies: not in /tmp, which may be memory, unless that is all there is."""
    wanted = os.environ.get("TMPDIR") or "/var/tmp"  # noqa: S108  a folder of our own is made in it
    return wanted if os.access(wanted, os.W_OK) else tempfile.gettempdir()


def _pictures() -> list[Pixels]:
    return [photograph.pixels for photograph in scenes.photographs(SAMPLES)]


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _idle_w(meter: Meter | None, seconds: float) -> float | None:
    """What is drawn while nothing is looked at."""
    if meter is None:
        return None
    meter.start()
    started_s = time.monotonic()
    time.sleep(seconds)
    took_s, joules = time.monotonic() - started_s, meter.stop()
    return None if joules is None else joules / took_s
