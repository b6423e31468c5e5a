"""The pace of a camera that nobody governs, and a clock for paces that a test moves."""

from types import SimpleNamespace
from typing import Any

import pytest

from edgecam.config import CameraOptions
from edgecam.vision.camera import pace as module
from edgecam.vision.camera.pace import CAMERA_EARLY, Pace


def pace_of(options: CameraOptions) -> Pace:
    """As a governor makes it that never lowers it."""
    return Pace(options.fps, early=CAMERA_EARLY)


class MadeClock:
    """Monotonic time that passes only when it is told to, or waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: Any) -> None:
        self.now_s = 1000.0
        made = SimpleNamespace(monotonic=lambda: self.now_s, monotonic_ns=lambda: self.now_ns)
        for each in (module, *modules):
            monkeypatch.setattr(each, "time", made)
        monkeypatch.setattr(module, "Bell", lambda: _PassingBell(self))

    @property
    def now_ns(self) -> int:
        """In the other unit."""
        return round(self.now_s * 1e9)


class _PassingBell:
    """A bell that nobody rings in time; waiting for it lets a clock's time pass."""

    def __init__(self, clock: MadeClock) -> None:
        self._clock = clock

    def wait(self, timeout_s: float) -> None:
        self._clock.now_s += timeout_s

    def ring(self) -> None:
        """Too late."""
