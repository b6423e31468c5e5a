"""Rows 21, 22 and 45 of the fault catalogue: queue files that are damaged, cut, old or too new."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from support.mounts import loop, make_ext4, mounted
from support.queues import RUN, Queues, fill, labels, queues, waiting

from edgecam.errors import OutboxError
from edgecam.publisher.outbox import Outbox, mark
from edgecam.publisher.outbox.delivered import Delivered
from edgecam.publisher.stored_event import happened

PAGE = 1024
EVENTS = 60
DELIVERED = 10
OLD_EPOCH = "5d826b11"
OLD = Path(__file__).parent / "data" / "outbox-version-1.db"
_TESTS = Path(__file__).parents[2]


@pytest.fixture
def opened() -> Iterator[Queues]:
    with queues() as made:
        yield made


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """An ext4, which keeps extended attributes."""
    make_ext4(tmp_path / "image", "16M")
    with loop(tmp_path / "image") as device, mounted(device, tmp_path / "card") as folder:
        yield folder


def a_queue(file: Path, opened: Queues) -> str:
    """Events 11 to 60 wait in it; its epoch."""
    outbox = opened.open(file)
    fill(outbox, 1, EVENTS)
    outbox.acknowledge(queued.place for queued in outbox.after(0, DELIVERED))
    epoch = waiting(outbox)[0].epoch
    outbox.close()
    return epoch


def covered(outbox: Outbox) -> set[int]:
    """The numbers that losses speak of."""
    events = [queued.event for queued in waiting(outbox)]
    ranges = [(event.first_seq, event.last_seq) for event in events if event.reason]
    return {n for first, last in ranges if first and last for n in range(first, last + 1)}


def overwritten(page: bytes, random: Random) -> Iterator[bytes]:
    """What may become of a page."""
    yield random.randbytes(len(page))
    yield bytes(len(page))
    flipped = bytearray(page)
    for place in range(40, len(page), 100):
        flipped[place] ^= 0xFF
    yield bytes(flipped)


def test_each_page_damaged_in_turn_it_starts_and_every_event_is_saved_or_told_of(
    tmp_path: Path, opened: Queues
) -> None:
    original = tmp_path / "original.db"
    epoch = a_queue(original, opened)
    whole = original.read_bytes()
    random = Random(7)  # noqa: S311  damage that can be made again
    least_saved = EVENTS
    for number in range(len(whole) // PAGE):
        begin, end = number * PAGE, (number + 1) * PAGE
        for kind, damage in enumerate(overwritten(whole[begin:end], random)):
            file = tmp_path / f"{number}-{kind}" / "q.db"
            file.parent.mkdir()
            file.write_bytes(whole[:begin] + damage + whole[end:])
            mark.write(file, *mark.read(original))
            outbox = opened.open(file)
            found = waiting(outbox)
            saved = {queued.seq for queued in found if queued.epoch == epoch}
            assert set(range(DELIVERED + 1, EVENTS + 1)) <= saved | covered(outbox)
            for queued in found:
                assert queued.event.label in (None, f"label {queued.seq}")
            least_saved = min(least_saved, len(labels(outbox)))
            outbox.commit(RUN + 1, [(1, happened("camera_ok"))], {})
            names = [(queued.epoch, queued.seq) for queued in waiting(outbox)]
            assert len(names) == len(set(names))
            assert (epoch, EVENTS) in names or EVENTS in covered(outbox)
            outbox.close()
    assert least_saved >= EVENTS - DELIVERED - 4  # a page holds no more than four


def test_a_damaged_file_is_set_aside_whole_and_salvaged_and_said(
    tmp_path: Path, opened: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "q.db"
    outbox = opened.open(file)
    fill(outbox, 1, 50)
    outbox.commit(RUN, [(51, None)], {"camera": "missing"})
    outbox.close()
    content = bytearray(file.read_bytes())
    at = content.index(b"label 20")
    content[at : at + 8] = b"xxxxxxxx"
    file.write_bytes(content)
    outbox = opened.open(file)
    assert outbox.set_aside is not None
    assert outbox.set_aside.read_bytes() == bytes(content)
    assert outbox.set_aside.name in caplog.text
    assert outbox.lost == 1
    assert labels(outbox) == [f"label {n}" for n in range(1, 51) if n != 20]
    loss = waiting(outbox)[-1].event
    assert (loss.event_type, loss.reason) == ("loss", "queue_damaged")
    assert (loss.count, loss.first_seq, loss.last_seq) == (1, 20, 20)
    assert outbox.fact("camera") == "missing"
    assert outbox.committed(RUN) == 51
    fill(outbox, 52, 52)
    assert len({(queued.epoch, queued.seq) for queued in waiting(outbox)}) == 51


def test_damage_that_shows_while_running_is_salvaged_then(tmp_path: Path, opened: Queues) -> None:
    file = tmp_path / "q.db"
    a_queue(file, opened)
    outbox = opened.open(file)
    content = file.read_bytes()
    at = content.index(b"label 30")
    with file.open("r+b") as stream:
        stream.seek(at)
        stream.write(b"xxxxxxxx")
    database = outbox._disk._database
    assert database is not None
    database._connection.execute("PRAGMA shrink_memory")  # what it had read before
    assert waiting(outbox) == []
    outbox.tidy()
    assert labels(outbox) == [f"label {n}" for n in range(11, 61) if n != 30]
    assert covered(outbox) == {30}
    assert fill(outbox, 61, 62) == 62
    assert labels(outbox)[-1] == "label 62"


_KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from edgecam.publisher.outbox import Outbox
from support.queues import fill
outbox = Outbox(Path(sys.argv[1]), max_events=1000, max_mb=4, max_age_days=30)
fill(outbox, 1, 20)
outbox.close()
outbox = Outbox(Path(sys.argv[1]), max_events=1000, max_mb=4, max_age_days=30)
fill(outbox, 21, 40)
os._exit(0)
"""


