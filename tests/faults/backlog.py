"""A broker that was away for a day, scaled: a long queue, which the real publisher then drains."""

import itertools
import time
from pathlib import Path

from support.appliance import Appliance, stop
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.publisher.outbox import Outbox
from edgecam.publisher.stored_event import StoredEvent, happened
from faults.broker import Broker
from faults.judge import Fact, Judge
from faults.memory import Marks
from faults.series import Result, Trial

BATCH = 64  # as many as the publisher commits at once
RUN = 1
HEALTH_INTERVAL_S = 1
HEALTH_LATE_S = 5.0
MAX_MB = 512
STALLED_S = 30.0


def run(trial: Trial) -> Result:
    file = trial.folder / "state" / "outbox.db"
    room = trial.count + BATCH
    broker = Broker(trial.folder)
    committed = _fill(file, trial.count, room)
    appliance = Appliance(
        trial.folder, broker.url, outbox={"file": str(file), "max_events": room, "max_mb": MAX_MB}
    )
    broker.start()
    recorder = Recorder(broker.port)
    try:
        return _drain(trial, appliance, recorder, Judge(recorder.messages, lambda: committed))
    finally:
        appliance.end()
        recorder.close()
        broker.stop()


def _fill(file: Path, count: int, room: int) -> set[Fact]:
    """Commit events straight into the queue file: what `commit` has returned for is promised."""
    outbox = Outbox(file, max_events=room, max_mb=MAX_MB, max_age_days=30)
    began_ms = time.monotonic_ns() // 10**6 - count
    promised: set[Fact] = set()
    for first in range(1, count + 1, BATCH):
        batch = range(first, min(first + BATCH, count + 1))
        outbox.commit(RUN, [(number, _event(began_ms, number)) for number in batch], {})
        promised |= {_fact(began_ms, number) for number in batch}
    outbox.close()
    return promised


def _event(began_ms: int, number: int) -> StoredEvent:
    return happened(
        "appeared",
        (began_ms + number) * 10**6,
        id=f"00000001-0-{number}",
        region="scene",
        label="castle",
        confidence=number % 1000,
        model="efficientnet_lite0_int8",
    )


def _fact(began_ms: int, number: int) -> Fact:
    return "appeared", round((began_ms + number) / 1e3, 3), number % 1000 / 1000


def _drain(trial: Trial, appliance: Appliance, recorder: Recorder, judge: Judge) -> Result:
    began_s = time.monotonic()
    publisher = appliance.start("publisher")
    marks = Marks({"publisher": publisher.pid}, trial.count)
    _follow(trial, judge, marks)
    took_s = time.monotonic() - began_s
    problems = [*marks.problems, *_starved(recorder, began_s, time.monotonic())]
    if stop(publisher) != 0:
        problems.append("the publisher did not end well")
    if appliance.queued():
        problems.append("events are still in the queue file")
    figures = f"{trial.count / took_s:.0f} events/s, {marks.figures}"
    return judge.result(trial.count, figures, problems)


def _follow(trial: Trial, judge: Judge, marks: Marks) -> None:
    """Watch the events come, until all are there or none comes any more."""
    arrived = 0
    while arrived < trial.count and _wait_for_more(judge, arrived):
        arrived = judge.arrived
        marks.pass_by(arrived)
        trial.progress(arrived)


def _wait_for_more(judge: Judge, arrived: int) -> bool:
    try:
        wait_until(lambda: judge.arrived > arrived, STALLED_S)
    except AssertionError:
        return False  # the judge says what is missing
    return True


def _starved(recorder: Recorder, began_s: float, ended_s: float) -> list[str]:
    """Whether the live status stood still for longer than it may while the backlog drained."""
    said_s = [message.at_s for message in recorder.on("/health")]
    moments = [began_s, *said_s, ended_s]
    longest_s = max(after - before for before, after in itertools.pairwise(moments))
    if longest_s > HEALTH_INTERVAL_S + HEALTH_LATE_S:
        return [f"no health for {longest_s:.0f} s while draining"]
    return []
