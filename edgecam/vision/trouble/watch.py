"""Asks every kind of trouble, and tells when one begins, changes or is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from edgecam.arrays import Pixels
from edgecam.config.options import TroubleOptions
from edgecam.messages import MOST_LASTED_S, SEEING, Frame
from edgecam.vision.trouble.blurred import Blur
from edgecam.vision.trouble.covered import Cover
from edgecam.vision.trouble.dark import Darkness
from edgecam.vision.trouble.flicker import Flicker
from edgecam.vision.trouble.frozen import Repetition, Sameness, Standstill
from edgecam.vision.trouble.glance import Glance
from edgecam.vision.trouble.hold import MIN_LOOKS, Hold, Reading
from edgecam.vision.trouble.moved import Movement
from edgecam.vision.trouble.sight import SMALLEST, Sight

LOOK_S = 1.0  # between two looks at what needs more than a digest, at least
# As much rarer where nothing was to be judged since the last, which found nothing: then nothing new
# is in view, and a look costs as much as ten frames that the gate passes over.
CALM_TIMES = 3
# Between two at what anything may be decided from: up to 20 frames a second it is each of them.
JUDGED_LOOK_NS = 49_000_000
_SECOND_NS = 10**9

# The worst first: what a frame lacks for one, no later one can judge.
_KINDS: dict[str, type["_Kind"]] = {
    "dark": Darkness,
    "covered": Cover,
    "blurred": Blur,
    "moved": Movement,
    "flicker": Flicker,
}
_LIVE_ONLY = {"frozen", "moved", "flicker"}  # a folder of pictures does all this on purpose
_SAID = {
    "frozen": "the camera shows the same picture over and over",
    "dark": "the camera sees only darkness",
    "covered": "the camera's lens is covered, or nothing but a bare surface is before it",
    "blurred": "the camera's picture is blurred; look at its focus, and for dirt or water",
    "moved": "the camera looks elsewhere than before",
    "flicker": "the light before the camera flickers",
}


class _Kind(Protocol):
    """One kind of trouble; a new one begins with nothing remembered."""

    def look(self, sight: Sight, at_ns: int) -> Reading | None:
        """What a frame says of it; None: nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """The camera's trouble is another from now on.

    `reason` is one of `edgecam.messages.TROUBLES`, or empty where all is well; `measure` what was
    measured, in thousandths; `sentence` for the log. `lasted_s`: for how long that had been seen.
    """

    reason: str
    measure: int
    sentence: str
    lasted_s: int