def delete(wal: Path) -> None:
    wal.unlink()


def cut(wal: Path) -> None:
    os.truncate(wal, wal.stat().st_size // 2)


def garble(wal: Path) -> None:
    content = wal.read_bytes()
    wal.write_bytes(content[: len(content) // 2] + bytes(len(content) // 2))


@pytest.mark.parametrize("harm", [delete, cut, garble])
def test_a_wal_that_is_deleted_or_cut_opens_and_what_it_held_is_told(
    card: Path, opened: Queues, harm: Callable[[Path], None]
) -> None:
    file = card / "q.db"
    subprocess.run([sys.executable, "-c", _KILLED, str(file), str(_TESTS)], check=True, timeout=30)
    harm(Path(f"{file}-wal"))
    outbox = opened.open(file)
    kept = len(labels(outbox))
    assert 20 <= kept < 40
    assert labels(outbox) == [f"label {n}" for n in range(1, kept + 1)]
    loss = waiting(outbox)[-1]
    assert (loss.event.event_type, loss.event.reason) == ("loss", "queue_damaged")
    assert (loss.event.first_seq, loss.event.last_seq) == (kept + 1, 40)
    assert loss.event.count == outbox.lost == 40 - kept
    assert loss.seq == 41
    assert outbox.committed(RUN) == kept
    outbox.close()
    assert len(waiting(opened.open(file))) == kept + 1  # told once


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 40, b"0123456789", b"abcdef01 99999999999999999"]
)
def test_a_mark_that_cannot_be_read_is_no_error(card: Path, opened: Queues, content: bytes) -> None:
    file = card / "q.db"
    a_queue(file, opened)
    os.setxattr(file, "user.edgecam.mark", content)
    assert len(labels(opened.open(file))) == EVENTS - DELIVERED


def test_a_clean_stop_leaves_nothing_to_tell(card: Path, opened: Queues) -> None:
    file = card / "q.db"
    a_queue(file, opened)
    assert mark.read(file)[1] == EVENTS
    outbox = opened.open(file)
    assert len(waiting(outbox)) == EVENTS - DELIVERED
    assert outbox.lost == 0


def test_a_file_of_the_first_version_keeps_every_event_and_its_name(
    tmp_path: Path, opened: Queues
) -> None:
    """Made by the last code that knew only that: 15 events, of which 1, 2, 3 and 15 were sent."""
    file = Path(shutil.copy(OLD, tmp_path / "q.db"))
    outbox = opened.open(file)
    assert outbox.set_aside is None
    assert outbox.lost == 0
    found = waiting(outbox)
    assert {queued.epoch for queued in found} == {OLD_EPOCH}
    assert [queued.seq for queued in found] == list(range(4, 15))
    assert labels(outbox) == [f"label {n}" for n in range(4, 15)]
    assert outbox.fact("camera") == "missing"
    assert fill(outbox, 14, 16) == 16
    assert [queued.seq for queued in waiting(outbox)[-2:]] == [14, 16]
    outbox.close()
    assert len(waiting(opened.open(file))) == 12
    assert not list(tmp_path.glob("*.damaged-*"))
    assert not list(tmp_path.glob("*.new*"))


def test_a_damaged_file_of_the_first_version_is_salvaged(tmp_path: Path, opened: Queues) -> None:
    content = bytearray(OLD.read_bytes())
    root = next(n for n in range(0, len(content), 4096) if b"label 8" in content[n : n + 4096])
    content[root + 2000 : root + 2100] = os.urandom(100)
    file = tmp_path / "q.db"
    file.write_bytes(content)
    outbox = opened.open(file)
    assert outbox.set_aside is not None
    saved = {queued.seq for queued in waiting(outbox) if queued.epoch == OLD_EPOCH}
    assert set(range(4, 15)) <= saved | covered(outbox)
    assert len(saved) >= 8


def test_written_by_a_newer_version_is_refused_and_left_untouched_with_its_wal(
    tmp_path: Path, opened: Queues
) -> None:
    file = tmp_path / "q.db"
    a_queue(file, opened)
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 3")
    (tmp_path / "q.db-wal").write_bytes(b"of the newer version")
    before = {part: part.read_bytes() for part in tmp_path.iterdir()}
    with pytest.raises(Exception, match="newer edgecam") as caught:
        opened.open(file)
    assert getattr(caught.value, "exit_code", None) == 78
    assert {part: part.read_bytes() for part in tmp_path.iterdir()} == before


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, opened: Queues) -> None:
    file = tmp_path / "q.db"
    file.write_text("this is somebody's diary" * 100)
    outbox = opened.open(file)
    assert outbox.set_aside is not None
    assert "diary" in outbox.set_aside.read_text()
    assert [queued.event.reason for queued in waiting(outbox)] == ["queue_damaged"]


