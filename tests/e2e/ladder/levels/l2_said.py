"""L2: what the installed appliance says of itself: in the journal, and to `check`."""

import json

from support.waiting import wait_until

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, installed

_INFO, _WARNING = "6", "4"  # syslog(3)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="journal entries are found by event, region and reason, with unit and priority",
)
def journal_fields(bench: Bench) -> str:
    station = bench.share(installed)
    seen = entries(station, "EDGECAM_EVENT=appeared", "EDGECAM_REGION=scene")[-1]
    assert seen["_SYSTEMD_UNIT"] == VISION, seen
    assert seen["EDGECAM_HALF"] == "vision", seen
    assert seen["SYSLOG_IDENTIFIER"] == "edgecam", seen
    assert seen["PRIORITY"] == _INFO, seen
    assert not entries(station, "EDGECAM_EVENT=appeared", "EDGECAM_REGION=none")
    before = len(entries(station, "EDGECAM_EVENT=publisher_disconnected"))
    station.systemctl("kill", "--signal=KILL", PUBLISHER)
    lost = "EDGECAM_EVENT=publisher_disconnected"
    wait_until(lambda: len(entries(station, lost)) > before, 20.0, poll_s=0.5)
    told = entries(station, lost)[-1]
    assert told["PRIORITY"] == _WARNING, told
    assert told["EDGECAM_REASON"], told
    station.wait_running()
    return f"{len(entries(station, 'SYSLOG_IDENTIFIER=edgecam'))} entries"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="edgecam check finds its configuration, and lacks nothing on an installed system",
)
def checks(bench: Bench) -> None:
    station = bench.share(installed)
    done = station.machine.run(["edgecam", "check"])
    assert done.stderr == "", done.stderr
    assert done.stdout.splitlines()[-1] == "# /etc/edgecam/config.yaml is right", done.stdout
    # The same command says so where something lacks.
    station.configure(camera={"source": "opencv", "opencv": {"source": "/dev/video77"}})
    lacks = station.machine.run(["edgecam", "check"])
    assert "warning: /etc/edgecam/config.yaml:" in lacks.stderr, lacks.stderr
    assert "no camera at /dev/video77" in lacks.stderr, lacks.stderr
    station.configure()


def entries(station: Station, *matches: str) -> list[dict[str, str]]:
    """Entries of the journal with these fields, oldest first."""
    command = ["journalctl", "--no-pager", "--output=json", *matches]
    return [json.loads(line) for line in station.machine.run(command).stdout.splitlines()]
