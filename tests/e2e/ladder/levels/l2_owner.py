"""L2: what an owner does with the appliance: systemctl, a boot, a mistake, a look around."""

import contextlib
import json
import time
from collections.abc import Iterator

from support.waiting import wait_until

from ladder.bench import Bench
from ladder.levels.l2_faults import break_, rigged
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import CONFIG, PUBLISHER, SOCKET, VISION, Station, installed

HALVES = (VISION, PUBLISHER)
BACKLOG = 8
RESTART_S = 3.0  # RestartSec= of both units


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="systemctl start, restart, reload, stop and status of edgecam are those of both halves",
)
def systemctl_means_both(bench: Bench) -> None:
    station = bench.share(installed)
    station.well()
    first = pids(station)
    station.systemctl("start", "edgecam")
    assert pids(station) == first, "a start of what runs has restarted it"
    read = len(station.logged("the configuration was read again"))
    station.systemctl("reload", "edgecam")
    again = "the configuration was read again"
    wait_until(lambda: len(station.logged(again)) == read + 2, 20.0, poll_s=0.2)
    assert pids(station) == first, "a reload has restarted it"
    station.systemctl("restart", "edgecam")
    station.wait_running()
    assert not set(pids(station)) & set(first), "a restart has left a half as it was"
    assert "active (running)" in station.systemctl("status", "edgecam")
    station.systemctl("stop", "edgecam")
    down(station)
    station.recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    assert station.machine.run(["systemctl", "status", "edgecam"], check=False).returncode == 3
    station.systemctl("start", "edgecam")
    station.wait_running()
    assert not station.gaps()


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="systemctl stop, start and restart while vision crashes again and again",
)
def systemctl_while_it_restarts(bench: Bench) -> None:
    station = bench.share(installed)
    with rigged(station):
        for command in ("stop", "restart", "start"):
            break_(station, "model crash")
            wait_until(lambda: station.state(VISION) == "activating/auto-restart", 30.0, poll_s=0.1)
            break_(station, "none")
            station.systemctl(command, "edgecam")
            if command == "stop":
                down(station)
                station.systemctl("start", "edgecam")
            station.wait_running()


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a broken configuration (exit 78): stays down, says where and what; mended, it starts",
)
def broken_configuration(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    station.machine.write(CONFIG, "camera:\n  sauce: stills\n")
    station.systemctl("restart", "edgecam", check=False)
    station.wait_state(VISION, "failed/failed")
    # If it were started again, it would be within this time: kill_nine shows that it can be.
    until_s = time.monotonic() + 2 * RESTART_S
    while time.monotonic() < until_s:
        assert station.state(VISION) == "failed/failed"
        assert station.pid(PUBLISHER) == 0
        time.sleep(0.5)
    assert [station.restarts(unit) for unit in HALVES] == [0, 0]
    assert station.shows(VISION, "ExecMainStatus") == ["78"]
    said = station.machine.run(["systemctl", "status", "--lines=5", "edgecam"], check=False).stdout
    (line,) = {each.split(": ", 1)[1] for each in said.splitlines() if f"{CONFIG}:2" in each}
    station.configure()
    station.systemctl("start", "edgecam")
    station.wait_running()
    return line


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a boot without network and broker: starts by itself, and what was seen arrives later",
)
def boots_without_a_broker(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    station.far.broker.stop()
    before = len(station.logged(" appeared"))
    station.machine.reboot()
    try:
        for unit in HALVES:
            station.wait_state(unit, "active/running")
        wait_until(lambda: len(station.logged(" appeared")) > before + BACKLOG, 60.0, poll_s=0.5)
    finally:
        station.far.start()
        station.far.plug(station.machine)
    heard = len(station.recorder.events)
    station.wait_events(2 * BACKLOG)
    assert not station.gaps()
    return f"{len(station.recorder.events) - heard} events came afterwards"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="sudo edgecam check: the configuration is right; edgecam privacy: all is enforced",
)
def looks_around(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    checked = station.machine.run(["edgecam", "check"])
    assert checked.stdout.rstrip().endswith("is right"), checked.stdout + checked.stderr
    report = json.loads(station.machine.run(["edgecam", "privacy", "--json"]).stdout)
    assert report["enforced"] is True, report
    assert report["broken"] == [], report
    # Where it is not, it says so.
    with loosened(station):
        done = station.machine.run(["edgecam", "privacy", "--json"], check=False)
        assert done.returncode == 1, done.stdout
        assert json.loads(done.stdout)["enforced"] is False
    return f"{report['bits_per_hour']} bits an hour at worst"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="the journal has event, region and reason as fields, and who said it",
)
def journal_fields(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    entry = journal(station, "EDGECAM_EVENT=appeared")[-1]
    wanted = {"SYSLOG_IDENTIFIER": "edgecam", "EDGECAM_REGION": "scene", "PRIORITY": "6"}
    assert wanted.items() <= entry.items(), entry
    assert entry["_SYSTEMD_UNIT"] in HALVES
    station.far.broker.stop()
    try:
        wait_until(lambda: journal(station, "EDGECAM_EVENT=broker_disconnected"), 30.0, poll_s=0.5)
    finally:
        station.far.start()
    entry = journal(station, "EDGECAM_EVENT=broker_disconnected")[-1]
    assert entry["_SYSTEMD_UNIT"] == PUBLISHER
    return f"reason: {entry['EDGECAM_REASON']}"


def pids(station: Station) -> list[int]:
    return [station.pid(unit) for unit in HALVES]


def down(station: Station) -> None:
    """See that nothing of it runs or listens."""
    station.wait_state(VISION, "inactive/dead")
    station.wait_state(PUBLISHER, "inactive/dead")
    station.wait_state(SOCKET, "inactive/dead")
    assert not station.machine.path("/run/edgecam/link.sock").exists()


def journal(station: Station, field: str) -> list[dict[str, str]]:
    """The entries with a field."""
    said = station.machine.run(["journalctl", "--no-pager", "--output=json", field], check=False)
    return [json.loads(line) for line in said.stdout.splitlines()]


@contextlib.contextmanager
def loosened(station: Station) -> Iterator[None]:
    """Within, the bus is in reach of the half that sees."""
    drop_in = "/run/systemd/system/edgecam.service.d/loose.conf"
    station.machine.write(drop_in, "[Service]\nBindReadOnlyPaths=/run/dbus\n")
    station.systemctl("daemon-reload")
    station.systemctl("restart", "edgecam")
    station.wait_running()
    try:
        yield
    finally:
        station.machine.path(drop_in).unlink()
        station.systemctl("daemon-reload")
        station.well()
