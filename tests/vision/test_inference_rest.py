"""A rest that begins while the inference worker waits ends what was before, and nothing after it."""

from collections.abc import Callable
from typing import cast

import pytest
from support.vision_half import AT_ONCE, WHOLE, load_classifier, load_model, photograph, regions

from edgecam.config.options import LiveOptions
from edgecam.link import Tables
from edgecam.messages import Event, Look, Sighting
from edgecam.model import Model
from edgecam.vision.inference import InferenceWorker
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Prepared
from edgecam.vision.reporter import Reporter
from edgecam.vision.statistics import Statistics

SECOND_NS = 10**9


@pytest.fixture(scope="module")
def found() -> Model:
    return load_model()


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.sightings: list[tuple[bool, int]] = []

    def report(self, event: Event) -> None:
        if isinstance(event, Sighting):
            self.sightings.append((event.appeared, event.at_ns // SECOND_NS))

    def show(self, look: Look) -> None:
        """Nobody looks."""


class Waited(Mailbox[Prepared]):
    """Something happens while somebody waits for a buffer."""

    meanwhile: Callable[[], None] | None = None

    def take(self, timeout_s: float) -> Prepared | None:
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            happen()
        return super().take(timeout_s)


class Bench:
    """A worker whose steps are made one by one."""

    def __init__(self, found: Model) -> None:
        classifier = load_classifier(found)
        (self.region,) = regions(found, [WHOLE])
        self.told = Told()
        self.mailbox = Waited(lambda: Prepared([classifier.blank()]))
        self.worker = InferenceWorker(
            mailbox=self.mailbox,
            classifier=classifier,
            regions=[self.region],
            reporter=cast("Reporter", self.told),
            statistics=Statistics(),
            tables=Tables.build(found, ["scene"], AT_ONCE),
            live=LiveOptions(),
            limit_s=10.0,
        )

    def show(self, at_s: int) -> None:
        """A frame with a panda, taken at that time."""
        prepared = self.mailbox.blank()
        self.region.preprocessor.fill(photograph("panda.jpg"), prepared.inputs[0])
        prepared.taken_ns = at_s * SECOND_NS
        prepared.wanted[0] = True
        self.mailbox.put(prepared)


def test_a_frame_of_after_the_rest_is_judged_after_it(found: Model) -> None:
    bench = Bench(found)
    bench.show(1)
    bench.worker.step()

    def rest_and_wake() -> None:
        bench.worker.rest(2 * SECOND_NS)
        bench.show(3)

    bench.mailbox.meanwhile = rest_and_wake
    bench.worker.step()
    assert bench.told.sightings == [(True, 1), (False, 2), (True, 3)]
    assert bench.mailbox.dropped == 0


def test_a_frame_of_before_the_rest_is_dropped_and_counted(found: Model) -> None:
    bench = Bench(found)
    bench.show(1)
    bench.worker.step()
    bench.show(2)
    bench.worker.rest(3 * SECOND_NS)
    bench.worker.step()
    assert bench.told.sightings == [(True, 1), (False, 3)]
    assert (bench.mailbox.dropped, bench.worker.done, bench.mailbox.taken) == (1, 2, 2)
