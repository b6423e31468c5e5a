"""A part of the frame that is looked at and decided by itself."""

from dataclasses import dataclass

from edgecam.arrays import Scores
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
    scores: Scores | None = None
    """What its last look scored; None before the first, and where that gave no answer."""
