"""What an event costs in bytes written to a card: the queue on ext4 in an image of a card.

Counted by the block device, from one sync to the next, so that the journal and the inodes are in.
"""

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from support.mounts import loop, make_ext4, mounted
from support.queues import fill

from edgecam.publisher.outbox import Outbox

_SECTOR_BYTES = 512  # whatever the device's own are: Documentation/block/stat.rst
_SECTORS_WRITTEN = 6
_WARM_EVENTS = 1500  # until the -wal has been full once, and is only written over
_TICK_S = 0.012  # more than the kernel's clock takes for files' times (4 ms, or 10 at 100 Hz)


@dataclass(frozen=True)
class Cost:
    """Bytes for one event."""

    burst: float
    one_by_one: float


def measure(events: int = 300) -> Cost:
    """Bytes that one event costs, from its commit to its deletion."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_ext4(folder / "image", "64M")
        with loop(folder / "image") as device, mounted(device, folder / "card") as card:
            outbox = Outbox(card / "q.db", max_events=10_000, max_mb=16, max_age_days=30)
            _events(outbox, 1, _WARM_EVENTS)
            before = _written(device, card)
            _events(outbox, _WARM_EVENTS + 1, _WARM_EVENTS + events)
            between = _written(device, card)
            for number in range(_WARM_EVENTS + events + 1, _WARM_EVENTS + 2 * events + 1):
                _events(outbox, number, number)
                # Two of them within one tick would share what ext4 writes for a changed file;
                # a minute apart they do not.
                time.sleep(_TICK_S)
                _written(device, card)
            after = _written(device, card)
            outbox.close()
    return Cost((between - before) / events, (after - between) / events)


def _events(outbox: Outbox, first: int, last: int) -> None:
    for number in range(first, last + 1):
        fill(outbox, number, number)
        outbox.acknowledge(queued.place for queued in outbox.after(0, 10))


def _written(device: Path, folder: Path) -> int:
    subprocess.run(["sync", "--file-system", folder], check=True)
    fields = Path(f"/sys/block/{device.name}/stat").read_text(encoding="ascii").split()
    return int(fields[_SECTORS_WRITTEN]) * _SECTOR_BYTES


def main() -> None:
    """Print the figures."""
    cost = measure()
    print(f"in a burst: {cost.burst / 1000:.1f} kB an event")
    print(f"one at a time: {cost.one_by_one / 1000:.1f} kB an event")


if __name__ == "__main__":
    main()
