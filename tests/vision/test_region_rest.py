"""A region after a rest: what looks as before is looked at as if it were new."""

import numpy as np
import pytest
from support.vision_half import WHOLE, load_model, regions

from edgecam.config import DecisionOptions
from edgecam.messages import Frame
from edgecam.model import Model
from edgecam.vision.region import Region

WINDOW = 4
BEST = 7
PIXELS = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)


@pytest.fixture(scope="module")
def found() -> Model:
    return load_model()


class Watched:
    """A region before a scene that never changes, ten frames a second."""

    def __init__(self, found: Model) -> None:
        options = DecisionOptions(votes=3, window=WINDOW, cooldown_s=0)
        (self.region,) = regions(found, [WHOLE], gated=True, options=options)
        self._at_ns = 0
        self._found = found

    def frames(self, count: int, score: float) -> list[str]:
        """What so many frames bring, in each of which a label scores so much; a dot is a look."""
        scores = np.zeros(len(self._found.labels), np.float32)
        scores[BEST] = score
        told: list[str] = []
        for _ in range(count):
            self._at_ns += 10**8
            if self.region.is_worth_a_look(Frame(PIXELS, self._at_ns)):
                facts = self.region.look(scores, self._at_ns)
                told += "." + "".join("+" if fact.appeared else "-" for fact in facts)
        return told

    def rest(self) -> list[bool]:
        """As the two threads do; what was present and is not any more."""
        self.region.expect_news()
        return [fact.appeared for fact in self.region.rest(self._at_ns)]


def test_what_is_there_still_after_a_rest_appears_at_once(found: Model) -> None:
    watched = Watched(found)
    assert "+" in watched.frames(100, 0.95)
    assert watched.frames(20, 0.95) == []
    assert watched.rest() == [False]
    assert "".join(watched.frames(WINDOW, 0.95)) == "...+."
    assert watched.frames(20, 0.95) == []


def test_what_hovered_before_a_rest_has_its_looks_at_once_after_it(found: Model) -> None:
    watched = Watched(found)
    assert "+" not in watched.frames(500, 0.68)  # under 0.7: not quite clear
    assert watched.frames(20, 0.68).count(".") < 20  # pauses have become long
    assert watched.rest() == []
    assert "".join(watched.frames(3, 0.95)) == "...+"


def test_without_a_gate_every_frame_is_looked_at_anyway(found: Model) -> None:
    (region,) = regions(found, [WHOLE])
    assert isinstance(region, Region)
    region.expect_news()
    assert region.is_worth_a_look(Frame(PIXELS, 1))
