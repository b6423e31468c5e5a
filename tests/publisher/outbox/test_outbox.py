"""The queue, on real SQLite files."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgecam.errors import OutboxError
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import StoredEvent, happened

RUN = 7


Open = Callable[..., Outbox]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens outboxes, and closes them whatever happens."""
    with contextlib.ExitStack() as stack:

        def open_one(file: Path, max_events: int = 1000, max_mb: int = 4) -> Outbox:
            outbox = Outbox(file, max_events=max_events, max_mb=max_mb, max_age_days=30)
            stack.callback(outbox.close)
            return outbox

        yield open_one


def sighting(label: str) -> StoredEvent:
    return happened("appeared", label=label, confidence=900)


def fill(outbox: Outbox, first: int, last: int) -> None:
    outbox.commit(RUN, [(n, sighting(f"label {n}")) for n in range(first, last + 1)], {})


def labels(outbox: Outbox) -> list[str | None]:
    return [queued.event.label for queued in outbox.after(0, 10_000)]


def test_events_come_back_in_order_with_growing_numbers(tmp_path: Path, opened: Open) -> None:
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 1, 5)
    assert [queued.seq for queued in outbox.after(0, 3)] == [1, 2, 3]
    assert [queued.seq for queued in outbox.after(3, 10)] == [4, 5]
    assert labels(outbox) == [f"label {n}" for n in range(1, 6)]


def test_a_number_is_never_used_again_even_after_everything_was_deleted(
    tmp_path: Path, opened: Open
) -> None:
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 1, 3)
    outbox.acknowledge([1, 2, 3])
    outbox.close()
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 4, 4)
    assert [queued.seq for queued in outbox.after(0, 10)] == [4]


def test_the_epoch_stays_with_the_file_and_differs_between_files(
    tmp_path: Path, opened: Open
) -> None:
    names = []
    for file in ("q.db", "q.db", "other.db"):
        outbox = opened(tmp_path / file)
        fill(outbox, 1, 2)
        names.append({queued.epoch for queued in outbox.after(0, 10)})
        outbox.close()
    assert names[0] == names[1]
    assert len(names[0]) == 1
    assert names[0].isdisjoint(names[2])


def test_a_resend_is_recognised_even_after_its_event_was_delivered(
    tmp_path: Path, opened: Open
) -> None:
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 1, 3)
    outbox.acknowledge([1, 2, 3])
    outbox.close()
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 2, 4)
    assert labels(outbox) == ["label 4"]
    assert outbox.committed(RUN) == 4
    assert outbox.committed(RUN + 1) == 0


def test_facts_are_stored_with_the_events_of_the_same_transaction(
    tmp_path: Path, opened: Open
) -> None:
    outbox = opened(tmp_path / "q.db")
    outbox.commit(RUN, [(1, None)], {"camera": "missing"})
    outbox.close()
    outbox = opened(tmp_path / "q.db")
    assert outbox.fact("camera") == "missing"
    assert outbox.committed(RUN) == 1
    assert labels(outbox) == []


def test_a_full_queue_gives_way_at_its_old_end_and_says_exactly_what_went(
    tmp_path: Path, opened: Open
) -> None:
    outbox = opened(tmp_path / "q.db", max_events=100)
    for number in range(1, 351):
        fill(outbox, number, number)
    rows = outbox.after(0, 1000)
    kept = {queued.seq for queued in rows}
    losses = [queued.event for queued in rows if queued.event.event_type == "loss"]
    gone = sum(event.count or 0 for event in losses)
    assert len(rows) <= 100
    # Every event is either still here or counted as lost, and nothing is both.
    assert gone + sum(queued.event.event_type != "loss" for queued in rows) == 350
    assert outbox.lost == gone
    covered: set[int] = set()
    for event in losses:
        assert event.first_seq is not None
        assert event.last_seq is not None
        covered |= set(range(event.first_seq, event.last_seq + 1))
    highest = max(kept)
    assert set(range(1, highest + 1)) - kept <= covered


def test_a_second_owner_is_refused(tmp_path: Path, opened: Open) -> None:
    outbox = opened(tmp_path / "q.db")
    fill(outbox, 1, 1)
    with pytest.raises(OutboxError, match="another edgecam is using it"):
        opened(tmp_path / "q.db")
    fill(outbox, 2, 2)
    assert len(labels(outbox)) == 2


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match=r"outbox\.file"):
        opened(tmp_path / "file" / "q.db")


def test_the_file_is_nobody_elses_to_read(tmp_path: Path, opened: Open) -> None:
    outbox = opened(tmp_path / "state" / "q.db")
    fill(outbox, 1, 1)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    for part in (tmp_path / "state").iterdir():
        assert part.stat().st_mode & 0o077 == 0, part


_COMMITTER = """
import sys
from pathlib import Path
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import happened
outbox = Outbox(Path(sys.argv[1]), max_events=1_000_000, max_mb=64, max_age_days=30)
first = outbox.committed(7) + 1
for number in range(first, first + 100_000):
    outbox.commit(7, [(number, happened("appeared", label=str(number)))], {})
    print(number, flush=True)
"""


def test_kill_nine_in_the_middle_of_commits_loses_nothing_acknowledged(
    tmp_path: Path, opened: Open
) -> None:
    file = tmp_path / "q.db"
    acknowledged = 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMITTER, str(file)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(25):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        process.wait(10.0)
        process.stdout.close()
    outbox = opened(file, max_events=1_000_000)
    assert outbox.set_aside is None
    stored = [int(label or 0) for label in labels(outbox)]
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) >= acknowledged >= 200


def test_two_threads_commit_and_delete_at_once(tmp_path: Path, opened: Open) -> None:
    outbox = opened(tmp_path / "q.db")

    def deleting() -> None:
        seen = 0
        while seen < 300:
            rows = [queued.place for queued in outbox.after(0, 20)]
            outbox.acknowledge(rows)
            seen += len(rows)

    worker = threading.Thread(target=deleting)
    worker.start()
    for number in range(1, 301):
        fill(outbox, number, number)
    worker.join(30.0)
    assert not worker.is_alive()
    assert outbox.count == 0
    assert labels(outbox) == []


def test_a_file_as_large_as_it_may_be_gives_way_too(tmp_path: Path, opened: Open) -> None:
    outbox = opened(tmp_path / "q.db", max_events=100_000, max_mb=1)
    for first in range(1, 10_001, 100):
        fill(outbox, first, first + 99)
    assert outbox.lost > 0
    assert (tmp_path / "q.db").stat().st_size <= 1024 * 1024
    rows = outbox.after(0, 100_000)
    gone = sum(queued.event.count or 0 for queued in rows if queued.event.event_type == "loss")
    assert gone == outbox.lost
    assert gone + sum(queued.event.event_type != "loss" for queued in rows) == 10_000
    assert rows[-1].event.label == "label 10000" or rows[-1].event.event_type == "loss"
