"""From a frame to what waits in the mailbox."""

import logging
import tracemalloc
from typing import Any

import numpy as np
import pytest
from support.frames import noise
from support.vision_half import (
    COOL,
    ONLY_FROZEN,
    WHOLE,
    load_classifier,
    photograph,
    regions,
)

from edgecam.arrays import Pixels
from edgecam.config import DecisionOptions
from edgecam.config.options import TroubleOptions
from edgecam.messages import CameraState, Frame
from edgecam.model import Model
from edgecam.subjects import choose
from edgecam.vision.governor import Governor
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.motion import MotionGate
from edgecam.vision.preparation import Preparation, Prepared
from edgecam.vision.rules import Rules
from edgecam.vision.statistics import Statistics
from edgecam.vision.trouble import TroubleWatch

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)


class Prepare:
    """A preparation, its mailbox, and what it has reported."""

    def __init__(self, found: Model, *boxes: Any, trouble: TroubleOptions = ONLY_FROZEN) -> None:
        classifier = load_classifier(found)
        self.regions = regions(found, boxes)
        self.mailbox = Mailbox(lambda: Prepared([classifier.blank() for _ in boxes]))
        self.statistics = Statistics()
        self.reported: list[CameraState] = []
        self.preparation = Preparation(
            regions=self.regions,
            mailbox=self.mailbox,
            trouble=TroubleWatch(trouble, live=False),
            governor=Governor(COOL, None, 10.0),
            statistics=self.statistics,
            report=self.reported.append,
        )

    def __call__(self, pixels: Any, at_ns: int = 1) -> str:
        return self.preparation.prepare(Frame(pixels, at_ns))


def frame(*, height: int = 48, width: int = 64) -> Pixels:
    return noise(height, width)


def test_each_region_is_made_what_the_model_needs_of_it(found: Model) -> None:
    prepare = Prepare(found, LEFT, RIGHT)
    pixels = frame()
    assert prepare(pixels, 7) == ""
    prepared = prepare.mailbox.take(0)
    assert prepared is not None
    assert prepared.taken_ns == 7
    assert prepared.wanted == [True, True]
    for region, made in zip(prepare.regions, prepared.inputs, strict=True):
        expected = np.zeros((224, 224, 3), np.uint8)
        region.preprocessor.fill(pixels, expected)
        assert np.array_equal(made, expected)
    assert not np.array_equal(prepared.inputs[0], prepared.inputs[1])


class Gate(MotionGate):
    """Says of each frame what its script does, and after that that nothing is to be seen.

    +: something new; o: nothing new, and yet it is time for a look.
    """

    def __init__(self, script: str = "") -> None:
        super().__init__(60.0, 1)
        self.views: list[tuple[int, ...]] = []
        self._script = iter(script)

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        del at_ns
        self.views.append(view.shape)
        said = next(self._script, "-")
        self.news = said == "+"
        return said != "-"


def gated(found: Model, *gates: Gate) -> Prepare:
    """Both halves of the frame, which have been looked at before."""
    prepare = Prepare(found, LEFT, RIGHT)
    for region, gate in zip(prepare.regions, gates, strict=True):
        region.gate = gate
        region.open = False
    return prepare


def wanted(prepare: Prepare) -> list[bool]:
    """The looks of the frame in the mailbox, which the model makes; none where it is empty."""
    prepared = prepare.mailbox.take(0)
    if prepared is None:
        return []
    prepare.mailbox.give_back(prepared)
    for region, looked in zip(prepare.regions, prepared.wanted, strict=True):
        region.looks += looked
    return list(prepared.wanted)


def test_only_what_the_gate_lets_through_is_prepared(found: Model) -> None:
    gates = Gate("+-"), Gate("--")
    prepare = gated(found, *gates)
    assert prepare(frame()) == ""
    prepared = prepare.mailbox.take(0)
    assert prepared is not None
    assert prepared.wanted == [True, False]
    assert prepared.inputs[0].any()
    assert not prepared.inputs[1].any()
    prepare(frame(), 5)
    assert wanted(prepare) == []  # nobody is woken, and yet it counts: what was seen still holds
    assert (prepare.statistics.frames, prepare.statistics.still) == (1, 2)
    assert prepare.statistics.age_ns(6) == 1
    assert [gate.views for gate in gates] == [[(30, 30, 3)] * 2] * 2  # 0.9334 of 32x32


def test_a_frame_owes_the_looks_of_one_that_gave_way_to_it(found: Model) -> None:
    prepare = gated(found, Gate("+"), Gate("-+"))
    prepare(frame(), 1)
    prepare(frame(), 2)
    assert prepare.mailbox.dropped == 1
    assert wanted(prepare) == [True, True]


def test_a_still_frame_takes_nothing_from_one_that_waits(found: Model) -> None:
    prepare = gated(found, Gate("+"), Gate())
    prepare(frame(), 1)
    prepare(frame(), 2)
    assert prepare.mailbox.dropped == 0
    assert wanted(prepare) == [True, False]


def test_a_still_frame_is_passed_on_where_time_alone_may_bring_a_fact(found: Model) -> None:
    prepare = gated(found, Gate(), Gate())
    prepare.regions[1].waiting = True
    prepare(frame())
    assert wanted(prepare) == [False, False]


def looked(prepare: Prepare, frames: int) -> str:
    """Of which frames the model looks at the left half; each is judged before the next comes."""
    seen = ""
    for _ in range(frames):
        prepare(frame())
        seen += "L" if any(wanted(prepare)) else "-"
    return seen


