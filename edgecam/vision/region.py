"""A part of the frame that is looked at and decided by itself."""

from dataclasses import dataclass

from edgecam.vision.decision import Decision
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor


@dataclass
class Region:
    """One rectangle of the frame with its way into the model and its memory."""

    name: str
    preprocessor: Preprocessor
    gate: MotionGate | None
    """What says whether a frame is worth a look; None: each is."""
    decision: Decision
    settled: bool = False
    """Whether its last look left no question open: what is still need not be looked at again."""
