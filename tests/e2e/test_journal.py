"""What a real process sends to a journal, over the journal's own protocol."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.appliance import Appliance, stop
from support.made_journal import MadeJournal, stream_of
from support.mosquitto import Mosquitto
from support.recorder import Recorder
from support.waiting import wait_until

WARNING, INFO = "4", "6"  # syslog(3)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[MadeJournal]:
    made = MadeJournal(tmp_path / "journal")
    yield made
    made.end()


def start(appliance: Appliance, journal: MadeJournal, *halves: str) -> subprocess.Popen[bytes]:
    """As systemd starts it: with its standard error in the journal."""
    env = {**os.environ, "JOURNAL_STREAM": stream_of(appliance.log)}
    return appliance.start(*halves, env=env, under=journal.under)


def test_entries_name_the_event_the_region_and_the_half(
    appliance: Appliance, recorder: Recorder, journal: MadeJournal
) -> None:
    publisher = start(appliance, journal, "publisher")
    vision = start(appliance, journal, "vision")
    recorder.wait_for(lambda seen: len(seen.events) >= 3)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert "edgecam" not in appliance.said, "a line went twice into the journal"
    assert {entry["SYSLOG_IDENTIFIER"] for entry in journal.entries} == {"edgecam"}
    appeared = journal.about("appeared")[0]
    assert appeared["EDGECAM_REGION"] == "scene"
    assert appeared["EDGECAM_HALF"] == "vision"
    assert appeared["PRIORITY"] == INFO
    assert appeared["MESSAGE"].startswith("scene: ")
    for event, half in (
        ("broker_connected", "publisher"),
        ("vision_connected", "publisher"),
        ("publisher_connected", "vision"),
        ("vision_disconnected", "publisher"),
    ):
        assert half in {entry["EDGECAM_HALF"] for entry in journal.about(event)}, event
    assert all(name.isupper() for entry in journal.entries for name in entry)


def test_trouble_has_its_reason(
    appliance: Appliance, broker: Mosquitto, recorder: Recorder, journal: MadeJournal
) -> None:
    process = start(appliance, journal)
    recorder.wait_for(lambda seen: seen.events)
    broker.stop()
    wait_until(lambda: journal.about("broker_disconnected"), 20.0)
    lost = journal.about("broker_disconnected")[0]
    assert lost["PRIORITY"] == WARNING
    assert broker.url in lost["EDGECAM_REASON"]
    assert lost["EDGECAM_HALF"] == "both"
    assert stop(process) == 0


def test_why_a_process_ended_is_an_error_there(appliance: Appliance, journal: MadeJournal) -> None:
    """Standard error, where the first characters of a line may be its priority: sd-daemon(3)."""
    appliance.config.write_text("camera: 1\nmqtt: 2\n", encoding="utf-8")
    assert start(appliance, journal).wait(20.0) == 78
    lines = appliance.said.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"<3>{appliance.config}:") for line in lines)
    appliance.log.unlink()
    assert appliance.start().wait(20.0) == 78
    assert [f"<3>{line}" for line in appliance.said.splitlines()] == lines


def test_a_journal_that_takes_no_more_is_no_trouble(
    appliance: Appliance, recorder: Recorder, journal: MadeJournal
) -> None:
    process = start(appliance, journal)
    recorder.wait_for(lambda seen: seen.events)
    journal.end()
    wait_until(lambda: "scene: " in appliance.said, 20.0)
    count = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 2)
    assert "Traceback" not in appliance.said
    assert stop(process) == 0
