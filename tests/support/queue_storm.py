"""A queue on a disk that fills up, fails and comes back, at random; run as a program under fsync.c.

It stands for both neighbours of the queue: a vision half that keeps what is not committed and sends
it again to a publisher that was restarted, and a broker that gets events in order. What it prints
at the end is what the broker got.
"""

import contextlib
import json
import random
import sys
from pathlib import Path

from edgecam.publisher.outbox import Outbox
from support.queues import RUN, Clock, sighting

_STEPS = 600


class Storm:
    """The disk's weather, and the two neighbours."""

    def __init__(self, folder: Path, mode: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  weather that can be had again
        self.clock = Clock()
        self.folder, self.mode = folder, mode
        self.outbox = self.opened()
        self.made = self.sent = self.committed = 0
        self.cursor = 0
        self.trouble = ""
        self.got: list[tuple[str, int, str | None, int | None]] = []

    def opened(self) -> Outbox:
        """The queue of a publisher that starts."""
        return Outbox(
            self.folder / "q.db",
            max_events=5000,
            max_mb=1,
            max_age_days=30,
            monotonic_s=self.clock,
        )

    def send(self) -> None:
        """Vision has something new."""
        self.made += self.random.randrange(1, 20)
        rows = [(n, sighting(f"label {n}")) for n in range(self.sent + 1, self.made + 1)]
        self.outbox.commit(RUN, list(rows), {})
        self.sent = self.made

    def deliver(self) -> None:
        """The broker takes some, and acknowledges what it took."""
        if self.outbox.trouble != self.trouble:
            self.trouble, self.cursor = self.outbox.trouble, 0
        found = self.outbox.after(self.cursor, self.random.randrange(1, 25))
        for queued in found:
            event = queued.event
            self.got.append((queued.epoch, queued.seq, event.label, event.count))
            self.cursor = queued.place
        self.outbox.acknowledge(queued.place for queued in found)

    def restart(self) -> None:
        """The publisher ends and starts; what it had not called committed is sent again."""
        self.outbox.close()
        self.outbox = self.opened()
        self.cursor = 0
        self.sent = max(self.committed, self.outbox.committed(RUN))

    def blow(self) -> None:
        """The disk's state changes."""
        weather = self.random.choice(("", "once", "fail", "full", "clear"))
        filler = self.folder / "filler"
        if weather == "full":
            with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        elif weather == "clear":
            filler.unlink(missing_ok=True)
        else:
            self.mode.write_text(weather)

    def step(self) -> None:
        """Something happens."""
        happen = self.random.choices(
            (self.send, self.deliver, self.blow, self.restart), (40, 45, 5, 2)
        )[0]
        happen()
        self.clock.now_s += 5
        self.outbox.tidy()
        self.committed = max(self.committed, self.outbox.committed(RUN))

    def end(self) -> None:
        """The sun comes out: everything must arrive now."""
        self.mode.unlink(missing_ok=True)
        (self.folder / "filler").unlink(missing_ok=True)
        for _ in range(3):
            self.clock.now_s += 61
            self.outbox.tidy()
        self.send()
        self.committed = self.outbox.committed(RUN)
        while self.outbox.count:
            self.deliver()
        self.outbox.close()


def main() -> None:
    """Run one storm."""
    folder, mode, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    storm = Storm(folder, mode, seed)
    for _ in range(_STEPS):
        storm.step()
    storm.end()
    print(json.dumps({"made": storm.made, "committed": storm.committed, "got": storm.got}))


if __name__ == "__main__":
    main()
