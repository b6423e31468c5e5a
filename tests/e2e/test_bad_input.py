"""What is wrong is said in one line, with the right exit code, and nothing is lost."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.appliance import Appliance, pictures, stop
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.waiting import wait_until


def refused(appliance: Appliance, *halves: str) -> tuple[int, str]:
    """Exit code and log of an appliance that cannot run."""
    code = appliance.start(*halves).wait(30.0)
    said = appliance.said
    assert "Traceback" not in said
    return code, said


def test_unreadable_pictures_are_skipped_counted_and_said_once(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder
) -> None:
    folder = pictures(tmp_path / "pictures")
    (folder / "a-note.txt").write_text("not a picture")
    (folder / "b-empty.jpg").write_bytes(b"")
    (folder / "c-broken.jpg").write_bytes(b"\xff\xd8\xff" + b"\x00" * 100)
    appliance = Appliance(
        tmp_path,
        broker.url,
        camera={"stills": {"folder": str(folder), "hold_s": 0.3}},
    )
    process = appliance.start()
    recorder.wait_for(
        lambda seen: seen.on("/health") and seen.on("/health")[-1].json["vision"]["unreadable"] == 3
    )
    recorder.wait_for(lambda seen: len(seen.events) >= 8)  # more than one round
    assert stop(process) == 0
    for name in ("a-note.txt", "b-empty.jpg", "c-broken.jpg"):
        assert appliance.said.count(name) == 1


@pytest.mark.parametrize(
    ("section", "option", "words"),
    [
        ({"camera": {"stills": {"folder": "nowhere"}}}, "camera.stills.folder", "not a folder"),
        ({"camera": {"stills": {"folder": "empty"}}}, "camera.stills.folder", "no picture"),
        ({"camera": {"source": "pi"}}, "camera.source", "python3-picamera2"),
        ({"model": {"file": "nowhere.tflite"}}, "model.file", "cannot be read"),
        ({"model": {"sha256": "0" * 64}}, "model.sha256", "not the pinned model"),
        ({"decision": {"only": ["castel"]}}, "decision.only[0]", 'did you mean "castle"?'),
        (
            {"mqtt": {"username": "cam", "password_file": "nowhere"}},
            "mqtt.password_file",
            "cannot be read",
        ),
    ],
)
def test_a_bad_configuration_is_exit_78_and_names_its_line(
    tmp_path: Path, section: dict[str, dict[str, object]], option: str, words: str
) -> None:
    (tmp_path / "empty").mkdir()
    appliance = Appliance(tmp_path, "mqtt://127.0.0.1:1", **section)
    code, said = refused(appliance)
    (line,) = [line for line in said.splitlines() if option in line]
    assert line.startswith(f"{appliance.config}:1: {option}: ")
    assert words in line
    assert code == 78


def test_a_missing_device_is_an_event_and_waited_for(
    tmp_path: Path, broker: Mosquitto, recorder: Recorder
) -> None:
    camera = {"source": "opencv", "opencv": {"source": "/dev/video99"}}
    appliance = Appliance(tmp_path, broker.url, camera=camera)
    for round_ in (1, 2):  # after a restart it is still the same trouble
        process = appliance.start()
        wait_until(lambda: appliance.said.count("no camera at /dev/video99") == round_, 20.0)  # noqa: B023  called at once
        recorder.wait_for(lambda seen: seen.events)
        assert stop(process) == 0
    assert [(event["event_type"], event["reason"]) for event in recorder.events] == [
        ("camera_trouble", "missing")
    ]
    cured = Appliance(tmp_path, broker.url)
    process = cured.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 2)
    assert recorder.events[1]["event_type"] == "camera_ok"
    assert stop(process) == 0


def test_a_damaged_queue_is_set_aside_and_the_appliance_goes_on(
    appliance: Appliance, recorder: Recorder
) -> None:
    appliance.outbox.parent.mkdir()
    appliance.outbox.write_bytes(b"SQLite format 3\x00" + b"\xa5" * 8000)
    process = appliance.start()
    recorder.wait_for(lambda seen: len(seen.events) >= 2)
    assert stop(process) == 0
    assert recorder.events[0]["event_type"] == "loss"
    assert recorder.events[0]["reason"] == "queue_damaged"
    (aside,) = appliance.outbox.parent.glob("outbox.db.damaged-*")
    assert aside.read_bytes().endswith(b"\xa5" * 100)


def test_a_queue_of_a_newer_version_is_exit_78_so_that_nobody_starts_it_for_ever(
    appliance: Appliance,
) -> None:
    appliance.outbox.parent.mkdir()
    newer = b"SQLite format 3\x00".ljust(60, b"\x01") + (99).to_bytes(4) + bytes(4032)
    appliance.outbox.write_bytes(newer)
    code, said = refused(appliance)
    assert code == 78
    assert "outbox.file: " in said
    assert "newer edgecam" in said
    assert appliance.outbox.read_bytes() == newer
    assert list(appliance.outbox.parent.iterdir()) == [appliance.outbox]


def test_a_queue_that_is_in_use_is_refused(appliance: Appliance) -> None:
    first = appliance.start("publisher")
    wait_until(lambda: "connected to" in appliance.said, 20.0)
    code, said = refused(appliance)
    assert code == 1
    assert "another edgecam is using it" in said
    assert stop(first) == 0


def test_a_wall_that_is_in_use_is_refused(appliance: Appliance, tmp_path: Path) -> None:
    first = appliance.start("publisher")
    wait_until((tmp_path / "wall").exists, 20.0)
    code, said = refused(appliance, "publisher")
    assert code == 1
    assert "another publisher listens there" in said
    assert stop(first) == 0


def test_an_interrupt_at_the_terminal_stops_cleanly(
    appliance: Appliance, recorder: Recorder
) -> None:
    process = appliance.start()
    recorder.wait_for(lambda seen: seen.events)
    process.send_signal(signal.SIGINT)
    assert process.wait(10.0) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")


def test_watch_without_a_broker_is_one_line() -> None:
    command = [sys.executable, "-m", "edgecam", "watch", "--broker", "mqtt://127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "no connection to mqtt://127.0.0.1:1: Connection refused" in done.stderr
    assert "Traceback" not in done.stderr
