"""Fewer looks where they are not needed, or where the board does not bear them.

The governor and the camera share one `Pace`: the governor limits it, and the camera asks it
before it decodes or copies a frame, so that a frame that is passed over costs nothing.
"""

import logging
import threading
import time
from dataclasses import dataclass

from edgecam.appliance.board import Board
from edgecam.config.options import Power
from edgecam.config.rules import STALL_PERIODS
from edgecam.messages import SLOWED
from edgecam.vision.camera.pace import CAMERA_EARLY, Pace

HOT_C = 80.0  # here the firmware of a Raspberry Pi begins to slow the processor down
COOL_C = 75.0
STRAINED_SHARE = 0.5  # of the usual rate, while the board is hot or short of power
CALM_S = 60.0  # without trouble before the usual rate returns: under-voltage comes and goes
CHECK_S = 5.0
UNSET_FPS = 10.0  # the rate to be lowered where camera.fps sets none
LOWEST_FPS = 1.0
_THROTTLED = ("under_voltage", "throttled")  # bits that are reasons, named as in `SLOWED`

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Idling:
    """When nothing has moved for `after_s`, the larger of `share` of the usual rate and `fps`."""

    after_s: float
    share: float
    fps: float


# The first frame with movement brings the usual rate back, so what comes into view is seen later by
# one frame of the lower rate at most.
IDLING: dict[Power, Idling | None] = {
    "performance": None,
    # At 5 a second what crosses the view within a second would be seen as often as three votes ask
    # for, even if the rate stayed low. 30 s: so that it does not go up and down with each standstill.
    "balanced": Idling(after_s=30.0, share=0.5, fps=5.0),
    # For batteries. Half a second may go by before something is noticed, in which a person walks
    # 0.7 m (at 1.4 m/s: Browning et al., J. Appl. Physiol. 100:390, 2006).
    "eco": Idling(after_s=10.0, share=0.0, fps=2.0),
}


def idle_fps(power: Power, usual_fps: float | None) -> float:
    """How many frames a second are taken when nothing has moved for long; `usual_fps`: camera.fps.

    With a motion gate the model looks at none of them, but for one each `motion.max_idle_s`.
    """
    usual_fps, idling = usual_fps or UNSET_FPS, IDLING[power]
    if idling is None:
        return usual_fps
    return min(max(idling.share * usual_fps, idling.fps), usual_fps)


class Governor:
    """Limits the pace by need (`saw`) and by what the board bears (`check`)."""

    def __init__(self, board: Board, fps: float | None, stall_s: float) -> None:
        """`fps` is the usual rate, None: as many as come.

        No rate is so low that a camera which works seems to deliver nothing for `stall_s`.
        """
        self.pace = Pace(fps, early=CAMERA_EARLY)
        self._board = board
        self._lowest_fps = max(LOWEST_FPS, STALL_PERIODS / stall_s)
        self._power: Power = "performance"
        self._lock = threading.Lock()  # around what two threads decide on: the limit
        self._idle = False
        self._moved_ns = 0
        self._check_s = 0.0
        self._strained_s: dict[str, float] = {}  # each reason, and when it was last there

    def run(self, power: Power) -> None:
        """Idle by other rules from now on; callable from any thread."""
        with self._lock:
            self._power = power
            self._idle = False
            self._moved_ns = time.monotonic_ns()
            self._limit()

    def saw(self, moving: bool, at_ns: int) -> None:  # noqa: FBT001  the fact itself, once a frame
        """Whether anything moved in the frame of this monotonic time; for one thread."""
        if moving:
            self._moved_ns = at_ns
        idling = IDLING[self._power]
        idle = idling is not None and at_ns - self._moved_ns >= idling.after_s * 1e9
        if idle != self._idle:
            with self._lock:
                self._idle = idle
                self._limit()

    def check(self) -> None:
        """Look after the board, once in `CHECK_S`; for the capture thread."""
        now_s = time.monotonic()
        if now_s < self._check_s:
            return
        self._check_s = now_s + CHECK_S
        strains = self._strains()
        was_strained = bool(self._strained_s)
        with self._lock:
            self._strained_s |= dict.fromkeys(strains, now_s)
            for reason in [one for one, at in self._strained_s.items() if now_s - at >= CALM_S]:
                del self._strained_s[reason]
            self._limit()
        if self._strained_s and not was_strained:
            words = ", ".join(strains.values())
            _log.warning("the board has %s: looking at fewer frames until it is over", words)
        elif was_strained and not self._strained_s:
            _log.info("the board is well again: looking at the usual number of frames")

    @property
    def slowed(self) -> int:
        """Why the rate is lowered: bits in the order of `SLOWED`; 0 where it is the usual one."""
        if self.pace.limit_fps is None:
            return 0
        with self._lock:
            reasons = {*self._strained_s, *(["idle"] if self._idle else [])}
        return sum(1 << bit for bit, reason in enumerate(SLOWED) if reason in reasons)

    def _limit(self) -> None:
        usual_fps = self.pace.usual_fps or UNSET_FPS
        limit_fps = usual_fps
        if self._strained_s:
            limit_fps = STRAINED_SHARE * usual_fps
        if self._idle:
            limit_fps = min(limit_fps, idle_fps(self._power, usual_fps))
        slow = bool(self._strained_s) or self._idle
        limit = max(limit_fps, self._lowest_fps) if slow else None
        if limit is not None and limit >= usual_fps:
            limit = None  # it is as low as it gets
        if limit != self.pace.limit_fps:
            self.pace.limit_fps = limit

    def _strains(self) -> dict[str, str]:
        """What strains the board: each reason, and in words."""
        found = {}
        temperature_c = self._board.cpu_temp_c()
        limit_c = COOL_C if "hot" in self._strained_s else HOT_C
        if temperature_c is not None and temperature_c >= limit_c:
            found["hot"] = f"{temperature_c:.0f} °C"
        told = self._board.throttled() or ()
        return found | {bit: bit for bit in _THROTTLED if bit in told}
