"""Rows 20 and 24 of the fault catalogue: a disk that takes nothing, or takes its time."""

from itertools import pairwise
from pathlib import Path

from support.appliance import Appliance, stop
from support.fsync import Fsync
from support.mosquitto import Mosquitto
from support.mounts import remount, tmpfs
from support.queues import fill
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.publisher.outbox import Outbox


def test_fsync_takes_5_s_and_looking_and_talking_go_on(
    tmp_path: Path, appliance: Appliance, recorder: Recorder
) -> None:
    """Row 24: it holds up nothing but the commit."""
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
    # What vision says waits for the commit, too; until it is heard again its last frame ages.
    heard = [health["vision"] for health in during if health["vision"]["up"]]
    assert max(vision["last_frame_age_s"] for vision in heard) < 1.0
    assert {health["inference"]["skipped"] for health in during} == {0}
    assert recorder.statuses == ["online", "stopped"]
    assert appliance.said.count("connected to") == 1
    numbers = [event["seq"] for event in recorder.events]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert not [event for event in recorder.events if event["event_type"] == "loss"]


def test_disk_read_only_events_still_reach_the_broker_and_the_appliance_stays_up(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder
) -> None:
    """Row 20, whole: what was queued comes first, and then what happens now."""
    with tmpfs(tmp_path / "disk", "4m") as disk:
        appliance = Appliance(tmp_path, broker.url, outbox={"file": str(disk / "q.db")})
        outbox = Outbox(disk / "q.db", max_events=1000, max_mb=1, max_age_days=30)
        fill(outbox, 1, 5)
        outbox.close()
        remount(disk, "ro")
        process = appliance.start()
        recorder.wait_for(lambda seen: len(seen.events) >= 17)
        assert stop(process) == 0
    assert [event["label"] for event in recorder.events[:5]] == [f"label {n}" for n in range(1, 6)]
    epochs = [event["epoch"] for event in recorder.events]
    assert len(set(epochs[:5])) == len(set(epochs[5:])) == 1
    assert epochs[4] != epochs[5]
    assert [event["seq"] for event in recorder.events[5:]] == list(range(1, len(epochs) - 4))
    assert recorder.statuses == ["online", "stopped"]
    assert appliance.said.count("read-only") == 1
    assert "Traceback" not in appliance.said
