"""What each power takes: counted in a made time, of real halves, and the scene they look at."""

import contextlib
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.config.options import Power
from edgecam.vision import governor, half
from edgecam.vision.governor import IDLING, Idling, idle_fps
from edgecam.vision.motion import MotionGate
from edgecam.vision.service import VisionService
from edgecam.workshop import scenes
from edgecam.workshop.bench import still_half
from edgecam.workshop.frames import FramesInMemory
from edgecam.workshop.power import table

LOOK_S, GLANCE_S = 0.02, 0.001
PANDA = next(one for one in scenes.photographs(SAMPLES) if one.name == "panda")


class MadeHalf:
    """Ten exposures a second in a time that passes while somebody sleeps, and `time` beside it.

    Looks at what moves; takes every fifth exposure when nothing has moved for `after_s`.
    """

    def __init__(self, after_s: float) -> None:
        self.now_s = self.used_s = 0.0
        self.frames = self.saved = 0
        self.stopped = False
        self._after_s = after_s
        self._exposures = 0
        self._moved_s = 0.0
        self._last: Pixels | None = None

    def build(self, *_: object, source: FramesInMemory, **__: object) -> "MadeHalf":
        self._camera = source
        return self

    def start(self, _: object) -> None: ...

    def check(self) -> None: ...

    def stop(self) -> None:
        self.stopped = True

    def health(self) -> SimpleNamespace:
        return SimpleNamespace(still=self.saved)

    def monotonic(self) -> float:
        return self.now_s

    perf_counter = monotonic

    def process_time(self) -> float:
        return self.used_s

    def sleep(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            self._expose()

    def _expose(self) -> None:
        self._exposures += 1
        pictures = self._camera.pictures
        pixels = pictures[self._exposures % len(pictures)][::16, ::16]
        if self._last is None or np.abs(pixels.astype(int) - self._last).max() > 30:
            self._moved_s = self.now_s
        self._last = pixels
        if self._moved_s == self.now_s:
            self.used_s += LOOK_S
        elif self.now_s - self._moved_s <= self._after_s or self._exposures % 5 == 0:
            self.used_s += GLANCE_S
            self.saved += 1
        else:
            return
        self.frames += 1


def test_a_second_of_each_scene_is_counted_when_it_has_settled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    idling = IDLING["eco"]
    assert idling is not None
    made = MadeHalf(idling.after_s)
    publisher: Any = SimpleNamespace(wait_until_ready=lambda _: None)
    monkeypatch.setattr(table, "get_args", lambda _: ("eco",))
    monkeypatch.setattr(table, "HalfProcess", lambda *_: contextlib.nullcontext(publisher))
    monkeypatch.setattr(table, "half", made)
    monkeypatch.setattr(table, "time", made)
    assert table.main(["--seconds", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"power": "eco", "scene": "moving", "frames": 10.0, "looks": 10.0, "cpu_ms": 200.0},
        {"power": "eco", "scene": "still", "frames": 2.0, "looks": 0.0, "cpu_ms": 2.0},
    ]
    assert made.stopped


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing need be still for long, and one power is enough."""
    monkeypatch.setitem(governor.IDLING, "eco", Idling(after_s=0.5, share=0.0, fps=2.0))
    monkeypatch.setattr(table, "_SETTLED_S", 0.5)
    monkeypatch.setattr(table, "get_args", lambda _: ("eco",))


@pytest.mark.usefixtures("impatient")
def test_real_halves_run_before_both_scenes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[tuple[VisionService, FramesInMemory]] = []

    def build(*given: Any, source: FramesInMemory, **parts: Any) -> VisionService:
        built.append((half.build(*given, source=source, **parts), source))
        return built[-1][0]

    monkeypatch.setattr(table, "half", SimpleNamespace(build=build))
    assert table.main(["--seconds", "0.5", "--json"]) == 0
    moving, still = json.loads(capsys.readouterr().out)
    assert (moving["power"], moving["scene"], still["scene"]) == ("eco", "moving", "still")
    ((service, camera),) = built
    assert 1 <= service.frames <= camera.taken  # how many more is the machine's affair, too


def test_the_gate_sees_noise_in_the_one_scene_and_movement_in_the_other() -> None:
    still = still_half.noisy(PANDA.pixels)
    gate = MotionGate(max_idle_s=1e9, window=5)

    def looks(frames: list[Pixels]) -> Iterator[bool]:
        return (gate.worth_a_look(pixels, 0) for pixels in frames)

    assert all(looks(still_half.moved(still)))
    list(looks(still * 3))  # until it knows the noise
    assert not any(looks(still))
    assert all(looks(still_half.moved(still)[1:]))


@pytest.mark.parametrize(
    ("power", "fps", "idle"),
    [
        ("performance", 10.0, 10.0),
        ("performance", None, 10.0),
        ("balanced", 30.0, 15.0),
        ("balanced", 10.0, 5.0),
        ("balanced", 3.0, 3.0),
        ("eco", 10.0, 2.0),
        ("eco", 1.0, 1.0),
    ],
)
def test_how_many_frames_are_taken_while_nothing_moves(
    power: Power, fps: float | None, idle: float
) -> None:
    assert power in IDLING
    assert idle_fps(power, fps) == idle
