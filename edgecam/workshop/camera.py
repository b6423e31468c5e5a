"""A camera before the bundled model, from a frame to its facts, as the appliance goes about it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from edgecam import model, runtimes
from edgecam.appliance.board import Board
from edgecam.arrays import Pixels, Scores
from edgecam.config import INSTALLATION, DecisionOptions, ModelOptions
from edgecam.config.options import MotionOptions, TroubleOptions
from edgecam.messages import Frame, Sighting
from edgecam.subjects import choose
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.motion import MotionGate
from edgecam.vision.preparation import Preparation, Prepared
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.region import Region
from edgecam.vision.rules import Rules
from edgecam.vision.statistics import Statistics
from edgecam.vision.trouble import TroubleWatch

_STALL_S = 10.0
_REMEMBERED = 4  # inputs: as many regions may be compared with each other


class Model:
    """The bundled model with the default settings."""

    def __init__(self) -> None:
        how = ModelOptions(file=str(INSTALLATION / ModelOptions().file))
        decision = DecisionOptions()
        self.found = model.load(how)
        self.how = how
        self.rules = Rules.build(decision, choose(decision, self.found.labels))
        self.classifier = Classifier(self.found, runtimes.chosen(how.runtime), how.threads)
        self.prepared = self.classifier.blank()
        self._answers: dict[bytes, Scores] = {}

    def preprocessor(self, box: Sequence[float]) -> Preprocessor:
        """The way of a region into the model."""
        return Preprocessor(self.found, self.how.fit, self.how.crop, box)

    def blank(self) -> NDArray[Any]:
        """An input to be filled by a preprocessor."""
        return self.classifier.blank()

    def look(self, pixels: Pixels, preprocessor: Preprocessor) -> Scores:
        """What a region of a frame scores."""
        preprocessor.fill(pixels, self.prepared)
        return self.answer(self.prepared)

    def answer(self, prepared: NDArray[Any]) -> Scores:
        """What an input scores; one that was asked about a moment ago is not asked about again."""
        digest = hashlib.blake2b(prepared.data).digest()
        if digest not in self._answers:
            if len(self._answers) == _REMEMBERED:
                del self._answers[next(iter(self._answers))]  # the oldest
            self._answers[digest] = self.classifier.look(prepared)
        return self._answers[digest]


@dataclass(frozen=True)
class Seen:
    """What came of a frame for one region."""

    looked: bool
    """Whether the model looked at it."""
    facts: Sequence[Sighting]


class Camera:
    """Motion gates, the watch for trouble, mailbox and decisions, without their threads."""

    def __init__(
        self, seeing: Model, boxes: Mapping[str, Sequence[float]], options: TroubleOptions
    ) -> None:
        """`boxes`: the regions by name, as in `Preprocessor`."""
        self._seeing = seeing
        self._regions = [
            Region(
                name,
                seeing.preprocessor(box),
                MotionGate(MotionOptions().max_idle_s, seeing.rules.window),
                Decision(seeing.rules, 0),
            )
            for name, box in boxes.items()
        ]
        self._mailbox = Mailbox(lambda: Prepared([seeing.blank() for _ in boxes]))
        self._preparation = Preparation(
            regions=self._regions,
            mailbox=self._mailbox,
            trouble=TroubleWatch(options, live=True),
            governor=Governor(Board(), None, _STALL_S),
            statistics=Statistics(),
            report=lambda _: None,
        )

    @property
    def blind(self) -> bool:
        """Whether the last frame was not judged, because nothing could be decided from it."""
        return self._preparation.blind

    def see(self, frame: Frame) -> list[Seen]:
        """Show it one more frame; what came of it, region by region."""
        self._preparation.prepare(frame)
        prepared = self._mailbox.take(0)
        if prepared is None:
            return [Seen(looked=False, facts=[]) for _ in self._regions]
        seen = [self._judge(region, prepared, at) for at, region in enumerate(self._regions)]
        self._mailbox.give_back(prepared)
        return seen

    def _judge(self, region: Region, prepared: Prepared, at: int) -> Seen:
        if not prepared.wanted[at]:
            return Seen(looked=False, facts=region.repeat(prepared.taken_ns))
        scores = self._seeing.answer(prepared.inputs[at])
        return Seen(looked=True, facts=region.look(scores, prepared.taken_ns))
