"""Row 24 of the fault catalogue: an fsync that takes 5 s holds up nothing but the commit."""

from itertools import pairwise
from pathlib import Path

from support.appliance import Appliance, stop
from support.fsync import Fsync
from support.recorder import Recorder
from support.waiting import wait_until


def test_fsync_takes_5_s_and_looking_and_talking_go_on(
    tmp_path: Path, appliance: Appliance, recorder: Recorder
) -> None:
    fsync = Fsync(tmp_path)
    process = appliance.start(env=fsync.env)
    recorder.wait_for(lambda seen: len(seen.events) >= 2)
    fsync.be("slow")
    synced = len(fsync.calls)
    healths = len(recorder.on("/health"))
    wait_until(lambda: len(fsync.calls) >= synced + 3, 30.0)
    during = [message.json for message in recorder.on("/health")[healths + 1 :]]
    fsync.be("")
    events = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) > events + 10)
    wait_until(lambda: fsync.calls[-1][0] == "done")
    assert stop(process) == 0

    assert len(during) >= 2
    assert min(health["vision"]["fps"] for health in during) > 10  # of the 20 that are asked for
    assert max(health["vision"]["last_frame_age_s"] for health in during) < 1.0
    assert {health["inference"]["skipped"] for health in during} == {0}
    assert recorder.statuses == ["online", "stopped"]
    assert appliance.said.count("connected to") == 1
    numbers = [event["seq"] for event in recorder.events]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert not [event for event in recorder.events if event["event_type"] == "loss"]
