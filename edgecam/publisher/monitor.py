"""What the publisher knows of the vision half right now; written and read by two threads."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from edgecam.messages import Look, VisionHealth
from edgecam.publisher.wall.presence import Shown


@dataclass(frozen=True)
class Seen:
    """A look, and the table that its indices are of: a reload may bring another meanwhile."""

    look: Look
    labels: tuple[str, ...]


class VisionMonitor:
    """The latest of everything that is not an event."""

    def __init__(self, regions: int, health_interval_s: float) -> None:
        self.refused = 0
        """Records that were not of the schema, out of range, out of turn, or too many."""
        self.held = False
        """Whether more events come than may pass in an hour."""
        self.camera_trouble = False
        """Whether the last that was said of the camera is that it does not work."""
        self.restarts = 0
        """Runs of the vision half after the first."""
        self._silence_s = 3 * health_interval_s
        self._lock = threading.Lock()
        self._run: int | None = None
        self._connected = False
        self._gone_s = time.monotonic()
        self._shown: list[Shown | None] = [None] * regions
        self._health: VisionHealth | None = None
        self._health_s = 0.0
        self._unread_s = 0.0  # until when it was left unread
        self._looks: dict[int, Seen] = {}

    def connected(self, run: int) -> None:
        """A run of the vision half said hello."""
        with self._lock:
            if self._run not in (None, run):
                self.restarts += 1
                self._health = None
            self._run = run
            self._connected = True

    def disconnected(self) -> None:
        """The wall was closed."""
        with self._lock:
            if self._connected:  # who comes without a hello does not put off what its going shows
                self._gone_s = time.monotonic()
            self._connected = False

    def show(self, shown: Sequence[Shown]) -> None:
        """What the regions show now, in the order of the configuration."""
        with self._lock:
            self._shown = list(shown)

    def report(self, health: VisionHealth) -> None:
        """How the vision half is."""
        with self._lock:
            self._health = health
            self._health_s = time.monotonic()

    def leave_unread(self) -> None:
        """What it says has to wait just now, and so its silence means nothing."""
        with self._lock:
            self._unread_s = time.monotonic()

    def look(self, look: Look, labels: tuple[str, ...]) -> None:
        """What a region was just seen to hold; only the latest counts."""
        with self._lock:
            self._looks[look.region] = Seen(look, labels)

    def looks(self) -> list[Seen]:
        """The looks that came since the last call, one for each region at most."""
        with self._lock:
            looks = list(self._looks.values())
            self._looks.clear()
            return looks

    @property
    def gone_s(self) -> float:
        """How long the vision half has been away; 0 while it is connected."""
        with self._lock:
            return 0.0 if self._connected else time.monotonic() - self._gone_s

    def forget_states(self) -> None:
        """Nobody looks any more: every region shows "unknown"."""
        with self._lock:
            for index, shown in enumerate(self._shown):
                if shown is None or shown.label is not None:
                    self._shown[index] = Shown(None, 0, time.monotonic_ns())

    @property
    def up(self) -> bool:
        """Whether the vision half is connected and has spoken lately, or waits for its turn."""
        with self._lock:
            return self._health is not None and self._is_heard()

    @property
    def asleep(self) -> bool:
        """Whether the vision half is there, and last said that it is not the time to look."""
        with self._lock:
            return self._connected and self._health is not None and self._health.asleep

    @property
    def shown(self) -> list[Shown | None]:
        """What each region shows, in the order of the configuration; None: nobody has said yet."""
        with self._lock:
            return list(self._shown)

    @property
    def health(self) -> VisionHealth | None:
        """The last health that the running vision half reported."""
        with self._lock:
            return self._health

    @property
    def frame_age_ms(self) -> int | None:
        """How old the newest frame was at the last report; None before one, and before a frame.

        Where no more is heard, how old it is by now. While more is heard newer frames come, too:
        how old they are only the next report tells.
        """
        with self._lock:
            if self._health is None or self._health.last_frame_age_ms is None:
                return None
            since_s = 0.0 if self._is_heard() else time.monotonic() - self._health_s
            return self._health.last_frame_age_ms + round(1000 * since_s)

    def _is_heard(self) -> bool:
        """To be asked under the lock."""
        silent_s = time.monotonic() - max(self._health_s, self._unread_s)
        return self._connected and silent_s < self._silence_s
