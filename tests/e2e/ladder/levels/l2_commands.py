"""L2: what a person says to systemd reaches both halves, in whatever state they are."""

import contextlib
from collections.abc import Iterator

from support.waiting import wait_until

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import CONFIG, PUBLISHER, SOCKET, VISION, Station, installed

_DUE = "RestartSec=20"  # long enough to say something meanwhile, which systemd 252 waits out
_SLOW = "ExecStartPost=/bin/sleep 3"  # so it has read its files, and is not started yet
_FAILS_SLOWLY = "ExecStopPost=/bin/sleep 3"  # so that a start that has failed is not over yet
_STAYS_S = 8.0  # more than two times RestartSec=
_DROP_IN = "/run/systemd/system/{}.d/commands.conf"


@contextlib.contextmanager
def with_line(station: Station, unit: str, line: str) -> Iterator[None]:
    """Within, a unit has one more line."""
    drop_in = _DROP_IN.format(unit)
    station.machine.write(drop_in, f"[Service]\n{line}\n")
    station.systemctl("daemon-reload")
    try:
        yield
    finally:
        station.machine.path(drop_in).unlink()
        station.systemctl("daemon-reload")


@contextlib.contextmanager
def ended(station: Station, unit: str) -> Iterator[None]:
    """Within, a half has been killed, and systemd is about to start it again."""
    with with_line(station, unit, _DUE):
        station.machine.run(["kill", "-KILL", str(station.pid(unit))])
        station.wait_state(unit, "activating/auto-restart")
        yield


def pids(station: Station) -> tuple[int, int]:
    return station.pid(VISION), station.pid(PUBLISHER)


def wait_other(station: Station, before: tuple[int, int]) -> None:
    """Wait until both halves run, as other processes than before."""
    wait_until(lambda: not set(pids(station)) & {0, *before}, 30.0, poll_s=0.2)
    station.wait_running()


def wait_down(station: Station) -> None:
    """Wait until neither half runs, nor is about to."""
    for unit in (VISION, PUBLISHER):
        station.wait_state(unit, "inactive/dead")


@row("L2", BOOKWORM, TRIXIE, shown="start, reload, restart and stop reach both halves")
def commands(bench: Bench) -> None:
    station = bench.share(installed)
    station.well()
    before, read = pids(station), len(station.logged("was read again"))
    station.systemctl("start", "edgecam")
    station.systemctl("reload", "edgecam")
    wait_until(lambda: len(station.logged("was read again")) == read + 2, 10.0, poll_s=0.2)
    assert pids(station) == before
    station.systemctl("restart", "edgecam")
    wait_other(station, before)
    station.systemctl("stop", "edgecam")
    wait_down(station)
    station.systemctl("restart", "edgecam")
    station.wait_running()
    assert not station.gaps()


@row("L2", BOOKWORM, TRIXIE, shown="stop and restart, while systemd is about to restart a half")
def commands_after_a_crash(bench: Bench) -> None:
    station = bench.share(installed)
    for unit in (VISION, PUBLISHER):
        station.well()
        with ended(station, unit):
            station.systemctl("stop", "edgecam")
            wait_down(station)
        station.systemctl("start", "edgecam")
        station.wait_running()
        before = pids(station)
        with ended(station, unit):
            station.configure(decision={"cooldown_s": 1})
            station.systemctl("restart", "edgecam")
            wait_other(station, before)
    station.well()
    assert not station.gaps()


@row("L2", BOOKWORM, TRIXIE, shown="a crash after an edit: both halves read the same, unasked")
def crash_after_an_edit(bench: Bench) -> None:
    station = bench.share(installed)
    station.well()
    before = pids(station)
    station.configure(decision={"ignore": ["bison"]})
    station.machine.run(["kill", "-KILL", str(before[0])])
    wait_other(station, before)
    station.well()
    assert not station.gaps()


@row(
    "L2", BOOKWORM, TRIXIE, shown="an edit and a restart in the midst of a start reach both halves"
)
def restart_while_starting(bench: Bench) -> None:
    station = bench.share(installed)
    station.well()
    station.systemctl("stop", "edgecam")
    wait_down(station)
    with with_line(station, PUBLISHER, _SLOW):
        station.systemctl("start", "--no-block", "edgecam")
        station.wait_state(PUBLISHER, "activating/start-post")
        before = pids(station)
        station.configure(decision={"ignore": ["bison"]})
        station.systemctl("restart", "edgecam")
        wait_other(station, before)
    station.well()
    assert not station.gaps()


@row(
    "L2", BOOKWORM, TRIXIE, shown="a restart while the publisher fails on its old files starts both"
)
def restart_while_failing(bench: Bench) -> None:
    station = bench.share(installed)
    station.well()
    station.systemctl("stop", "edgecam")
    wait_down(station)
    with with_line(station, PUBLISHER, _FAILS_SLOWLY):
        station.configure(mqtt={"broker": "mqtts://broker", "tls": {"ca_file": "/nowhere"}})
        station.systemctl("start", "--no-block", "edgecam")
        station.wait_state(PUBLISHER, "deactivating/stop-post")
        station.configure()
        station.systemctl("restart", "edgecam")
        station.wait_running()
    station.well()
    assert not station.gaps()


@row("L2", BOOKWORM, TRIXIE, shown="exit 78: both stay down with the reason; mended, both start")
def broken_configuration(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    station.machine.write(CONFIG, "nonsense: 1\n")
    station.machine.run(["systemctl", "restart", "edgecam"], check=False)
    station.wait_state(VISION, "failed/failed")
    status = station.systemctl("status", "--no-pager", "edgecam", check=False)
    (reason,) = [line for line in status.splitlines() if "nonsense" in line]
    assert "status=78/CONFIG" in status
    with contextlib.suppress(AssertionError):
        wait_until(lambda: any(pids(station)), _STAYS_S, poll_s=0.2)
    assert pids(station) == (0, 0)
    station.configure()
    station.systemctl("start", "edgecam")
    station.wait_running()
    return reason.partition(": ")[2]


@row("L2", BOOKWORM, TRIXIE, shown="exit 78 of the publisher alone: it stays down, vision says so")
def broken_for_the_publisher(bench: Bench) -> str:
    station = bench.share(installed)
    station.configure(mqtt={"broker": "mqtts://broker", "tls": {"ca_file": "/nowhere"}})
    station.systemctl("restart", "edgecam")
    station.wait_state(PUBLISHER, "failed/failed")
    station.wait_state(SOCKET, "inactive/dead")
    wait_until(lambda: bool(station.shows(VISION, "StatusText")[0]), 10.0, poll_s=0.2)
    status, vision = station.shows(VISION, "StatusText")[0], station.pid(VISION)
    station.configure()
    station.systemctl("start", "edgecam")
    station.wait_running()
    assert station.pid(VISION) == vision
    return status
