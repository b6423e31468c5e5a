"""What the publisher knows of the vision half right now; written and read by two threads."""

import threading
import time

from edgecam.messages import UNKNOWN, RegionState, VisionHealth


class VisionMonitor:
    """The latest of everything that is not an event."""

    def __init__(self, regions: int, health_interval_s: float) -> None:
        self.refused = 0
        """Records that were not of the schema, out of range, or out of turn."""
        self.restarts = 0
        """Runs of the vision half after the first."""
        self._silence_s = 3 * health_interval_s
        self._lock = threading.Lock()
        self._run: int | None = None
        self._connected = False
        self._gone_s = time.monotonic()
        self._states: list[RegionState | None] = [None] * regions
        self._health: VisionHealth | None = None
        self._health_s = 0.0

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
            self._connected = False
            self._gone_s = time.monotonic()

    def show(self, state: RegionState) -> None:
        """What a region shows now."""
        with self._lock:
            self._states[state.region] = state

    def report(self, health: VisionHealth) -> None:
        """How the vision half is."""
        with self._lock:
            self._health = health
            self._health_s = time.monotonic()

    @property
    def gone_s(self) -> float:
        """How long the vision half has been away; 0 while it is connected."""
        with self._lock:
            return 0.0 if self._connected else time.monotonic() - self._gone_s

    def forget_states(self) -> None:
        """Nobody looks any more: every region shows "unknown"."""
        with self._lock:
            for index, state in enumerate(self._states):
                if state is None or state.label != UNKNOWN:
                    now_ns = time.monotonic_ns()
                    self._states[index] = RegionState(index, UNKNOWN, 0, now_ns)

    @property
    def up(self) -> bool:
        """Whether the vision half is connected and has spoken lately."""
        with self._lock:
            heard = time.monotonic() - self._health_s < self._silence_s
            return self._connected and self._health is not None and heard

    @property
    def states(self) -> list[RegionState | None]:
        """What each region shows, in the order of the configuration; None: nobody has said yet."""
        with self._lock:
            return list(self._states)

    @property
    def health(self) -> VisionHealth | None:
        """The last health that the running vision half reported."""
        with self._lock:
            return self._health