def test_a_folder_in_the_place_of_the_file_is_a_clear_error(tmp_path: Path, opened: Queues) -> None:
    (tmp_path / "q.db").mkdir()
    with pytest.raises(OutboxError, match=r"outbox\.file"):
        opened.open(tmp_path / "q.db")


def test_delivered_places_are_a_set_whatever_the_order() -> None:
    random = Random(3)  # noqa: S311
    for _ in range(200):
        delivered, expected = Delivered(), set[int]()
        for _ in range(random.randrange(60)):
            place = random.randrange(1, 40)
            delivered.add(place)
            expected.add(place)
        gone = delivered.ranges()
        later = set(random.sample(range(1, 60), 10)) - expected
        for place in later:
            delivered.add(place)
        assert {place for place in range(70) if place in delivered} == expected | later
        assert len(delivered) == len(expected | later)
        delivered.forget(gone)
        assert {place for place in range(70) if place in delivered} == later
        assert len(delivered) == len(later)


def test_of_files_that_were_set_aside_the_newest_two_are_kept(
    tmp_path: Path, opened: Queues
) -> None:
    file = tmp_path / "q.db"
    for _ in range(4):
        file.write_bytes(b"SQLite format 3\0" + b"\xa5" * 8000)
        outbox = opened.open(file)
        newest = outbox.set_aside
        outbox.close()
    aside = sorted(tmp_path.glob("q.db.damaged-*"))
    assert len(aside) == 2
    assert aside[-1] == newest
