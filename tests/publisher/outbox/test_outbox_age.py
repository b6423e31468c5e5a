"""Events that wait too long, in the appliance's own time; and what is remembered of boots."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.queues import RUN, Queues, check_account, fill, labels, queues, sighting, waiting

from edgecam.appliance import clock

DAY_S = 86_400.0


@pytest.fixture
def opened() -> Iterator[Queues]:
    with queues() as made:
        yield made


def test_what_is_too_old_gives_way_and_is_counted(tmp_path: Path, opened: Queues) -> None:
    outbox = opened.open(tmp_path / "q.db", max_age_days=2)
    fill(outbox, 1, 30)
    opened.tidy_later(outbox, DAY_S)
    fill(outbox, 31, 40)
    opened.tidy_later(outbox, DAY_S - 10)
    assert len(labels(outbox)) == 40
    opened.tidy_later(outbox, 3600.0)
    assert labels(outbox) == [f"label {n}" for n in range(31, 41)]
    loss = waiting(outbox)[-1].event
    assert (loss.event_type, loss.reason) == ("loss", "queue_expired")
    assert (loss.count, loss.first_seq, loss.last_seq) == (30, 1, 30)
    assert outbox.lost == 30
    check_account(outbox, 40)


def test_time_that_the_appliance_was_off_does_not_count(tmp_path: Path, opened: Queues) -> None:
    file = tmp_path / "q.db"
    outbox = opened.open(file, max_age_days=1)
    fill(outbox, 1, 3)
    for _ in range(5):
        opened.tidy_later(outbox, 4 * 3600.0)
        outbox.close()
        opened.clock.now_s = 0.0  # a new boot, after any time at all
        outbox = opened.open(file, max_age_days=1)
        outbox.tidy()
        assert len(labels(outbox)) == 3  # 20 hours in all
    for _ in range(5):
        opened.tidy_later(outbox, 3600.0)
    assert labels(outbox) == []


@pytest.mark.parametrize("jump_s", [10 * 365 * DAY_S, -10 * 365 * DAY_S])
def test_a_clock_that_jumps_ten_years_drops_nothing(
    tmp_path: Path, opened: Queues, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    outbox = opened.open(tmp_path / "q.db", max_age_days=1)
    fill(outbox, 1, 5)
    now_ns = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now_ns + round(jump_s * 1e9))
    opened.tidy_later(outbox, 2 * 3600.0)
    fill(outbox, 6, 7)
    opened.tidy_later(outbox, 2 * 3600.0)
    assert labels(outbox) == [f"label {n}" for n in range(1, 8)]
    assert outbox.lost == 0


def test_a_boot_is_remembered_once_its_clock_is_set(
    tmp_path: Path, opened: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored in a boot whose clock was set only later, sent in the next one."""
    file = tmp_path / "q.db"
    monkeypatch.setattr(clock, "boot_id", lambda: "1" * 32)
    monkeypatch.setattr(clock, "synchronized", lambda: False)
    outbox = opened.open(file)
    outbox.commit(RUN, [(1, sighting("label 1"))], {})
    outbox.tidy()
    assert waiting(outbox)[0].boot_offset_ns is None
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    offset_ns = clock.wall_ns(0)
    opened.tidy_later(outbox)
    outbox.close()

    monkeypatch.setattr(clock, "boot_id", lambda: "2" * 32)
    (queued,) = waiting(opened.open(file))
    assert queued.boot_offset_ns is not None
    assert abs(queued.boot_offset_ns - offset_ns) < 10**9


def test_a_hundred_boots_are_remembered(
    tmp_path: Path, opened: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    outbox = opened.open(tmp_path / "q.db")
    for number in range(110):
        monkeypatch.setattr(clock, "boot_id", lambda number=number: f"{number:032}")
        outbox.commit(RUN, [(number + 1, sighting(f"label {number}"))], {})
        opened.tidy_later(outbox)
    outbox.close()
    known = [
        queued.boot_offset_ns is not None for queued in waiting(opened.open(tmp_path / "q.db"))
    ]
    assert known == [False] * 10 + [True] * 100


def test_what_was_delivered_is_deleted_with_the_next_commit_or_after_a_while(
    tmp_path: Path, opened: Queues
) -> None:
    file = tmp_path / "q.db"

    def on_disk() -> int:
        return len(outbox._disk.rows(0, 1000))

    outbox = opened.open(file)
    outbox.tidy()
    fill(outbox, 1, 10)
    outbox.acknowledge(queued.place for queued in outbox.after(0, 4))
    assert (outbox.count, on_disk()) == (6, 10)
    fill(outbox, 11, 11)
    assert (outbox.count, on_disk()) == (7, 7)
    outbox.acknowledge(queued.place for queued in outbox.after(0, 2))
    opened.tidy_later(outbox, 60.0)
    assert on_disk() == 7
    opened.tidy_later(outbox, 40.0)
    assert on_disk() == 5
    fill(outbox, 12, 300, at_once=50)
    outbox.acknowledge(queued.place for queued in outbox.after(0, 250))
    outbox.tidy()
    assert on_disk() == outbox.count == 44


def test_runs_used_longest_ago_are_forgotten(tmp_path: Path, opened: Queues) -> None:
    outbox = opened.open(tmp_path / "q.db")
    for run in range(1, 1020):
        outbox.commit(run, [(1, sighting("label 1")), (2, None)], {})
    assert outbox.committed(1) == 0
    assert {outbox.committed(run) for run in range(100, 1020)} == {2}
