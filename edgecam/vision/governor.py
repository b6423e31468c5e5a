"""Fewer looks while the board is too hot or short of power, so that it need not fail."""

import logging
import time

from edgecam.appliance.board import Board
from edgecam.vision.camera.pace import Pace

HOT_C = 80.0  # here the firmware of a Raspberry Pi begins to slow the processor down
COOL_C = 75.0
SLOWER = 2.0  # how many times fewer frames are looked at meanwhile
CALM_S = 60.0  # without trouble before the usual rate returns: under-voltage comes and goes
CHECK_S = 5.0
UNSET_FPS = 10.0  # the rate to be lowered where camera.fps sets none
_STRAINS = {"under_voltage", "throttled"}

_log = logging.getLogger(__name__)


class Governor:
    """Says when the next frame may be looked at; all calls come from the capture thread."""

    def __init__(self, board: Board, fps: float | None) -> None:
        """`fps` is the usual rate, None: as many as come."""
        self.slow = False
        self._board = board
        self._pace = Pace((fps or UNSET_FPS) / SLOWER)
        self._check_s = 0.0
        self._strained_s = 0.0

    def due(self) -> bool:
        """Whether a frame that came now is to be looked at."""
        self._check()
        return not self.slow or self._pace.due()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a frame is to be asked for, at most `timeout_s`; whether it is."""
        self._check()
        return not self.slow or self._pace.wait(timeout_s)

    def _check(self) -> None:
        now_s = time.monotonic()
        if now_s < self._check_s:
            return
        self._check_s = now_s + CHECK_S
        strain = self._strain()
        if strain:
            self._strained_s = now_s
        if strain and not self.slow:
            self.slow = True
            _log.warning("the board has %s: looking at fewer frames until it is over", strain)
        elif self.slow and now_s - self._strained_s >= CALM_S:
            self.slow = False
            _log.info("the board is well again: looking at the usual number of frames")

    def _strain(self) -> str:
        """What strains the board, in words; empty where nothing does."""
        temperature_c = self._board.cpu_temp_c()
        if temperature_c is not None and temperature_c >= (COOL_C if self.slow else HOT_C):
            return f"{temperature_c:.0f} °C"
        return ", ".join(sorted(_STRAINS & set(self._board.throttled() or ())))
