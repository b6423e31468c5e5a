"""Rows 19 and 20 of the fault catalogue: a disk that is full, or read-only. On real ones."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.mounts import loop, make_ext4, mounted, remount, tmpfs
from support.queues import (
    RUN,
    Queues,
    check_account,
    fill,
    labels,
    queues,
    sighting,
    trouble,
    waiting,
)

_HERE = Path(__file__).parents[2]


@pytest.fixture
def opened() -> Iterator[Queues]:
    with queues() as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", "1m") as folder:
        yield folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", "4m") as folder:
        yield folder


def use_up(folder: Path) -> Path:
    """A file of somebody else's that takes all the room there is."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65_536, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_disk_full_the_oldest_give_way_and_are_counted(
    small_disk: Path, opened: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = opened.open(small_disk / "q.db", max_mb=64)
    assert fill(outbox, 1, 6000, at_once=5) == 6000
    assert trouble(outbox) == "full"
    assert outbox.lost > 0
    assert len(labels(outbox)) > 500
    assert labels(outbox)[-1] == "label 6000"
    check_account(outbox, 6000)
    assert caplog.text.count("the oldest events give way") == 1
    outbox.close()
    outbox = opened.open(small_disk / "q.db", max_mb=64)
    check_account(outbox, 6000)


def test_disk_filled_by_another_file_the_queue_lives_on_its_reserve_until_there_is_room(
    disk: Path, opened: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = opened.open(disk / "q.db", max_mb=2)
    fill(outbox, 1, 500)
    filler = use_up(disk)
    assert fill(outbox, 501, 3000) == 3000
    assert trouble(outbox) == "full"
    check_account(outbox, 3000)
    opened.tidy_later(outbox)
    assert trouble(outbox) == "full"
    filler.unlink()
    for _ in range(2):
        opened.tidy_later(outbox)
    assert trouble(outbox) == ""
    assert (disk / "q.db.reserve").stat().st_blocks > 0
    assert caplog.text.count("the oldest events give way") == 1
    assert caplog.text.count("is well again") == 1
    fill(outbox, 3001, 3100)
    check_account(outbox, 3100)


def test_disk_filled_to_the_last_byte_events_wait_in_memory_and_are_not_called_committed(
    disk: Path, opened: Queues
) -> None:
    outbox = opened.open(disk / "q.db", max_mb=2)
    fill(outbox, 1, 300)
    (disk / "q.db.reserve").unlink()
    filler = use_up(disk)
    assert fill(outbox, 301, 310) == 300
    assert trouble(outbox) == "full"
    assert labels(outbox) == [f"label {n}" for n in range(1, 311)]
    before = [(queued.epoch, queued.seq) for queued in waiting(outbox)]
    filler.unlink()
    for _ in range(2):
        opened.tidy_later(outbox)
    assert outbox.committed(RUN) == 310
    assert [(queued.epoch, queued.seq) for queued in waiting(outbox)] == before
    assert trouble(outbox) == ""


def test_disk_full_while_a_broker_takes_everything_nothing_is_lost_and_it_heals(
    small_disk: Path, opened: Queues
) -> None:
    """The reserve is enough for what is on its way, and somebody else takes what it gave free."""
    outbox = opened.open(small_disk / "q.db", max_mb=64)
    fill(outbox, 1, 20)
    outbox.acknowledge(queued.place for queued in waiting(outbox))
    filler = use_up(small_disk)
    taken = 20
    for number in range(21, 400):
        fill(outbox, number, number)
        taken += len(labels(outbox))
        outbox.acknowledge(queued.place for queued in waiting(outbox))
        if number % 50 == 0:
            opened.tidy_later(outbox)
            use_up(small_disk)
    assert trouble(outbox) == "full"
    assert (taken, outbox.lost) == (399, 0)
    filler.unlink()
    for _ in range(2):
        opened.tidy_later(outbox)
    assert trouble(outbox) == ""
    assert (small_disk / "q.db.reserve").stat().st_blocks > 0


_WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from edgecam.publisher.outbox import Outbox
from support.queues import fill
outbox = Outbox(Path(sys.argv[1]), max_events=1000, max_mb=4, max_age_days=30)
fill(outbox, 1, 40)
os._exit(0)
"""


def test_disk_read_only_at_the_start_what_is_there_is_delivered_and_the_rest_waits_in_memory(
    disk: Path, opened: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    """Its last owner was killed, so that all of it is in the -wal."""
    file = disk / "q.db"
    subprocess.run([sys.executable, "-c", _WRITER, str(file), str(_HERE)], check=True, timeout=30)
    assert (disk / "q.db-wal").stat().st_size > 0
    remount(disk, "ro")
    outbox = opened.open(file)
    assert trouble(outbox) == "read_only"
    assert labels(outbox) == [f"label {n}" for n in range(1, 41)]
    assert outbox.committed(RUN) == 40
    assert fill(outbox, 41, 43) == 40
    assert outbox.count == 43
    found = waiting(outbox)
    assert {queued.epoch for queued in found[40:]}.isdisjoint(q.epoch for q in found[:40])

    outbox.acknowledge(queued.place for queued in found[:41])
    assert outbox.committed(RUN) == 41
    assert labels(outbox) == ["label 42", "label 43"]
    assert fill(outbox, 41, 44) == 41  # a resend is recognised here too
    assert outbox.count == 3
    opened.tidy_later(outbox)
    assert caplog.text.count("read-only") == 1

    before = [(queued.epoch, queued.seq, queued.place) for queued in waiting(outbox)]
    remount(disk, "rw")
    opened.tidy_later(outbox)
    assert trouble(outbox) == ""
    assert caplog.text.count("is well again") == 1
    assert outbox.committed(RUN) == 44
    assert [(queued.epoch, queued.seq, queued.place) for queued in waiting(outbox)] == before
    outbox.acknowledge([before[0][2]])
    outbox.close()
    outbox = opened.open(file)
    assert labels(outbox) == ["label 43", "label 44"]
    assert outbox.committed(RUN) == 44


def test_disk_read_only_without_a_queue_everything_goes_through_memory(
    disk: Path, opened: Queues
) -> None:
    remount(disk, "ro")
    outbox = opened.open(disk / "state" / "q.db")
    assert trouble(outbox) == "read_only"
    assert fill(outbox, 1, 5) == 0
    assert labels(outbox) == [f"label {n}" for n in range(1, 6)]
    outbox.acknowledge([waiting(outbox)[0].place])
    assert outbox.committed(RUN) == 1
    remount(disk, "rw")
    opened.tidy_later(outbox)
    assert trouble(outbox) == ""
    assert outbox.committed(RUN) == 5
    assert fill(outbox, 6, 6) == 6
    assert labels(outbox) == [f"label {n}" for n in range(2, 7)]


def test_disk_becomes_read_only_while_running(
    tmp_path: Path, opened: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    """As a card does it: ext4 meets an error, and allows no more writing."""
    make_ext4(tmp_path / "image", "16M")
    with (
        loop(tmp_path / "image") as device,
        mounted(device, tmp_path / "disk", "errors=remount-ro") as disk,
    ):
        outbox = opened.open(disk / "q.db")
        fill(outbox, 1, 20)
        outbox.acknowledge(queued.place for queued in outbox.after(0, 5))
        Path(f"/sys/fs/ext4/{device.name}/trigger_fs_error").write_text("1")
        assert fill(outbox, 21, 22) == 20
        assert trouble(outbox) == "read_only"
        assert labels(outbox) == [f"label {n}" for n in range(6, 23)]
        outbox.acknowledge(queued.place for queued in waiting(outbox))
        assert outbox.committed(RUN) == 22
        assert waiting(outbox) == []
        for _ in range(3):
            opened.tidy_later(outbox)
        assert trouble(outbox) == "read_only"
        assert len([line for line in caplog.messages if "the disk of" in line]) == 1
        outbox.close()


def test_memory_is_bounded_and_what_gives_way_is_counted(disk: Path, opened: Queues) -> None:
    remount(disk, "ro")
    outbox = opened.open(disk / "q.db")
    outbox.commit(RUN, [(n, sighting(f"label {n}")) for n in range(1, 2501)], {"camera": "dark"})
    check_account(outbox, 2500)
    assert outbox.count <= 1001
    assert outbox.lost == 2500 - len(labels(outbox))
    assert outbox.fact("camera") == "dark"
    remount(disk, "rw")
    opened.tidy_later(outbox)
    assert outbox.lost == 2500 - len(labels(outbox))
    outbox.close()
    assert opened.open(disk / "q.db").fact("camera") == "dark"


def test_facts_learned_while_the_disk_takes_nothing_are_written_later(
    disk: Path, opened: Queues
) -> None:
    opened.open(disk / "q.db").close()
    remount(disk, "ro")
    outbox = opened.open(disk / "q.db")
    outbox.learn({"paused": "yes"})
    assert outbox.fact("paused") == "yes"
    remount(disk, "rw")
    opened.tidy_later(outbox)
    outbox.close()
    assert opened.open(disk / "q.db").fact("paused") == "yes"


def test_a_loss_of_events_of_another_epoch_names_it(disk: Path, opened: Queues) -> None:
    """What memory held keeps its names on disk, and a loss of them must not be taken for ours."""
    outbox = opened.open(disk / "q.db", max_events=100)
    fill(outbox, 1, 5)
    (disk / "q.db.reserve").unlink()
    filler = use_up(disk)
    fill(outbox, 6, 20)
    memory_epoch = waiting(outbox)[-1].epoch
    own_epoch = waiting(outbox)[0].epoch
    assert memory_epoch != own_epoch
    filler.unlink()
    for _ in range(2):
        opened.tidy_later(outbox)
    fill(outbox, 21, 140)
    losses = [queued.event for queued in waiting(outbox) if queued.event.event_type == "loss"]
    of_memory = [loss for loss in losses if loss.lost_epoch is not None]
    assert {loss.lost_epoch for loss in of_memory} == {memory_epoch}
    assert len(of_memory) < len(losses)
