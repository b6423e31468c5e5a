"""Power cuts: what a card would hold at any moment, against what had been called committed.

A real process commits to a queue on ext4, and says so over a pipe. It is stopped, the image below
the file system is copied as it is (what only the page cache knew is not in it), and the copy is
checked, mounted and opened like a card after a power cut.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.mounts import loop, make_ext4, mounted
from support.mounts import run as run_program
from support.queues import waiting

from edgecam.publisher.outbox import Outbox

SEED = 25
_TESTS = Path(__file__).parents[1]
_CLEAN, _REPAIRED = 0, 1  # exit codes of e2fsck(8)

_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from support.queues import RUN, fill
from edgecam.publisher.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), max_events=100_000, max_mb=16, max_age_days=30)
last = outbox.committed(RUN)
while True:
    first, last = last + 1, last + 1 + last % 5
    print("committed", fill(outbox, first, last, at_once=5), flush=True)
    if first % 3 == 0:
        some = outbox.after(0, 20)
        print("delivered", some[-1].event.label.split()[1], flush=True)
        outbox.acknowledge(queued.place for queued in some)
        outbox.tidy()
"""


@dataclass(frozen=True)
class Result:
    """What came of all the cuts: events that were called committed, and those not found again."""

    cuts: int
    acknowledged: int
    lost: int
    corrupt: int


def run(cuts: int, progress: Callable[[int], None]) -> Result:
    """Cut one card's power so often, at moments that SEED decides; `progress` counts along."""
    moment = random.Random(SEED)  # noqa: S311  moments that can be had again
    committed = delivered = lost = corrupt = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        card, copy = folder / "card", folder / "copy"
        make_ext4(card, "32M")
        for number in range(1, cuts + 1):
            said = _write_until_cut(card, copy, moment.uniform(0.0, 0.3))
            # From now on the copy is the card: the next process starts on what the cut has left.
            copy.replace(card)
            whole = _check(card) in (_CLEAN, _REPAIRED)
            found, intact = _found(card, folder)
            committed = max(committed, said["committed"])
            delivered = max(delivered, said["delivered"])
            lost += len(set(range(delivered + 1, committed + 1)) - found)
            corrupt += not (whole and intact)
            progress(number)
    return Result(cuts, committed, lost, corrupt)


def _write_until_cut(card: Path, copy: Path, after_s: float) -> dict[str, int]:
    """Let a process commit, and copy the card at some moment; what it had said by then."""
    said = {"committed": 0, "delivered": 0}
    with loop(card) as device, mounted(device, card.with_name("mounted")) as mount:
        command = [sys.executable, "-c", _WRITER, str(mount / "q.db"), str(_TESTS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()  # the cut comes while it commits, not while it starts
            time.sleep(after_s)
            writer.send_signal(signal.SIGSTOP)
            os.waitpid(writer.pid, os.WUNTRACED)
            run_program("cp", "--sparse=always", card, copy)
            writer.kill()
            lines = (first + writer.stdout.read()).decode().splitlines(keepends=True)
    for line in lines:
        if line.endswith("\n"):
            word, number = line.split()
            said[word] = int(number)
    return said


def _check(card: Path) -> int:
    return subprocess.run(["e2fsck", "-p", card], capture_output=True, check=False).returncode


def _found(card: Path, folder: Path) -> tuple[set[int], bool]:
    """The events that a cut has left, and whether the queue was found as it should be."""
    with loop(card) as device, mounted(device, folder / "mounted") as mount:
        outbox = Outbox(mount / "q.db", max_events=100_000, max_mb=16, max_age_days=30)
        found = [queued.event.label for queued in waiting(outbox)]
        intact = outbox.set_aside is None and not outbox.lost and None not in found
        outbox.close()
    return {int(label.split()[1]) for label in found if label is not None}, intact


def main() -> None:
    """Cut the power 200 times, or as often as is said; print the result."""
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(run(cuts, lambda number: print(f"\r{number} of {cuts}", end="", file=sys.stderr)))


if __name__ == "__main__":
    main()
