"""What the bench puts before the halves: the configured camera, and scenes in its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.paces import MadeClock
from support.places import SAMPLES

from edgecam.config import Config, load
from edgecam.vision import half
from edgecam.vision.camera.pace import CAMERA_EARLY, Pace
from edgecam.workshop import scenes
from edgecam.workshop.bench import appliance, gate, run, still_half
from edgecam.workshop.bench.result import Sample
from edgecam.workshop.frames import FramesInMemory
from edgecam.workshop.halves import HalfEndedError

FRAMES = 10  # half a second, so that it must begin again while it is watched


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A made video of one photograph after another, at 20 frames a second."""
    file = tmp_path / "made.avi"
    fourcc = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(file), fourcc, 20.0, (scenes.WIDTH, scenes.HEIGHT))
    for photograph in scenes.photographs(SAMPLES)[:FRAMES]:
        writer.write(cv2.cvtColor(photograph.pixels, cv2.COLOR_RGB2BGR))
    writer.release()
    return file


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with run._any_broker(folder) as (url, _):
        assert url is not None
        yield url


def configured(folder: Path, source: str) -> Config:
    file = folder / "users.yaml"
    file.write_text(f"camera: {{source: opencv, fps: 20, opencv: {{source: '{source}'}}}}\n")
    return load(file).config


def test_the_configured_camera_runs_with_its_work_counted(
    tmp_path: Path, video: Path, broker: str
) -> None:
    watched: list[float] = []
    seen = appliance.measure(
        tmp_path, configured(tmp_path, str(video)), broker, 2.0, watched.append
    )
    assert sum(watched) >= 2.0
    assert seen.fps is not None
    assert seen.fps > 0
    assert seen.cpu_ms_per_frame is not None
    assert seen.cpu_ms_per_frame > 0
    assert all(isinstance(sample, Sample) for sample in seen.samples)
    assert "opencv" in (tmp_path / "config.yaml").read_text()
    # Only root may see it of a half that is confined.
    assert seen.vision_pss_mb is None or 0 < seen.vision_pss_mb <= seen.vision.peak_mb


def test_a_camera_that_is_not_there_is_named(tmp_path: Path, broker: str) -> None:
    absent = configured(tmp_path, "/dev/video63")
    with pytest.raises(HalfEndedError, match="/dev/video63"):
        appliance.measure(tmp_path, absent, broker, 1.0, lambda _: None)


def test_the_still_scene_is_live_and_has_a_sensor_s_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.full((48, 64, 3), 128, np.uint8)
    frames = still_half.noisy(pixels)
    for one, other in zip(frames, frames[1:] + frames[:1], strict=True):
        assert one.dtype == np.uint8
        assert np.std(one.astype(float)) == pytest.approx(2.0, rel=0.05)
        assert not np.array_equal(one, other)
    built: dict[str, Any] = {}
    monkeypatch.setattr(half, "build", lambda *_, **parts: built.update(parts))
    monkeypatch.setattr(
        still_half, "Daemon", lambda _: type("Nothing", (), {"run": lambda _: None})()
    )
    config = load(Path(__file__).parents[2] / "config.yaml").config
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "cat.jpg").write_bytes((SAMPLES / "cat.jpg").read_bytes())
    still_half.main(gate._configuration(tmp_path, config, gate=True))
    camera = built["source"]
    assert isinstance(camera, FramesInMemory)
    assert camera.live


def test_frames_in_memory_come_in_order_and_only_while_they_may() -> None:
    first, second = (np.full((2, 2, 3), value, np.uint8) for value in (1, 2))
    camera = FramesInMemory([first, second], hold=2)
    shown = [camera.capture(1.0) for _ in range(5)]
    assert [int(frame.pixels[0, 0, 0]) for frame in shown if frame] == [1, 1, 2, 2, 1]
    camera.on.clear()
    assert camera.capture(0.01) is None
    camera.on.set()
    assert camera.capture(1.0) is not None
    assert camera.taken == 6


def test_other_frames_may_be_set_meanwhile() -> None:
    one, two, three = (np.full((2, 2, 3), value, np.uint8) for value in (1, 2, 3))
    camera = FramesInMemory([one, two])
    shown = [camera.capture(1.0)]
    camera.pictures = [three]
    shown += [camera.capture(1.0) for _ in range(2)]
    assert [int(frame.pixels[0, 0, 0]) for frame in shown if frame] == [1, 3, 3]


def test_frames_in_memory_come_at_the_pace_that_a_governor_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = MadeClock(monkeypatch)
    pace = Pace(10.0, early=CAMERA_EARLY)
    camera = FramesInMemory([np.zeros((2, 2, 3), np.uint8)], pace=pace)
    for limit_fps, wanted in ((None, 50), (2.0, 10), (None, 50)):
        pace.limit_fps = limit_fps
        until_s, taken = clock.now_s + 5.0, 0
        while clock.now_s < until_s:
            taken += camera.capture(0.5) is not None
        assert taken == pytest.approx(wanted, abs=1)


def test_frames_in_memory_keep_a_pace() -> None:
    slow = FramesInMemory([np.zeros((2, 2, 3), np.uint8)], pace=Pace(0.01))
    assert slow.capture(1.0) is not None
    assert slow.capture(0.01) is None
