"""Row 23 of the fault catalogue: an fsync that fails. In a process whose fsync does."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fsync import Fsync
from support.mounts import tmpfs

_TESTS = Path(__file__).parents[2]

_WRITER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from support.queues import Clock, RUN, fill, labels
from edgecam.publisher.outbox import Outbox
clock = Clock()
outbox = Outbox(
    Path(sys.argv[1]), max_events=1000, max_mb=4, max_age_days=30, monotonic_s=clock
)
last = 0
for line in sys.stdin:
    if line == "tidy\\n":
        clock.now_s += 61
        outbox.tidy()
    elif line == "acknowledge\\n":
        outbox.acknowledge(queued.place for queued in outbox.after(0, 1))
    else:
        last += 1
        fill(outbox, last, last)
    print(json.dumps([outbox.committed(RUN), outbox.trouble, labels(outbox)]), flush=True)
outbox.close()
"""


class Writer:
    """A process with an outbox, which does what it is told."""

    def __init__(self, file: Path, fsync: Fsync) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(file), str(_TESTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=fsync.env,
        )

    def do(self, what: str) -> Any:
        """What is committed, what is the trouble, and what waits, after doing something."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> str:
        """Let it end; what it has logged."""
        _, said = self._process.communicate(timeout=20.0)
        return said


@pytest.fixture
def fsync(tmp_path: Path) -> Fsync:
    return Fsync(tmp_path)


@pytest.fixture
def writer(tmp_path: Path, fsync: Fsync) -> Iterator[Writer]:
    made = Writer(tmp_path / "state" / "q.db", fsync)
    yield made
    if made._process.poll() is None:
        made._process.kill()
        made._process.communicate()


def test_fsync_fails_once_the_file_is_rewritten_and_the_transaction_done_anew(
    fsync: Fsync, writer: Writer
) -> None:
    assert writer.do("commit") == [1, "", ["label 1"]]
    fsync.be("once")
    assert writer.do("commit") == [2, "", ["label 1", "label 2"]]
    calls = fsync.calls
    failed = calls.index(("failed", "q.db-wal"))
    # Never a blind retry: the database itself was written and synced before the -wal was again.
    after = calls[failed + 1 :]
    assert ("done", "q.db") in after
    assert ("failed", "q.db-wal") not in after
    assert writer.do("commit") == [3, "", ["label 1", "label 2", "label 3"]]
    assert "done anew" in writer.end()


def test_fsync_fails_for_good_events_wait_in_memory_until_it_is_well_again(
    fsync: Fsync, writer: Writer
) -> None:
    writer.do("commit")
    fsync.be("fail")
    both = ["label 1", "label 2"]
    assert writer.do("commit") == [1, "failing", both]
    tries = len(fsync.calls)
    assert writer.do("commit") == [1, "failing", [*both, "label 3"]]
    assert len(fsync.calls) == tries  # the disk is left alone meanwhile
    assert writer.do("acknowledge") == [1, "failing", ["label 2", "label 3"]]
    assert writer.do("acknowledge") == [2, "failing", ["label 3"]]
    assert writer.do("tidy") == [2, "failing", ["label 3"]]
    fsync.be("")
    assert writer.do("tidy") == [3, "", ["label 3"]]
    assert writer.do("commit") == [4, "", ["label 3", "label 4"]]
    said = writer.end()
    assert said.count("fails: new events wait in memory") == 1
    assert said.count("is well again") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_disk_does_every_event_arrives_or_is_counted_and_no_name_stands_for_two(
    tmp_path: Path, fsync: Fsync, seed: int
) -> None:
    with tmpfs(tmp_path / "disk", "3m") as disk:
        done = subprocess.run(
            [sys.executable, "-m", "support.queue_storm", disk, tmp_path / "fsync", str(seed)],
            env={**fsync.env, "PYTHONPATH": f"{_TESTS.parent}:{_TESTS}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names: dict[tuple[str, int], str | None] = {}
    last: dict[str, int] = {}
    counted = 0
    for epoch, seq, label, count in found["got"]:
        if (epoch, seq) in names:
            assert names[epoch, seq] == label
            continue
        names[epoch, seq] = label
        counted += count or 0
        assert seq > last.get(epoch, 0)  # what arrives first arrives in order
        last[epoch] = seq
    arrived = {int(label.split()[1]) for label in names.values() if label is not None}
    missing = set(range(1, found["made"] + 1)) - arrived
    assert found["committed"] == found["made"]
    assert len(missing) <= counted
