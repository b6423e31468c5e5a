import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.paces import pace_of
from support.places import SAMPLES

from edgecam.arrays import Pixels
from edgecam.config import CameraOptions
from edgecam.config.options import StillsOptions
from edgecam.errors import ConfigError
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.camera.stills import StillsCamera, read_picture

# RGB
RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90)


def save(file: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 6)) -> None:
    picture = np.full((size[1], size[0], 3), colour[::-1], np.uint8)
    assert cv2.imwrite(str(file), picture)


def camera(
    folder: Path, *, hold_s: float = 1e-9, loop: bool = False, **options: Any
) -> StillsCamera:
    """A camera that shows each picture once and at once, unless told otherwise."""
    stills = StillsOptions(folder=str(folder), hold_s=hold_s, loop=loop)
    given = CameraOptions(**{"source": "stills", "fps": None, "stills": stills, **options})
    return StillsCamera(given, pace_of(given))


def frames(source: StillsCamera, limit: int = 100) -> Iterator[Pixels]:
    """What it shows until its end, or `limit` pictures."""
    source.open()
    for _ in range(limit):
        try:
            frame = source.capture(1.0)
        except EndOfFrames:
            return
        assert frame is not None
        yield frame.pixels


def colours(source: StillsCamera, limit: int = 100) -> list[tuple[int, ...]]:
    """The colour of each picture."""
    return [tuple(int(value) for value in pixels[0, 0]) for pixels in frames(source, limit)]


def test_pictures_come_in_the_order_of_their_names_and_end(tmp_path: Path) -> None:
    save(tmp_path / "b.png", BLUE)
    save(tmp_path / "c.png", GREEN)
    save(tmp_path / "a.png", RED)
    source = camera(tmp_path)
    assert colours(source) == [RED, BLUE, GREEN]
    with pytest.raises(EndOfFrames):
        source.capture(1.0)