class TroubleWatch:
    """Sees each frame, in order; for one thread. One trouble is told at a time, the worst."""

    def __init__(self, options: TroubleOptions, *, live: bool, coded: bool = False) -> None:
        """`live`: whether time passes before the camera. A still picture is none that froze.

        `coded`: whether its frames went through a video codec, which may repeat them by design.
        """
        self._coded = coded
        self._watched: list[str] = [
            reason
            for reason in _SAID
            if reason in options.watch and (live or reason not in _LIVE_ONLY)
        ]
        self._after_s = options.after_s
        self._look_ns = round(min(LOOK_S, options.after_s / MIN_LOOKS) * 1e9)
        self._sight: Sight | None = None
        self._glance = Glance()
        self.forget()

    def forget(self) -> None:
        """Begin anew: somebody else has said that the camera works."""
        self._holds = {reason: Hold(self._after_s) for reason in self._watched}
        self._kinds = {reason: _KINDS[reason]() for reason in self._watched if reason in _KINDS}
        self._blinding = {r: kind for r, kind in self._kinds.items() if r not in SEEING}
        self._standstill: Standstill = Repetition() if self._coded else Sameness(self._look_ns)
        self._measured_ns = 0
        self._looked_ns: int | None = None
        self._stirred = True  # whether anything was to be judged since then
        self._told = ""
        self._blind = False

    def rest(self) -> None:
        """No frame comes for a while, of which nobody can say anything: no suspicion lasts over it."""
        for hold in self._holds.values():
            hold.rest()

    @property
    def blind(self) -> bool:
        """Whether nothing may be decided from the frame that was looked at last.

        So from the first sign on, which `look` tells only when it has held; a picture that is the
        same for a while is none before that.
        """
        return self._blind

    @property
    def suspects(self) -> bool:
        """Whether it is blind by the first signs alone, so that the next frame may be seen again."""
        return self.blind and not any(
            hold.told for reason, hold in self._holds.items() if reason not in SEEING
        )

    def look(self, frame: Frame, *, judged: bool = True) -> Change | None:
        """What has begun or ended with this frame, which is `(height, width, 3)` uint8.

        `judged`: the model is to look at it, or something may be decided from it in another way.
        Then it is measured first, so that nothing is decided from a lens that a hand covers.
        """
        asked = "frozen" in self._holds and self._ask_whether_frozen(frame)
        self._stirred |= judged
        if self._kinds and self._due(frame.taken_ns):
            self._measure(frame, self._kinds)
        elif judged and self._is_doubtful(frame):
            self._measure(frame, self._blinding)
        elif not asked:
            return None
        told = next((reason for reason, hold in self._holds.items() if hold.told), "")
        if told == self._told:
            return None
        # Since this trouble was first seen, or since the end of a worse one.
        since_ns = max(self._holds[one].since_ns for one in (told, self._told) if one)
        lasted_s = min((frame.taken_ns - since_ns) // _SECOND_NS, MOST_LASTED_S)
        self._told = told
        if not told:
            return Change("", 0, "the camera sees well again", lasted_s)
        value = self._holds[told].value
        return Change(told, round(value * 1000), f"{_SAID[told]} ({value:.3f})", lasted_s)

    def _ask_whether_frozen(self, frame: Frame) -> bool:
        """Whether there was an answer: of a stream there always is."""
        standing = self._standstill.look(frame.pixels, frame.taken_ns)
        if standing is None:
            return False
        self._holds["frozen"].look(standing, frame.taken_ns)
        self._see_whether_blind()
        return True

    def _see_whether_blind(self) -> None:
        self._blind = any(
            hold.told or (hold.bad and reason != "frozen")
            for reason, hold in self._holds.items()
            if reason not in SEEING
        )

    def _is_doubtful(self, frame: Frame) -> bool:
        """Whether a frame that is to be judged must be measured before."""
        if not self._blinding or frame.taken_ns - self._measured_ns < JUDGED_LOOK_NS:
            return False
        if not self.blind and self._sees(frame.pixels):
            self._measured_ns = frame.taken_ns  # a glance will do for as long as a measurement
            return False
        return True

    def _sees(self, pixels: Pixels) -> bool:
        return min(pixels.shape[:2]) >= SMALLEST and self._glance.sees(pixels)

    def _due(self, at_ns: int) -> bool:
        if self._looked_ns is not None:
            waited_ns = at_ns - self._looked_ns
            if waited_ns < self._look_ns:  # so with most frames
                return False
            if waited_ns < self._look_ns * CALM_TIMES and self._is_calm():
                return False
        self._looked_ns, self._stirred = at_ns, False
        return True

    def _is_calm(self) -> bool:
        """Whether nothing was to be judged since the last measurement, which found nothing."""
        holds = [self._holds[reason] for reason in self._kinds]
        return not self._stirred and not any(hold.told or hold.bad for hold in holds)

    def _measure(self, frame: Frame, kinds: Mapping[str, "_Kind"]) -> None:
        """Ask each kind in turn; where one is bad, those after it cannot say anything."""
        self._measured_ns = frame.taken_ns
        sight = self._reduced(frame.pixels)
        for reason, kind in kinds.items():
            reading = None if sight is None else kind.look(sight, frame.taken_ns)
            self._holds[reason].look(reading, frame.taken_ns)
            if reading is not None and reading.bad:
                break
        self._see_whether_blind()

    def _reduced(self, pixels: Pixels) -> Sight | None:
        """A frame as the kinds see it; None where it is too small."""
        if min(pixels.shape[:2]) < SMALLEST:
            return None
        if self._sight is None or self._sight.shape != pixels.shape:
            self._sight = Sight(pixels.shape)
        self._sight.see(pixels)
        return self._sight
