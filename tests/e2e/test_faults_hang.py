"""The fault catalogue's hangs: a model that never answers, a deadlocked worker. Real processes.

The limits are seconds here; that those of life keep to 30 s is told by tests/test_worker.py.
"""

import pytest
from support.appliance import stop
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance
from support.waiting import wait_until

ENDED_S = 15.0


@pytest.fixture(autouse=True)
def hurry(rigged: RiggedAppliance) -> None:
    """Let a step take as long as nobody wants to wait for a test."""
    rigged.turn("limit_s", "3")


def wait_for_news(recorder: Recorder) -> None:
    """Wait for something to appear that has not yet."""
    before = len(recorder.sightings)
    recorder.wait_for(lambda seen: len(seen.sightings) >= before + 2, 30.0)


def heals(rigged: RiggedAppliance, recorder: Recorder, *, part: str) -> None:
    """Restarted, as systemd does, it goes on, and every event arrives in the end."""
    rigged.turn(part, "")
    process = rigged.start()
    wait_for_news(recorder)
    assert stop(process) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    seqs = {event["seq"] for event in recorder.events}
    assert seqs == set(range(1, max(seqs) + 1))
    assert rigged.queued() == []


def test_invoke_that_hangs_ends_the_process(rigged: RiggedAppliance, recorder: Recorder) -> None:
    process = rigged.start()
    wait_for_news(recorder)
    rigged.turn("model", "hang")
    assert process.wait(ENDED_S) == 1
    assert rigged.said.count("the model has not answered for 4 s; ending the process") == 1
    assert "Traceback" not in rigged.said
    # The other half had no part in it: it says goodbye.
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    heals(rigged, recorder, part="model")


@pytest.mark.parametrize("worker", ["receiver", "delivery"])
def test_a_deadlocked_worker_ends_the_process(
    rigged: RiggedAppliance, recorder: Recorder, worker: str
) -> None:
    process = rigged.start()
    wait_for_news(recorder)
    rigged.turn(worker, "hang")
    assert process.wait(ENDED_S) == 1
    assert rigged.said.count(f"the {worker} thread has not come back for 3 s") == 1
    assert "Traceback" not in rigged.said
    heals(rigged, recorder, part=worker)


def test_a_deadlocked_publisher_ends_while_vision_waits_for_it(
    rigged: RiggedAppliance, recorder: Recorder
) -> None:
    publisher, vision = rigged.start("publisher"), rigged.start("vision")
    wait_for_news(recorder)
    rigged.turn("receiver", "hang")
    assert publisher.wait(ENDED_S) == 1
    rigged.turn("receiver", "")
    publisher = rigged.start("publisher")
    wait_for_news(recorder)
    assert vision.poll() is None
    assert stop(vision) == 0
    assert stop(publisher) == 0
    seqs = {event["seq"] for event in recorder.events}
    assert seqs == set(range(1, max(seqs) + 1))


def test_a_resolver_that_hangs_is_waited_for(rigged: RiggedAppliance, recorder: Recorder) -> None:
    """Nobody can bound it, and everything else goes on."""
    rigged.turn("resolver", "hang")
    process = rigged.start()
    wait_until(lambda: rigged.said.count(" appeared (") >= 10, 30.0)  # longer than a step may take
    assert process.poll() is None
    rigged.turn("resolver", "")
    recorder.wait_for(lambda seen: len(seen.sightings) >= 20, 30.0)
    assert stop(process) == 0
    seqs = {event["seq"] for event in recorder.events}
    assert seqs == set(range(1, max(seqs) + 1))
