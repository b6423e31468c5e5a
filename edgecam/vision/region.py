"""A part of the frame that is looked at and decided by itself."""

from dataclasses import dataclass

from edgecam.messages import Frame
from edgecam.vision.decision import Decision
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor

_PATIENCE = 2  # windows of looks at a still scene whose votes come to no majority


@dataclass
class Region:
    """One rectangle of the frame with its way into the model and its memory."""

    name: str
    preprocessor: Preprocessor
    gate: MotionGate | None
    """What says whether a frame shows anything new; None: each does."""
    decision: Decision
    settled: bool = False
    """Whether its last look left no question open: what is still need not be looked at again."""
    waiting: bool = False
    """Whether time alone may bring a fact."""
    open_looks: int = 0
    """How many looks the model has made since something new was last seen."""

    def is_worth_a_look(self, frame: Frame) -> bool:
        """Whether the model should look at this frame; to be asked of each, in order."""
        if self.gate is None:
            return True
        if self.gate.worth_a_look(self.preprocessor.view(frame.pixels), frame.taken_ns):
            self.open_looks = 0
            return True
        return not self.settled and self.open_looks < _PATIENCE * self.decision.window
