"""What the motion gate takes of a processor, and what it saves: medians over many frames."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from edgecam.arrays import Pixels
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import WHOLE
from edgecam.workshop.camera import Model
from edgecam.workshop.gate.clips import CLIPS, Photographs

_MEASURED = 1000  # frames
_STILL = "still, gain 4"
_FRAMES_EACH = 12


@dataclass(frozen=True)
class Cost:
    """Processor time of one thread for a frame of 640x480, medians, in microseconds."""

    gate_us: float
    prepare_us: float
    invoke_us: float


def measured(pictures: Photographs, seeing: Model) -> Cost:
    """What a frame costs: the gate, and what it saves."""
    frames = [shot.pixels for shot in islice(CLIPS[_STILL].shots(pictures, _FRAMES_EACH, 0), 16)]
    preprocessor, gate = seeing.preprocessor(WHOLE), MotionGate(1e9, seeing.rules.window)
    views = [preprocessor.view(pixels) for pixels in frames]
    return Cost(
        gate_us=median_us(lambda view: gate.worth_a_look(view, 0), views),
        prepare_us=median_us(lambda pixels: preprocessor.fill(pixels, seeing.prepared), frames),
        invoke_us=median_us(lambda _: seeing.classifier.look(seeing.prepared), frames),
    )


def median_us(act: Callable[[Pixels], object], frames: Sequence[Pixels]) -> float:
    """Processor time of this thread for one frame of these, which come one after the other."""
    took_ns = []
    for number in range(_MEASURED):
        pixels = frames[number % len(frames)]
        started_ns = time.thread_time_ns()
        act(pixels)
        took_ns.append(time.thread_time_ns() - started_ns)
    return statistics.median(took_ns) / 1000
