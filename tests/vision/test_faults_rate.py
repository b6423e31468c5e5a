"""The fault catalogue's rates: a camera of 200 fps, a board that is too hot for the usual rate."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fake_cameras import FastCamera
from support.made_board import MadeBoard
from support.tiny_models import tiny_model
from support.vision_half import VisionHalf
from support.waiting import wait_until

from edgecam.appliance.board import Board
from edgecam.arrays import Scores
from edgecam.messages import VisionHealth
from edgecam.model import Model
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier
from edgecam.vision.governor import Governor

MB = 2**20


class Slow(Classifier):
    """Answers as slowly as on a small board, so that frames have to give way."""

    def look(self, *given: Any) -> Scores:
        time.sleep(0.01)
        return super().look(*given)


@pytest.fixture
def found(tmp_path: Path) -> Model:
    return tiny_model(tmp_path / "tiny.tflite").load(mean=[0.0], std=[255.0])


Start = Callable[..., VisionHalf]


@pytest.fixture
def start(found: Model) -> Iterator[Start]:
    made: list[VisionHalf] = []

    def begin(camera: Camera, **options: Any) -> VisionHalf:
        classifier = Slow(found, "litert", 1)
        made.append(VisionHalf(camera, found=found, classifier=classifier, **options))
        return made[-1]

    yield begin
    for half in made:
        assert half.end()


def resident_bytes() -> int:
    """What this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def test_a_camera_of_200_fps_newest_wins_drops_are_counted_and_memory_is_flat(
    start: Start,
) -> None:
    camera = FastCamera(1000.0)  # even faster, so that thousands of frames take seconds
    half = start(camera)
    wait_until(lambda: camera.captures >= 500, 20)
    before = resident_bytes()
    wait_until(lambda: camera.captures >= 4500, 60)
    assert resident_bytes() - before < 5 * MB
    assert camera.most_held <= 4  # made, in the mailbox, being looked at, being let go of
    assert half.failed() is None
    assert half.service.alive
    last = [each for each in half.publisher.records if isinstance(each, VisionHealth)][-1]
    assert last.dropped > 500
    assert last.last_frame_age_ms is not None
    assert last.last_frame_age_ms < 5000  # the newest, not one of a queue
    assert half.service.frames + half.service._mailbox.dropped <= camera.captures


def test_a_board_at_85_degrees_looks_at_fewer_frames(start: Start, tmp_path: Path) -> None:
    MadeBoard(tmp_path).is_at(85.0)
    governor = Governor(Board(tmp_path), None, 10.0)
    camera, started_s = FastCamera(pace=governor.pace), time.monotonic()
    half = start(camera, governor=governor)
    wait_until(lambda: camera.captures >= 200, 30)
    # Where no rate is set, five of a second's frames are looked at; the first at once.
    assert 1 <= half.service.frames <= 5 * (time.monotonic() - started_s) + 1
    assert half.service._mailbox.dropped == 0