def test_an_open_question_gets_looks_at_once_and_then_ever_more_rarely(found: Model) -> None:
    gate = Gate("+")
    prepare = gated(found, gate, Gate())
    prepare.regions[0].open = True
    # What is new and two windows of one look each; one more after 1, 2, 4, 8 frames.
    assert looked(prepare, 30) == "LL" + "-L--L----L--------L" + "-" * 9
    assert len(gate.views) == 30


def test_what_settles_is_looked_at_no_more(found: Model) -> None:
    prepare = gated(found, Gate("+"), Gate())
    prepare.regions[0].open = True
    assert looked(prepare, 5) == "LL-L-"
    prepare.regions[0].open = False
    assert looked(prepare, 20) == "-" * 20


def test_news_give_an_open_question_its_looks_again(found: Model) -> None:
    prepare = gated(found, Gate("+------+"), Gate())
    prepare.regions[0].open = True
    assert looked(prepare, 14) == "LL-L--L" + "LL-L--L"


def test_time_gives_an_open_question_a_window_and_no_shorter_pauses(found: Model) -> None:
    prepare = gated(found, Gate("+------o"), Gate())
    prepare.regions[0].open = True
    assert looked(prepare, 14) == "LL-L--L" + "L----L-"


def test_looks_of_a_hovering_label_are_bounded_by_those_that_time_brings(found: Model) -> None:
    """So a still camera stays one: ten frames a second, a look due every ten seconds."""
    prepare = gated(found, Gate("+" + ("-" * 99 + "o") * 60), Gate())
    prepare.regions[0].open = True
    assert looked(prepare, 3000).count("L") < 50
    assert looked(prepare, 3000).count("L") <= 2 * 30


def test_a_slow_model_gets_the_looks_that_it_could_not_make_yet(found: Model) -> None:
    prepare = gated(found, Gate("+"), Gate())
    prepare.regions[0].open = True
    for _ in range(10):
        prepare(frame())  # nothing is judged meanwhile
    assert wanted(prepare) == [True, False]
    assert looked(prepare, 3) == "L-L"


def test_an_answer_that_is_none_leaves_the_question_open(found: Model) -> None:
    prepare = gated(found, Gate("+"), Gate())
    region = prepare.regions[0]
    for _ in range(2):
        prepare(frame())
        assert wanted(prepare) == [True, False]
        region.looks -= 1  # which `wanted` has counted
        region.fail()
    assert region.open
    assert looked(prepare, 5) == "-L--L"


def test_other_rules_bring_another_window_and_an_open_question(found: Model) -> None:
    gate = Gate()
    prepare = gated(found, gate, Gate())
    region = prepare.regions[0]
    rules = Rules.build(DecisionOptions(votes=3, window=7), choose(DecisionOptions(), found.labels))
    assert region.follow(rules, 1) == []
    assert (gate.window, region.decision.window, region.open) == (7, 7, True)


@pytest.mark.parametrize(
    ("wrong", "described"),
    [
        (np.zeros((48, 64), np.uint8), "64x48 (1 uint8 a pixel)"),
        (np.zeros((48, 64, 4), np.uint8), "64x48 (4 uint8 a pixel)"),
        (np.zeros((48, 64, 3), np.float32), "64x48 (3 float32 a pixel)"),
    ],
)
def test_what_is_no_frame_is_counted_and_described(
    found: Model, wrong: Any, described: str
) -> None:
    prepare = Prepare(found, WHOLE)
    assert prepare(wrong) == f"frames of {described}, which are not RGB of 8 bits"
    assert prepare.preparation.skipped == 1
    assert prepare.mailbox.empty
    assert prepare(frame()) == ""
    assert not prepare.mailbox.empty


def test_another_size_is_said_once_and_adapted_to(
    found: Model, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edgecam")
    prepare = Prepare(found, WHOLE)
    small = frame(height=24, width=32)
    for pixels in (frame(), frame(), small, small, frame(), small):
        assert prepare(pixels) == ""
    assert [record.message for record in caplog.records] == ["the camera gives frames of 32x24 now"]
    last = prepare.mailbox.take(0)
    assert last is not None
    expected = np.zeros((224, 224, 3), np.uint8)
    Prepare(found, WHOLE).regions[0].preprocessor.fill(frame(height=24, width=32), expected)
    assert np.array_equal(last.inputs[0], expected)


def test_nothing_large_is_allocated(found: Model) -> None:
    prepare, pixels = Prepare(found, LEFT, RIGHT), frame(height=480, width=640)
    prepare(pixels)
    tracemalloc.start()
    try:
        blank = np.zeros(4097, np.uint8)
        assert tracemalloc.get_traced_memory()[1] > 4096  # NumPy reports what it allocates
        del blank
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for number in range(20):
            prepare(pixels, number)
        assert tracemalloc.get_traced_memory()[1] - before <= 4096
    finally:
        tracemalloc.stop()


def test_no_frame_of_a_covered_lens_is_judged_not_even_the_first(found: Model) -> None:
    """Ten frames a second, of which the camera's watch would look at every tenth."""
    cat, hand = photograph("cat.jpg"), np.full((480, 640, 3), 90, np.uint8)
    gate = Gate("+-+++")
    prepare = Prepare(found, WHOLE, trouble=TroubleOptions())
    prepare.regions[0].gate = gate
    prepare.regions[0].open = False
    judged, asked = [], []
    for number, pixels in enumerate([cat] * 3 + [hand] * 9 + [cat] * 9):
        prepare(pixels, number * 10**8)
        judged += [number] * bool(wanted(prepare))
        asked.append(len(gate.views))
    assert judged == [0, 2, 12]
    # The gate sees what came before the lens, and then nothing until that is gone.
    assert asked == [1, 2, 3, *[4] * 9, *range(5, 14)]
    assert prepare.preparation.skipped == 9
