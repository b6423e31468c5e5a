"""The loop and the regions of the bench for real, for a moment: what is counted, not how much."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.places import ROOT, SAMPLES

from edgecam import model
from edgecam.arrays import Pixels
from edgecam.config import Config, load
from edgecam.vision.decision import Decision
from edgecam.vision.statistics import STAGES
from edgecam.workshop import scenes
from edgecam.workshop.bench import regions, settings
from edgecam.workshop.bench.loop import Loop
from edgecam.workshop.bench.stages import StageTimes
from edgecam.workshop.bench.turns import HalfInTurns, always_ready, bare_ms, witness
from edgecam.workshop.halves import write_configuration
from edgecam.workshop.quiet import quiet

TWO = [
    {"name": "left", "box": [0.0, 0.0, 0.6, 1.0]},
    {"name": "right", "box": [0.4, 0.0, 1.0, 1.0]},
]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two regions, and a wall at which nobody listens."""
    changes = {**settings.full_rate("mqtt://127.0.0.1:1"), "regions": TWO}
    return load(write_configuration(tmp_path, load(ROOT / "config.yaml").config, changes)).config


@pytest.fixture
def pictures() -> Iterator[list[Pixels]]:
    with quiet():
        yield [photograph.pixels for photograph in scenes.photographs(SAMPLES)[:3]]


def test_a_frame_of_two_regions_is_two_looks(config: Config, pictures: list[Pixels]) -> None:
    loop = Loop(config, model.load(config.model), pictures, None)
    with loop:
        for _ in range(2):
            loop.round(0.1)
    for one in loop.figures.rounds:
        assert one.looks >= 10
        assert one.ratio == pytest.approx(2 * one.whole_fps / one.bare_fps)
    assert all(values for values in loop.figures.stages.taken_ns.values())


def test_what_a_look_costs_is_all_but_waiting_and_the_invocation() -> None:
    took_ms = {"wait": 90.0, "prepare": 4.0, "transfer": 1.0, "invoke": 30.0, "decide": 0.5}
    assert set(took_ms) == set(STAGES)
    stages = StageTimes({name: [np.full(9, took_ms[name] * 1e6, np.int64)] for name in STAGES})
    assert stages.overhead_ms(1) == 5.5
    assert stages.overhead_ms(2) == 3.5  # a frame is prepared for both at once


def test_a_half_stands_still_between_its_turns(config: Config, pictures: list[Pixels]) -> None:
    found = model.load(config.model)
    sees = witness(config, found)
    with HalfInTurns(config, found, always_ready(pictures), sees) as half:
        turn = half.turn(0.1)
        done = sees.last
        assert bare_ms(sees.interpreter, 0.3) > 0
        assert sees.last == done
        assert turn.looks >= 10
        assert half.turn(0.1).looks >= 10


def test_each_number_of_regions_has_its_figure(
    tmp_path: Path, config: Config, pictures: list[Pixels]
) -> None:
    passed: list[float] = []
    found = model.load(config.model)
    costs = regions.costs_ms(
        tmp_path, config, found, pictures, rounds=1, seconds=0.05, advance=passed.append
    )
    assert set(costs) == set(regions.COUNTS)
    assert sum(passed) == pytest.approx(2 * 0.05 * len(regions.COUNTS))


BURNT_MS = 20.0


def burning(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same, after so much processor time, however long that takes."""

    def burnt(*given: Any) -> Any:
        end_ns = time.thread_time_ns() + round(BURNT_MS * 1e6)
        while time.thread_time_ns() < end_ns:
            pass
        return real(*given)

    return burnt


@pytest.mark.parametrize("inside", [True, False], ids=["in invoke()", "outside"])
def test_processor_time_is_that_of_invoke_or_of_the_half(
    config: Config, pictures: list[Pixels], monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    found = model.load(config.model)
    sees = witness(config, found)
    if inside:
        sees.interpreter._invoke = burning(sees.interpreter._invoke)
    else:
        monkeypatch.setattr(Decision, "look", burning(Decision.look))
    with HalfInTurns(config, found, always_ready(pictures), sees) as half:
        turn = half.turn(0.1)
    in_invoke_ms = turn.invoke_cpu_s * 1000 / turn.looks
    # Half of it, because a turn begins and ends in the middle of looks.
    assert (in_invoke_ms > BURNT_MS / 2) == inside
    assert (turn.overhead_cpu_ms > BURNT_MS / 2) == (not inside)
