"""Label events of a camera that goes through a variant: sent while it is blind, or lost for nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence

from edgecam.appliance.board import Board
from edgecam.config.options import MotionOptions, TroubleOptions
from edgecam.messages import Frame, Sighting
from edgecam.vision.decision import Decision
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.motion import MotionGate
from edgecam.vision.preparation import Preparation, Prepared
from edgecam.vision.preprocess import WHOLE
from edgecam.vision.region import Region
from edgecam.vision.statistics import Statistics
from edgecam.vision.trouble import TroubleWatch
from edgecam.workshop.gate.judge import Model
from edgecam.workshop.scenes import Shot

FPS = 10  # the default; a frame is looked at well before the watch is due again
_SECOND_NS = 10**9
_STALL_S = 10.0


class Labels:
    """What the bundled model and the default decision make of a sequence."""

    def __init__(self) -> None:
        self.model = Model()

    def sent(self, shots: Iterable[Shot], starts: int, options: TroubleOptions) -> int:
        """The label events told of frames from `starts` on, in which a camera sees nothing.

        Through the whole way of a frame, gate and all, at `FPS`.
        """
        camera = _Camera(self.model, options)
        facts = [
            fact
            for number, shot in enumerate(shots)
            for fact in camera.see(Frame(shot.pixels, number * _SECOND_NS // FPS))
        ]
        return sum(fact.at_ns >= starts * _SECOND_NS // FPS for fact in facts)

    def lost(self, shots: Iterable[Shot], blind: Sequence[bool]) -> int:
        """The label events that there are only where `blind` frames are judged as well.

        One frame a second, each of them judged.
        """
        preprocessor = self.model.preprocessor(WHOLE)
        every, seen = Decision(self.model.rules, 0), Decision(self.model.rules, 0)
        events: Counter[tuple[int, bool]] = Counter()
        events_seen: Counter[tuple[int, bool]] = Counter()
        for number, (shot, is_blind) in enumerate(zip(shots, blind, strict=True)):
            scores = self.model.look(shot.pixels, preprocessor)
            at_ns = number * _SECOND_NS
            events.update(_named(every.look(scores, at_ns)))
            if not is_blind:
                events_seen.update(_named(seen.look(scores, at_ns)))
        return (events - events_seen).total()


class _Camera:
    """From a frame to its facts, one after the other instead of in two threads."""

    def __init__(self, model: Model, options: TroubleOptions) -> None:
        self._classifier = model.classifier
        gate = MotionGate(MotionOptions().max_idle_s, model.rules.window)
        self._region = Region("", model.preprocessor(WHOLE), gate, Decision(model.rules, 0))
        self._mailbox = Mailbox(lambda: Prepared([model.classifier.blank()]))
        self._preparation = Preparation(
            regions=[self._region],
            mailbox=self._mailbox,
            trouble=TroubleWatch(options, live=True),
            governor=Governor(Board(), None, _STALL_S),
            statistics=Statistics(),
            report=lambda _: None,
        )

    def see(self, frame: Frame) -> Sequence[Sighting]:
        """What is told of one more frame."""
        self._preparation.prepare(frame)
        prepared = self._mailbox.take(0)
        if prepared is None:
            return []
        region = self._region
        if prepared.wanted[0]:
            facts = region.look(self._classifier.look(prepared.inputs[0]), frame.taken_ns)
        else:
            facts = region.repeat(frame.taken_ns)
        self._mailbox.give_back(prepared)
        return facts


def _named(facts: Iterable[Sighting]) -> list[tuple[int, bool]]:
    return [(fact.label, fact.appeared) for fact in facts]
