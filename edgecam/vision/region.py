"""A part of the frame that is looked at and decided by itself."""

from dataclasses import dataclass

from edgecam.arrays import Scores
from edgecam.messages import Frame, Sighting
from edgecam.vision.decision import Decision
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.rules import Rules

_PATIENCE = 2  # windows of looks at once at what is new, while a change is near


@dataclass
class Region:
    """One rectangle of the frame with its way into the model and its memory.

    A scene that stays as it is is looked at again while a change of the decision is near
    (`Decision.settled`, `Decision.near`), because another look could bring it: each has noise of
    its own. A label may hover for ever, so these looks become rarer: `_PATIENCE` windows of them at
    once, then one window after pauses of 1, 2, 4, 8 … frames, and at last one at each look for
    `motion.max_idle_s`. What that finds and costs: `scripts/evaluate gate --hovering`, in
    docs/accuracy.md.

    The capture thread asks `is_worth_a_look`, the inference thread calls the rest. Each writes
    what the other only reads.
    """

    name: str
    preprocessor: Preprocessor
    gate: MotionGate | None
    """What says whether a frame shows anything new; None: each does."""
    decision: Decision
    open: bool = True
    """Whether another look at the same scene could bring a fact."""
    waiting: bool = False
    """Whether time alone may bring a fact."""
    looks: int = 0
    """How many the model has made."""
    beginnings: int = 0
    """How often all looks before have come to count for nothing."""
    _begun: int = 0  # beginnings that were given their looks
    _granted: int = 0  # looks up to which an open question has them at once
    _pause: int = 1  # frames until it gets some more
    _waited: int = 0  # frames of that

    def is_worth_a_look(self, frame: Frame) -> bool:
        """Whether the model should look at this frame; to be asked of each, in order."""
        if self.gate is None:
            return True
        wanted = self.gate.worth_a_look(self.preprocessor.view(frame.pixels), frame.taken_ns)
        if (wanted and self.gate.news) or self._begun != self.beginnings:
            self._begun = self.beginnings
            self._pause = 1
            self._grant(_PATIENCE)
        elif wanted:
            self._grant(1)
        if self.open and not wanted:
            wanted = self.looks < self._granted or self._has_waited()
        return wanted

    def look(self, scores: Scores, at_ns: int) -> list[Sighting]:
        """The facts that follow from one more look, taken at a monotonic time."""
        facts = self.decision.look(scores, at_ns)
        self.looks += 1
        quiet = self.decision.quiet  # then it is neither near nor waiting, and settled
        self.open = not quiet and (self.decision.near or not self.decision.settled)
        self.waiting = not quiet and self.decision.waiting
        return facts

    def fail(self) -> None:
        """A look has brought no answer: it is to be made again, but not for ever."""
        self.looks += 1
        self.open = True

    def repeat(self, at_ns: int) -> list[Sighting]:
        """The facts of a moment at which nothing new was to be seen."""
        facts = self.decision.repeat(at_ns)
        self.waiting = self.decision.waiting
        return facts

    def follow(self, rules: Rules, at_ns: int) -> list[Sighting]:
        """Decide by other rules from now on; the end of what these no longer know."""
        self.decision, ended = self.decision.under(rules, at_ns)
        self._begin()
        if self.gate is not None:
            self.gate.window = rules.window
        return ended

    def rest(self, at_ns: int) -> list[Sighting]:
        """The end of what is present, because nobody looks from this time on."""
        self._begin()
        return self.decision.rest(at_ns)

    def _begin(self) -> None:
        self.open, self.waiting = True, False
        self.beginnings += 1

    def _grant(self, windows: int) -> None:
        self._granted = max(self._granted, self.looks + windows * self.decision.window)
        self._waited = 0

    def _has_waited(self) -> bool:
        self._waited += 1
        if self._waited <= self._pause:
            return False
        self._pause *= 2
        self._grant(1)
        return True
