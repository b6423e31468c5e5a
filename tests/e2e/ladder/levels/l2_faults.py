"""L2: faults of either half, as systemd sees them: what ends is started again, and alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from support.waiting import wait_until

import ladder.rigged
from ladder.backlog import backlog
from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, installed

_RIG = "/usr/local/lib/ladder/rigged.py"
_FAULT = "/usr/local/lib/ladder/fault"
_DROP_IN = "/run/systemd/system/{}.d/rigged.conf"
_HALVES = {VISION: "vision", PUBLISHER: "publisher"}
# Some pictures a second, and a camera that is given up sooner than by default.
_CAMERA = {"stall_s": 2}


@contextlib.contextmanager
def rigged(station: Station) -> Iterator[None]:
    """Within, both halves can be broken (`break_`); they are brought back in good order."""
    station.machine.write(_RIG, Path(ladder.rigged.__file__).read_text(encoding="utf-8"))
    station.machine.write(_FAULT, "none")
    for unit, half in _HALVES.items():
        command = f"/opt/edgecam/bin/python {_RIG} run {half} -c /etc/edgecam/config.yaml"
        lines = f"[Service]\nExecStart=\nExecStart={command}\n"
        station.machine.write(_DROP_IN.format(unit), lines)
    station.systemctl("daemon-reload")
    station.configure(camera=_CAMERA)
    station.systemctl("restart", "edgecam")
    station.wait_running()
    try:
        yield
    finally:
        break_(station, "none")
        for unit in _HALVES:
            station.machine.path(_DROP_IN.format(unit)).unlink()
        station.systemctl("daemon-reload")
        station.well()


def break_(station: Station, fault: str) -> None:
    """Say what is broken from now on; `none` mends it."""
    new = station.machine.path(f"{_FAULT}.new")
    new.write_text(fault, encoding="ascii")
    new.rename(station.machine.path(_FAULT))


def ends_alone(station: Station, fault: str, timeout_s: float) -> None:
    """Break the half that sees: it ends, the other half does not notice, and it comes back."""
    publisher, vision = station.pid(PUBLISHER), station.pid(VISION)
    restarts = station.restarts(VISION)
    break_(station, fault)
    station.wait_restarted(VISION, restarts, timeout_s)
    break_(station, "none")
    station.wait_running()
    assert station.pid(VISION) != vision
    assert station.pid(PUBLISHER) == publisher, "the publisher was restarted, too"
    assert not station.gaps()


def publisher_ends_alone(station: Station, fault: str) -> None:
    """Break the half that talks: it ends, the other half stays, and no committed event is lost."""
    publisher, vision = station.pid(PUBLISHER), station.pid(VISION)
    with backlog(station) as kept:
        kept.grow()
        restarts = station.restarts(PUBLISHER)
        break_(station, fault)
        station.wait_restarted(PUBLISHER, restarts, 40.0)
        break_(station, "none")
        station.wait_state(PUBLISHER, "active/running")
        kept.grow()
    assert station.pid(PUBLISHER) != publisher
    assert station.pid(VISION) == vision, "vision was restarted, too"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="READY only after the first look: a camera that is held back, then appears",
)
def ready_after_the_first_look(bench: Bench) -> str:
    station = bench.share(installed)
    with rigged(station):
        break_(station, "camera missing")
        station.systemctl("restart", "--no-block", "edgecam")
        wait_until(lambda: "waiting" in station.shows(VISION, "StatusText")[0], 30.0, poll_s=0.2)
        status = station.shows(VISION, "StatusText")[0]
        assert station.state(VISION) == "activating/start", station.state(VISION)
        station.wait_state(PUBLISHER, "active/running")
        break_(station, "none")
        station.wait_running()
    return status


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a hung camera, a hung model, a crash in C: vision is started again, alone",
)
def vision_ends_and_comes_back(bench: Bench) -> None:
    station = bench.share(installed)
    with rigged(station):
        ends_alone(station, "camera hang", 40.0)
        ends_alone(station, "model hang", 40.0)
        ends_alone(station, "model crash", 20.0)
        assert "status=11/SEGV" in station.said_by_systemd(VISION)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="more memory than MemoryMax: vision is killed by the kernel and started again, alone",
)
def out_of_memory(bench: Bench) -> None:
    station = bench.share(installed)
    with rigged(station):
        ends_alone(station, "model memory", 40.0)
        assert "status=9/KILL" in station.said_by_systemd(VISION)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a crash, more memory than MemoryMax: the publisher is started again, alone, nothing lost",
)
def publisher_ends_and_comes_back(bench: Bench) -> None:
    station = bench.share(installed)
    with rigged(station):
        publisher_ends_alone(station, "publisher crash")
        assert "status=11/SEGV" in station.said_by_systemd(PUBLISHER)
        killed = station.said_by_systemd(PUBLISHER).count("status=9/KILL")
        publisher_ends_alone(station, "publisher memory")
        assert station.said_by_systemd(PUBLISHER).count("status=9/KILL") > killed
        # The watchdog ends a half with the same signal.
        assert "Watchdog timeout" not in station.said_by_systemd(PUBLISHER)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="the watchdog kills a half that hangs as a whole (SIGKILL, no core), and starts it again",
)
def watchdog(bench: Bench) -> str:
    station = bench.share(installed)
    with rigged(station):
        restarts = {unit: station.restarts(unit) for unit in (VISION, PUBLISHER)}
        break_(station, "model hold")
        station.machine.run(["kill", "-STOP", str(station.pid(PUBLISHER))])
        for unit, limit_s in ((VISION, 60.0), (PUBLISHER, 90.0)):
            station.wait_restarted(unit, restarts[unit], limit_s)
            said = station.said_by_systemd(unit)
            assert "Watchdog timeout" in said, said
            assert "Failed with result 'watchdog'" in said, said
            assert "status=9/KILL" in said, said
            break_(station, "none")
        station.wait_running()
        assert not station.gaps()
    return ", ".join(station.shows(unit, "WatchdogUSec")[0] for unit in (VISION, PUBLISHER))


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="kill -9 of either half, six times: started again, the other stays, what is committed arrives",
)
def kill_nine(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    # What vision has not yet handed over when it is killed is in its memory alone, and lost.
    with backlog(station) as kept:
        kept.grow()
        for victim, other in ((VISION, PUBLISHER), (PUBLISHER, VISION)) * 3:
            restarts, stays = station.restarts(victim), station.pid(other)
            station.machine.run(["kill", "-KILL", str(station.pid(victim))])
            station.wait_restarted(victim, restarts, 30.0)
            for unit in (victim, other):
                station.wait_state(unit, "active/running")
            kept.grow()
            assert station.pid(other) == stays, f"{other} was restarted as well"
    return f"{len(kept.names)} events were committed, none is lost"
