"""The halves on a workbench: as real as elsewhere, and gone afterwards."""

from pathlib import Path

import msgspec
import pytest
from support.places import SAMPLES
from support.waiting import wait_until

from edgecam import link, model
from edgecam.config import Config, load
from edgecam.vision import half
from edgecam.workshop import scenes
from edgecam.workshop.frames import FramesInMemory
from edgecam.workshop.halves import HalfEndedError, HalfProcess, write_configuration

NOWHERE = {"mqtt": {"broker": "mqtt://127.0.0.1:1"}}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "users.yaml"
    file.write_text("camera: {source: stills}\ndecision: {groups: {castles: [castle]}}\n")
    return load(file).config


def test_a_vision_half_in_this_process_and_a_publisher_in_its_own_meet(
    tmp_path: Path, config: Config
) -> None:
    file = write_configuration(tmp_path, config, {**NOWHERE, "decision": {"cooldown_s": 0}})
    made = load(file).config
    pictures = [photograph.pixels for photograph in scenes.photographs(SAMPLES)[:6]]
    with HalfProcess("publisher", file) as publisher:
        publisher.wait_until_ready(20.0)
        camera = FramesInMemory(pictures, hold=5)
        wall = Path(made.link.socket)
        found = model.load(made.model)
        vision = half.build(made, found, lambda: link.connect(str(wall)), source=camera)
        vision.start(lambda: None)
        wait_until(lambda: vision.frames > 30, 20.0)
        vision.check()
        used_s = publisher.cpu_s()
        wait_until(lambda: "vision" in publisher.said, 20.0)
        assert vision.stop()
        memory, pss_mb = publisher.memory(), publisher.pss_mb()
    assert used_s > 0
    assert pss_mb is None or 0 < pss_mb <= memory.peak_mb  # root alone may see it
    assert publisher.pss_mb() is None
    assert 0 < memory.rss_mb <= memory.peak_mb
    with pytest.raises(HalfEndedError):
        publisher.check()


def test_a_change_is_merged_and_an_empty_section_replaces_one(
    tmp_path: Path, config: Config
) -> None:
    changes = {"camera": {"fps": None}, "decision": {"groups": {}}}
    made = load(write_configuration(tmp_path, config, changes)).config
    assert made.camera == msgspec.structs.replace(config.camera, fps=None)
    assert config.decision.groups
    assert not made.decision.groups
    assert Path(made.outbox.file).is_relative_to(tmp_path)


def test_a_half_that_ends_gives_its_exit_code_and_its_reason(
    tmp_path: Path, config: Config
) -> None:
    file = write_configuration(tmp_path, config, {"model": {"sha256": "0" * 64}})
    with HalfProcess("vision", file) as vision, pytest.raises(HalfEndedError) as caught:
        vision.wait_until_ready(20.0)
    assert caught.value.exit_code == 78
    assert "sha256" in str(caught.value)
    assert str(tmp_path / "config.yaml") not in str(caught.value)


def test_a_half_that_ends_by_itself_is_said_to(tmp_path: Path, config: Config) -> None:
    once = {"stills": {"hold_s": 0.001, "loop": False}}
    file = write_configuration(tmp_path, config, {**NOWHERE, "camera": {"fps": None, **once}})
    with HalfProcess("vision", file) as vision:

        def ended() -> bool:
            try:
                vision.check()
            except HalfEndedError as error:
                return "has ended by itself" in str(error) and error.exit_code == 1
            return False

        wait_until(ended, 60.0, poll_s=0.05)


def test_a_camera_that_is_not_there_is_no_reason_to_wait_for_it(
    tmp_path: Path, config: Config
) -> None:
    away = {"source": "opencv", "opencv": {"source": "/dev/video63"}}
    file = write_configuration(tmp_path, config, {"camera": away})
    with HalfProcess("vision", file) as vision, pytest.raises(HalfEndedError) as caught:
        vision.wait_until_ready(100.0)
    assert caught.value.exit_code == 1
    assert "/dev/video63" in str(caught.value)
