"""What each power takes: real halves, measured for a moment, and the scene that they look at."""

import json

import numpy as np
import pytest
from support.paces import MadeClock

from edgecam.config.options import Power
from edgecam.vision import governor
from edgecam.vision.camera.pace import CAMERA_EARLY, Pace
from edgecam.vision.governor import IDLING, Idling, idle_fps
from edgecam.workshop.power import scene as scene_module
from edgecam.workshop.power import table
from edgecam.workshop.power.scene import LiveScene

PICTURE = np.full((48, 64, 3), 100, np.uint8)


class Time:
    """`time` by a made clock, in which sleeping takes no time of ours."""

    def __init__(self, clock: MadeClock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.now_s

    def monotonic_ns(self) -> int:
        return self._clock.now_ns

    def sleep(self, seconds: float) -> None:
        self._clock.now_s += seconds


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing need be still for long, and one power is enough."""
    monkeypatch.setitem(governor.IDLING, "eco", Idling(after_s=0.5, share=0.0, fps=2.0))
    monkeypatch.setattr(table, "_SETTLED_S", 2.0)
    monkeypatch.setattr(table, "get_args", lambda _: ("eco",))


@pytest.mark.usefixtures("impatient")
def test_a_still_scene_takes_fewer_frames_and_hardly_a_look(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert table.main(["--seconds", "3", "--json"]) == 0
    moving, still = json.loads(capsys.readouterr().out)
    assert (moving["power"], moving["scene"], still["scene"]) == ("eco", "moving", "still")
    assert moving["looks"] == pytest.approx(moving["frames"], abs=0.5)
    assert still["looks"] < still["frames"] < moving["frames"]
    assert still["frames"] <= idle_fps("eco", 10.0) + 0.5
    assert 0 < still["cpu_ms"] < moving["cpu_ms"]


def test_it_exposes_at_its_rate_and_passes_over_what_is_not_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = MadeClock(monkeypatch)
    monkeypatch.setattr(scene_module, "time", Time(clock))
    pace = Pace(10.0, early=CAMERA_EARLY)
    camera = LiveScene(PICTURE, 10.0, pace)
    camera.open()
    for limit_fps, wanted in ((None, 50), (2.0, 10), (None, 50)):
        pace.limit_fps = limit_fps
        until_s, taken = clock.now_s + 5.0, 0
        while clock.now_s < until_s:
            taken += camera.capture(0.5) is not None
        assert taken == pytest.approx(wanted, abs=1)


def test_what_stands_still_differs_by_noise_alone_and_what_moves_by_more() -> None:
    stripes = np.zeros((48, 640, 3), np.uint8)
    stripes[:, ::160] = stripes[:, 1::160] = 200
    camera = LiveScene(stripes, 1000.0, Pace(None))
    camera.open()

    def change() -> int:
        frames = [camera.capture(1.0) for _ in range(2)]
        first, second = (frame.pixels.astype(int) for frame in frames if frame is not None)
        return int(np.abs(first - second).max())

    assert change() > 100
    camera.moving = False
    assert 0 < change() < 30


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
