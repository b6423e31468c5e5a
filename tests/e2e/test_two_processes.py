"""The two halves as two processes, as systemd runs them, ended in every way."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.appliance import Appliance, stop
from support.recorder import Recorder
from support.waiting import wait_until


def test_both_halves_find_each_other_in_either_order(
    appliance: Appliance, recorder: Recorder
) -> None:
    vision = appliance.start("vision")
    wait_until(lambda: "no publisher listens" in appliance.said, 20.0)
    publisher = appliance.start("publisher")
    recorder.wait_for(lambda seen: len(seen.events) >= 3)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    assert recorder.gapless


@pytest.mark.parametrize("victim", ["vision", "publisher"])
def test_kill_nine_of_either_half_loses_no_committed_event(
    appliance: Appliance, recorder: Recorder, victim: str
) -> None:
    halves = {half: appliance.start(half) for half in ("publisher", "vision")}
    for _ in range(4):
        count = len(recorder.events)
        recorder.wait_for(lambda seen, count=count: len(seen.events) >= count + 2, 30.0)  # type: ignore[misc]
        halves[victim].send_signal(signal.SIGKILL)
        halves[victim].wait(10.0)
        halves[victim] = appliance.start(victim)
    count = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 2, 30.0)
    assert stop(halves["vision"]) == 0
    assert stop(halves["publisher"]) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    assert recorder.gapless
    assert appliance.queued() == []


def test_a_publisher_without_vision_says_so_and_counts_its_restarts(
    appliance: Appliance, recorder: Recorder
) -> None:
    publisher = appliance.start("publisher")
    recorder.wait_for(lambda seen: seen.on("/health"))
    assert recorder.statuses == ["online"]
    assert recorder.on("/health")[-1].json["vision"]["up"] is False
    for restarts in range(2):
        vision = appliance.start("vision")
        recorder.wait_for(vision_is_up(restarts))
        vision.kill()
        vision.wait(10.0)
        recorder.wait_for(lambda seen: not seen.on("/health")[-1].json["vision"]["up"])
    assert stop(publisher) == 0


def vision_is_up(restarts: int) -> Callable[[Recorder], bool]:
    def up(recorder: Recorder) -> bool:
        vision = recorder.on("/health")[-1].json["vision"]
        return bool(vision["up"]) and vision["restarts"] == restarts

    return up


def test_halves_with_other_regions_refuse_each_other(tmp_path: Path, appliance: Appliance) -> None:
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    other = Appliance(
        other_folder,
        "mqtt://127.0.0.1:1",
        link={"socket": str(tmp_path / "wall")},
        decision={"groups": {"castles": ["castle"]}},
    )
    publisher = appliance.start("publisher")
    wait_until((tmp_path / "wall").exists, 20.0)
    vision = other.start("vision")
    assert vision.wait(20.0) == 1
    assert "restart both halves" in other.said
    assert "Traceback" not in other.said
    assert stop(publisher) == 0
    other.end()


def test_the_publisher_loads_no_pictures_and_vision_no_network(appliance: Appliance) -> None:
    """What a process has mapped into its memory tells what it could do."""
    publisher, vision = appliance.start("publisher"), appliance.start("vision")
    wait_until(lambda: "appeared (" in appliance.said, 30.0)
    publisher_maps = Path(f"/proc/{publisher.pid}/maps").read_text()
    vision_maps = Path(f"/proc/{vision.pid}/maps").read_text()
    assert not [name for name in ("cv2", "numpy", "litert") if name in publisher_maps]
    assert not [name for name in ("_ssl.", "libsqlite3", "_sqlite3") if name in vision_maps]
    # The same look finds these where they belong.
    assert "cv2" in vision_maps
    assert "_sqlite3" in publisher_maps
    assert stop(vision) == 0
    assert stop(publisher) == 0
