"""Videos and streams that change while they are looked at: they grow, stop, or change their size."""

import logging
import shutil
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.frames import noise
from support.mjpeg import NetworkCamera, network_camera
from support.paces import pace_of

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import OpencvOptions
from edgecam.errors import CameraError, ConfigError
from edgecam.vision.camera import EndOfFrames, StaleFrames, stale
from edgecam.vision.camera.opencv import OpencvCamera

NEARLY = 12


def camera(source: Path | str, *, loop: bool = False, **options: Any) -> OpencvCamera:
    opencv = OpencvOptions(source=str(source), loop=loop)
    given = CameraOptions(**{"source": "opencv", "fps": None, "opencv": opencv, **options})
    return OpencvCamera(given, pace_of(given))


def record(file: Path, codec: str, count: int, size: tuple[int, int] = (320, 240)) -> Path:
    """A video of noise, in which no frame is like another."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), 1000, size)
    assert writer.isOpened()
    for seed in range(count):
        writer.write(noise(size[1], size[0], seed))
    writer.release()
    return file


def count_frames(source: OpencvCamera) -> int:
    """How many frames come until the end."""
    for number in range(1000):
        try:
            assert source.capture(1.0) is not None
        except EndOfFrames:
            return number
    pytest.fail("there is no end")


@pytest.fixture(params=["MJPG.avi", "mp4v.avi", "MJPG.mkv"])
def video(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, bytes]:
    """Half of a video, as one that is still being written, and the other half."""
    codec, _, ending = request.param.partition(".")
    file = record(tmp_path / f"video.{ending}", codec, 20)
    content = file.read_bytes()
    half = len(content) // 2
    file.write_bytes(content[:half])
    return file, content[half:]


def grow(file: Path, more: bytes) -> None:
    with file.open("ab") as end:
        end.write(more)


def test_a_file_that_grows_is_told_of_at_its_end(video: tuple[Path, bytes]) -> None:
    file, more = video
    source = camera(file)
    source.open()
    assert source.capture(1.0) is not None
    grow(file, more)
    with pytest.raises(CameraError, match=r"has grown since it was opened.*once it is whole") as it:
        count_frames(source)
    assert it.value.reason == "unusable"
    source.close()


def test_a_file_that_stopped_growing_ends_where_it_ends(video: tuple[Path, bytes]) -> None:
    file, more = video
    source = camera(file)
    source.open()
    halves = count_frames(source)
    source.close()
    grow(file, more)
    source.open()
    assert 0 < halves < count_frames(source)
    source.close()


def test_with_loop_what_was_added_comes_in_the_next_round(video: tuple[Path, bytes]) -> None:
    file, more = video
    whole = file.with_stem("whole")
    whole.write_bytes(file.read_bytes() + more)
    half, all_of_it = (count_until_end(each) for each in (file, whole))
    source = camera(file, loop=True)
    source.open()
    taken = [lines(source) for _ in range(half)]
    grow(file, more)
    taken += [lines(source) for _ in range(all_of_it)]
    again = lines(source)
    source.close()
    assert np.array_equal(taken[half], taken[0])
    assert np.array_equal(again, taken[0])
    assert len({each.tobytes() for each in taken[half:]}) == all_of_it


def count_until_end(file: Path) -> int:
    source = camera(file)
    source.open()
    number = count_frames(source)
    source.close()
    return number


def lines(source: OpencvCamera) -> Pixels:
    """Some lines of the next frame, of which the camera keeps nothing."""
    frame = source.capture(1.0)
    assert frame is not None
    return frame.pixels[:64:16].copy()


def test_with_loop_a_file_that_cannot_be_rewound_starts_again_too(tmp_path: Path) -> None:
    """Pictures one after another, with nothing between them, have no places to go to."""
    pictures = [cv2.imencode(".jpg", noise(48, 64, seed))[1].tobytes() for seed in range(3)]
    file = tmp_path / "video.mjpeg"
    file.write_bytes(b"".join(pictures))
    video = cv2.VideoCapture(str(file))
    while video.grab():
        pass
    assert not (video.set(cv2.CAP_PROP_POS_FRAMES, 0) and video.grab())
    source = camera(file, loop=True)
    source.open()
    taken = [lines(source).tobytes() for _ in range(7)]
    source.close()
    assert taken == [*taken[:3], *taken[:3], taken[0]]
    assert len(set(taken)) == 3


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.unlink(), "cannot be shown again"),
        (lambda file: file.write_bytes(b"nothing"), "cannot be shown again"),
    ],
)
def test_with_loop_a_file_that_is_gone_or_spoilt_is_told_of(
    tmp_path: Path, spoil: Callable[[Path], Any], words: str
) -> None:
    file = record(tmp_path / "video.avi", "MJPG", 2)
    source = camera(file, loop=True)
    source.open()
    for _ in range(2):
        assert source.capture(1.0) is not None
    spoil(file)
    with pytest.raises(CameraError, match=words):
        source.capture(1.0)
    source.close()


def test_another_file_in_its_place_may_be_of_another_size(tmp_path: Path) -> None:
    file = record(tmp_path / "video.avi", "MJPG", 2)
    source = camera(file, loop=True, rotation=90, hflip=True)
    source.open()
    shapes = []
    for number in range(4):
        frame = source.capture(1.0)
        assert frame is not None
        shapes.append(frame.pixels.shape)
        if number == 1:
            shutil.copy(record(tmp_path / "other.avi", "MJPG", 2, (64, 48)), file)
    source.close()
    assert shapes == [(320, 240, 3)] * 2 + [(64, 48, 3)] * 2


def test_what_has_no_end_cannot_loop() -> None:
    with network_camera() as network:
        source = camera(network.url.replace("http://", "http://me:secret@"), loop=True)
        with pytest.raises(ConfigError, match=r"cannot start again.*video file") as caught:
            source.open()
    assert caught.value.option == "camera.opencv.loop"
    assert "secret" not in str(caught.value)


@pytest.fixture
def network() -> Iterator[NetworkCamera]:
    with network_camera() as made:
        yield made


def opened(network: NetworkCamera) -> OpencvCamera:
    source = camera(network.url)
    source.open()
    frame = source.capture(2.0)
    assert frame is not None
    assert frame.pixels.shape == (48, 64, 3)
    assert abs(int(frame.pixels[1, 1, 0]) - 90) <= NEARLY
    return source


def until_stopped(source: OpencvCamera) -> CameraError:
    """What is said once the frames that were under way have come."""
    try:
        for _ in range(1000):
            source.capture(1.0)
    except CameraError as error:
        return error
    finally:
        source.close()
    pytest.fail("it goes on")


def test_a_stream_whose_sender_hangs_up_is_a_stalled_one(network: NetworkCamera) -> None:
    source = opened(network)
    network.ended = True
    error = until_stopped(source)
    assert error.reason == "stalled"
    assert str(error) == f"{network.url} stopped delivering frames"


def test_a_stream_whose_sender_falls_silent_is_a_stalled_one(
    network: NetworkCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgecam.vision.camera.opencv.READ_TIMEOUT_MS", 300)
    source = opened(network)
    network.silent = True
    error = until_stopped(source)
    assert error.reason == "stalled"
    assert str(error) == f"{network.url} stopped delivering frames"


@pytest.mark.parametrize(
    "shape",
    [(96, 128, 3), (36, 48, 3), (480, 640, 3), (48, 64)],
    ids=["x2", "smaller", "x10", "grey"],
)
def test_a_stream_that_changes_its_size_or_colour_shows_what_it_sends(
    network: NetworkCamera,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    shape: tuple[int, ...],
) -> None:
    """OpenCV 4.11 must be opened anew for it; 5 scales to the size of the first picture."""
    monkeypatch.setattr(stale, "PATIENCE_NS", 200_000_000)
    caplog.set_level(logging.INFO, "edgecam")
    source = opened(network)
    network.shown = np.full(shape, 200, np.uint8)
    deadline_s = time.monotonic() + 10.0
    seen: Pixels | None = None
    while seen is None or np.abs(seen.astype(int) - 200).max() > NEARLY:
        assert time.monotonic() < deadline_s
        try:
            frame = source.capture(2.0)
        except StaleFrames:
            source.close()
            source.open()
            continue
        assert frame is not None
        seen = frame.pixels
    source.close()
    assert network.watched == 1 + len(caplog.records)
    if network.watched > 1:
        assert seen.shape == (*shape[:2], 3)
        assert caplog.records[0].message == f"{network.url} shows nothing new: opening it again"


def test_a_stream_that_becomes_much_narrower_goes_on_or_ends_with_a_clear_line(
    network: NetworkCamera,
) -> None:
    """OpenCV 4.11 raises; 5 scales."""
    source = opened(network)
    network.shown = np.full((48, 32, 3), 200, np.uint8)
    deadline_s, brightness, error = time.monotonic() + 10.0, 90, ""
    while not error and abs(brightness - 200) > NEARLY:
        assert time.monotonic() < deadline_s
        try:
            frame = source.capture(2.0)
            assert frame is not None
            brightness = int(frame.pixels[1, 1, 0])
        except CameraError as caught:
            error = str(caught)
    source.close()
    assert error in ("", f"{network.url} gives frames that cannot be decoded")


def test_a_stream_that_does_not_change_its_size_is_not_opened_again(
    network: NetworkCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale, "PATIENCE_NS", 200_000_000)
    source = opened(network)
    started_s = time.monotonic()
    while time.monotonic() - started_s < 1.0:
        assert source.capture(2.0) is not None
    source.close()
    assert network.watched == 1


@pytest.mark.parametrize(
    "turn", [{}, {"hflip": True}, {"rotation": 90}, {"rotation": 270, "vflip": True}]
)
def test_a_frame_takes_no_large_memory(tmp_path: Path, turn: dict[str, Any]) -> None:
    source = camera(record(tmp_path / "video.avi", "MJPG", 20), **turn)
    source.open()
    source.capture(1.0)
    tracemalloc.start()
    try:
        blank = np.zeros(4097, np.uint8)
        assert tracemalloc.get_traced_memory()[1] > 4096  # NumPy reports what it allocates
        del blank
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(10):
            assert source.capture(1.0) is not None
        assert tracemalloc.get_traced_memory()[1] - before <= 4096
    finally:
        tracemalloc.stop()
    source.close()