def test_it_is_not_live_and_every_frame_says_when_it_was_taken(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    source = camera(tmp_path, hold_s=10)
    assert not source.live
    source.open()
    before_ns = time.monotonic_ns()
    frame = source.capture(1.0)
    assert frame is not None
    assert before_ns <= frame.taken_ns <= time.monotonic_ns()
    assert frame.pixels.shape == (6, 8, 3)
    assert frame.pixels.dtype == np.uint8


def test_each_picture_is_held(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    save(tmp_path / "b.png", BLUE)
    source = camera(tmp_path, hold_s=0.2)
    started_s = time.monotonic()
    shown = []
    for pixels in frames(source, 10**6):
        shown.append(tuple(int(value) for value in pixels[0, 0]))
        if shown[-1] == RED:
            assert time.monotonic() - started_s < 5
    assert time.monotonic() - started_s >= 0.4
    assert shown == [RED] * shown.count(RED) + [BLUE] * shown.count(BLUE)
    assert shown.count(RED) > 1
    assert shown.count(BLUE) > 1


def test_it_keeps_the_pace(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    source = camera(tmp_path, hold_s=60, fps=20)
    started_s = time.monotonic()
    assert len(list(frames(source, 7))) == 7
    assert 0.29 <= time.monotonic() - started_s < 5


def test_where_no_frame_is_due_in_time_there_is_none(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    source = camera(tmp_path, hold_s=60, fps=0.1)
    source.open()
    assert source.capture(0.05) is not None
    assert source.capture(0.05) is None


def test_it_says_which_picture_it_shows_and_how_large_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path / "a.png", RED, (8, 6))
    save(tmp_path / "b.png", BLUE, (5, 7))
    with caplog.at_level(logging.DEBUG, "edgecam"):
        shapes = [pixels.shape for pixels in frames(camera(tmp_path, rotation=90))]
    assert shapes == [(8, 6, 3), (5, 7, 3)]
    assert [record.getMessage() for record in caplog.records] == [
        f"showing {tmp_path}/a.png (8x6)",
        f"showing {tmp_path}/b.png (5x7)",
    ]
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}


def test_with_loop_they_come_again(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    save(tmp_path / "b.png", BLUE)
    assert colours(camera(tmp_path, loop=True), 5) == [RED, BLUE, RED, BLUE, RED]


def test_a_picture_that_is_added_is_shown_in_the_next_round(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    source = camera(tmp_path, loop=True)
    source.open()
    shown = []
    for number in range(5):
        frame = source.capture(1.0)
        assert frame is not None
        shown.append(tuple(int(value) for value in frame.pixels[0, 0]))
        if number == 0:
            save(tmp_path / "b.png", BLUE)
    assert shown == [RED, RED, BLUE, RED, BLUE]


def spoil(folder: Path) -> None:
    """Five files that nobody can read as a picture, and things that are none of our business."""
    content = (SAMPLES / "panda.jpg").read_bytes()
    (folder / "a-truncated.jpg").write_bytes(content[: len(content) // 2])
    (folder / "b-header.jpg").write_bytes(content[:20])
    (folder / "c-text.jpg").write_text("not a picture\n", encoding="ascii")
    (folder / "d-empty.jpg").touch()
    encoded = cv2.imencode(".png", np.full((50, 50, 3), 7, np.uint8))[1].tobytes()
    (folder / "e-truncated.png").write_bytes(encoded[: len(encoded) // 2])
    (folder / "folder.jpg").mkdir()
    (folder / ".hidden.jpg").write_text("left alone", encoding="ascii")


def test_what_cannot_be_read_is_skipped_and_counted(tmp_path: Path) -> None:
    spoil(tmp_path)
    save(tmp_path / "z.png", GREY)
    source = camera(tmp_path)
    assert colours(source) == [GREY]
    assert source.unreadable == 5


def test_what_cannot_be_read_is_said_once_however_many_rounds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(tmp_path)
    save(tmp_path / "z.png", GREY)
    source = camera(tmp_path, loop=True)
    with caplog.at_level(logging.WARNING):
        assert colours(source, 6) == [GREY] * 6
    said = [record.getMessage() for record in caplog.records]
    assert source.unreadable == 5
    assert len(said) == 5
    for name in ("a-truncated.jpg", "b-header.jpg", "c-text.jpg", "d-empty.jpg", "e-truncated.png"):
        assert [message for message in said if name in message] != []


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_folder_without_a_readable_picture_is_refused(tmp_path: Path, *, spoilt: bool) -> None:
    if spoilt:
        spoil(tmp_path)
    with pytest.raises(ConfigError, match="holds no picture") as caught:
        camera(tmp_path).open()
    assert caught.value.option == "camera.stills.folder"


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is not a folder") as caught:
        camera(tmp_path / name).open()
    assert caught.value.option == "camera.stills.folder"


@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("vflip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_mirrored_and_turned(tmp_path: Path, rotation: int, *, hflip: bool, vflip: bool) -> None:
    picture = np.array([[RED, GREEN, BLUE], [GREY, (1, 2, 3), (250, 251, 252)]], np.uint8)
    assert cv2.imwrite(str(tmp_path / "a.png"), picture[:, :, ::-1])
    source = camera(tmp_path, hold_s=60, rotation=rotation, hflip=hflip, vflip=vflip)
    expected = picture[:: -1 if vflip else 1, :: -1 if hflip else 1]
    (shown,) = frames(source, 1)
    np.testing.assert_array_equal(shown, np.rot90(expected, -rotation // 90))


def test_close_may_come_at_any_time(tmp_path: Path) -> None:
    source = camera(tmp_path)
    source.close()
    with pytest.raises(ConfigError):
        source.open()
    source.close()


def test_read_picture_gives_rgb(tmp_path: Path) -> None:
    picture = np.array([[RED, GREEN, BLUE]], np.uint8)
    assert cv2.imwrite(str(tmp_path / "a.bmp"), picture[:, :, ::-1])
    read = read_picture(tmp_path / "a.bmp")
    assert read is not None
    np.testing.assert_array_equal(read, picture)


def test_read_picture_makes_rgb_of_grey_and_of_transparency(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "grey.png"), np.full((3, 4), 77, np.uint8))
    assert cv2.imwrite(str(tmp_path / "clear.png"), np.full((3, 4, 4), (3, 2, 1, 128), np.uint8))
    grey, clear = read_picture(tmp_path / "grey.png"), read_picture(tmp_path / "clear.png")
    assert grey is not None
    assert clear is not None
    np.testing.assert_array_equal(grey, np.full((3, 4, 3), 77, np.uint8))
    assert clear.shape == (3, 4, 3)


def test_read_picture_reads_every_sample() -> None:
    for file in sorted(SAMPLES.glob("*.jpg")):
        pixels = read_picture(file)
        assert pixels is not None
        assert pixels.ndim == 3


def test_read_picture_gives_none_for_what_it_cannot_read(tmp_path: Path) -> None:
    spoil(tmp_path)
    assert [read_picture(file) for file in sorted(tmp_path.glob("*.[jp][pn]g"))] == [None] * 7
    assert read_picture(tmp_path / "missing.jpg") is None


def test_read_picture_refuses_a_header_that_promises_billions_of_pixels(tmp_path: Path) -> None:
    file = tmp_path / "bomb.png"
    save(file, RED)
    content = bytearray(file.read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    file.write_bytes(content)
    assert read_picture(file) is None


def test_read_picture_refuses_a_file_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(SAMPLES / "panda.jpg", tmp_path / "panda.jpg")
    monkeypatch.setattr("edgecam.vision.camera.stills.MAX_FILE_BYTES", 100)
    assert read_picture(tmp_path / "panda.jpg") is None
