"""From a frame to what the model needs of it, in the capture thread: camera → mailbox.

While a frame is judged the interpreter has let go of Python's lock, so the next one is prepared
meanwhile. That is why it is written into a buffer of our own and not into the interpreter's input,
which is in use: copying that over costs 10 µs where making it small costs 60 (224x224x3 uint8 from
640x480, an x86-64 core).
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgecam.appliance.log import about
from edgecam.arrays import Pixels
from edgecam.messages import TROUBLES, CameraState, Frame
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.region import Region
from edgecam.vision.statistics import Statistics
from edgecam.vision.trouble import TroubleWatch

_MOST_SHAPES = 100  # that are said
_BYTE = np.dtype(np.uint8)

_log = logging.getLogger(__name__)


class Prepared:
    """A frame as the model will see it, region by region; used again for later frames."""

    def __init__(self, inputs: Sequence[NDArray[Any]]) -> None:
        """`inputs`: for each region an array of the shape and type of the model's input."""
        self.inputs = inputs
        self.taken_ns = 0
        self.ready_ns = 0
        """When it was ready to be judged."""
        self.wanted = [False] * len(inputs)
        """The regions that are to be looked at; the others show what they showed before."""
        self.prepare_ns = 0


class Preparation:
    """Prepares frame after frame; for one thread."""

    def __init__(
        self,
        *,
        regions: Sequence[Region],
        mailbox: Mailbox[Prepared],
        trouble: TroubleWatch,
        governor: Governor,
        statistics: Statistics,
        report: Callable[[CameraState], None],
    ) -> None:
        self.skipped = 0
        """Frames that cannot be judged."""
        self.blind = False
        """Whether the camera delivers, but nothing of which anything could be decided."""
        self._regions = regions
        self._mailbox = mailbox
        self._trouble = trouble
        self._governor = governor
        self._statistics = statistics
        self._report = report
        self._shapes: set[tuple[int, ...]] = set()
        self._shape: tuple[int, ...] = ()  # of the last frame that can be judged
        self._always_moving = any(region.gate is None for region in regions)

    def begin(self) -> None:
        """The camera is there again, and that was said: what its frames showed before is over."""
        self._trouble.forget()
        self.blind = False

    def rest(self) -> None:
        """No frame comes for a while: trouble that was told stays told until one shows its end."""
        self._trouble.rest()

    def prepare(self, frame: Frame) -> str:
        """Leave what is to be looked at of a frame in the mailbox.

        What is wrong with one that is not `(h, w, 3)` uint8: empty where nothing is.
        """
        started_ns = time.monotonic_ns()
        pixels = frame.pixels
        if pixels.shape != self._shape or pixels.dtype is not _BYTE:
            if not _is_rgb(pixels):
                self.skipped += 1
                return f"frames of {_described(pixels)}, which are not RGB of 8 bits"
            self._notice_shape(pixels)
        # Before the camera's watch, which looks closer at what is to be judged. A blind camera's
        # frames are not, so the gates see none of them but the first; but as long as that is only
        # suspected each may be one that is, so that no bad frame costs more than itself.
        wanted = [] if self.blind else self._wanted(frame)
        may_decide = self._may_decide(wanted)  # asked once: another thread may change it meanwhile
        self._watch(frame, judged=may_decide or self._trouble.suspects)
        if self.blind:
            self.skipped += 1
            self._governor.saw(False, frame.taken_ns)  # noqa: FBT003  nothing that could be seen
            return ""
        if not wanted:  # it sees again
            wanted = self._wanted(frame)
            may_decide = self._may_decide(wanted)
        moving = self._always_moving or any(one.gate and one.gate.moving for one in self._regions)
        self._governor.saw(moving, frame.taken_ns)
        if may_decide:
            self._fill(self._mailbox.blank(), frame, wanted, started_ns)
        else:  # not even worth waking the inference worker for
            self._statistics.saved(len(wanted))
            self._statistics.frame(frame.taken_ns)
        return ""

    def _wanted(self, frame: Frame) -> list[bool]:
        """The regions that the model should look at; each gate sees a frame once."""
        return [region.is_worth_a_look(frame) for region in self._regions]

    def _may_decide(self, wanted: Sequence[bool]) -> bool:
        """Whether anything may follow from a frame; time alone brings something, too."""
        return True in wanted or any(region.waiting for region in self._regions)

    def _fill(
        self, prepared: Prepared, frame: Frame, wanted: Sequence[bool], started_ns: int
    ) -> None:
        unseen = self._mailbox.waiting  # gives way to this frame, which then owes its looks, too
        for index, region in enumerate(self._regions):
            owed = unseen is not None and unseen.wanted[index]
            prepared.wanted[index] = wanted[index] or owed
            if prepared.wanted[index]:
                region.preprocessor.fill(frame.pixels, prepared.inputs[index])
        prepared.taken_ns = frame.taken_ns
        prepared.ready_ns = time.monotonic_ns()
        prepared.prepare_ns = prepared.ready_ns - started_ns
        self._mailbox.put(prepared)

    def _notice_shape(self, pixels: Pixels) -> None:
        """Say that frames have a size that none had before; each region adapts by itself.

        Once for each: in a folder of pictures they may change with every one.
        """
        self._shape = pixels.shape
        if self._shape in self._shapes or len(self._shapes) >= _MOST_SHAPES:
            return
        if self._shapes:
            _log.info("the camera gives frames of %s now", _size(pixels))
        self._shapes.add(pixels.shape)

    def _watch(self, frame: Frame, *, judged: bool) -> None:
        """Ask whether anything can be decided from it; tell when trouble begins and ends."""
        change = self._trouble.look(frame, judged=judged)
        self.blind = self._trouble.blind
        if change is not None:
            if change.reason:
                trouble = about("camera_trouble", reason=change.reason)
                _log.warning("%s", change.sentence, extra=trouble)
            else:
                _log.info("%s", change.sentence, extra=about("camera_ok"))
            number = TROUBLES.index(change.reason) + 1 if change.reason else 0
            self._report(CameraState(number, change.measure, frame.taken_ns, change.lasted_s))


def _is_rgb(pixels: Pixels) -> bool:
    shape = pixels.shape
    return len(shape) == 3 and shape[2] == 3 and 0 not in shape and pixels.dtype == np.uint8  # noqa: PLR2004  RGB


def _described(pixels: Pixels) -> str:
    channels = pixels.shape[2] if len(pixels.shape) > 2 else 1  # noqa: PLR2004  grey has no third
    return f"{_size(pixels)} ({channels} {pixels.dtype} a pixel)"


def _size(pixels: Pixels) -> str:
    """Width x height; `shape` has them the other way round."""
    return "x".join(map(str, pixels.shape[1::-1]))
