"""What the bench measures as delivered: the stages live, and the gate itself, of frames that it makes."""

from pathlib import Path

import numpy as np
import pytest
from support.places import ROOT, SAMPLES

from edgecam import model
from edgecam.arrays import Pixels
from edgecam.config import Config, load
from edgecam.messages import Frame, VisionHealth
from edgecam.vision.motion import MotionGate
from edgecam.vision.statistics import STAGES
from edgecam.vision.trouble import TroubleWatch
from edgecam.vision.trouble.watch import Change
from edgecam.workshop import scenes
from edgecam.workshop.bench import gate, loop, settings
from edgecam.workshop.bench.loop import Loop
from edgecam.workshop.bench.turns import HalfInTurns
from edgecam.workshop.gate import costs
from edgecam.workshop.halves import write_configuration
from edgecam.workshop.quiet import quiet


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """At full rate, which is without the gate, and a wall at which nobody listens."""
    changes = settings.full_rate("mqtt://127.0.0.1:1")
    return load(write_configuration(tmp_path, load(ROOT / "config.yaml").config, changes)).config


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return scenes.photographs(SAMPLES)[0].pixels


class LastHealth(HalfInTurns):
    """Keeps how the half was in the end."""

    health: VisionHealth | None = None

    def __exit__(self, *_: object) -> None:
        type(self).health = self.vision.health()
        super().__exit__()


class JudgedOrNot(TroubleWatch):
    """Notes of each frame whether the model was to look at it."""

    noted: list[bool] = []  # noqa: RUF012  of all there are

    def look(self, frame: Frame, *, judged: bool = True) -> Change | None:
        self.noted.append(judged)
        return super().look(frame, judged=judged)


@pytest.mark.parametrize("moving", [True, False], ids=["as it is", "were it still"])
def test_live_each_frame_goes_through_gate_and_watch_and_is_judged(
    config: Config, picture: Pixels, monkeypatch: pytest.MonkeyPatch, *, moving: bool
) -> None:
    monkeypatch.setattr(loop, "FPS", 40.0)
    monkeypatch.setattr(loop, "HalfInTurns", LastHealth)
    monkeypatch.setattr("edgecam.vision.service.TroubleWatch", JudgedOrNot)
    monkeypatch.setattr(JudgedOrNot, "noted", [])
    assert not config.motion.enabled
    with quiet():
        measuring = Loop(config, model.load(config.model), [picture], None)
        if not moving:
            measuring._moving = measuring._still
        measuring.live(0.6)
    assert LastHealth.health is not None
    assert (LastHealth.health.still == 0) == moving
    assert len(JudgedOrNot.noted) >= 10
    assert all(JudgedOrNot.noted) == moving
    looks = measuring.figures.live_stages.taken_ns
    assert all(len(looks[name][0]) >= 5 for name in STAGES)
    # Nothing of it gets into the loop at full speed.
    assert not any(measuring.figures.stages.taken_ns.values())


class Answers(MotionGate):
    """Notes whether frames were new."""

    noted: list[bool] = []  # noqa: RUF012  of all there are

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        wanted = super().worth_a_look(view, at_ns)
        self.noted.append(wanted)
        return wanted


def test_the_gate_is_timed_before_a_still_scene_and_one_that_moves(
    config: Config, picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "_MEASURED", 40)
    monkeypatch.setattr(gate, "MotionGate", Answers)
    monkeypatch.setattr(Answers, "noted", [])
    took_ms = gate.took_ms(config, model.load(config.model), picture)
    assert list(took_ms) == ["still", "moving"]
    assert min(took_ms.values()) > 0
    still, moving = np.array(Answers.noted).reshape(2, 40)
    assert not still[8:].any()  # once it knows the noise
    assert moving.all()
