"""L2: the program itself in its units: what it claims, and what the kernel says of both halves."""

import json

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, installed
from ladder.wire import BROKER, PORT

_BUS = "/run/dbus/system_bus_socket"
_KERNEL_SAYS = {
    "NoNewPrivs": "1",
    "Seccomp": "2",
    **dict.fromkeys(("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"), "0000000000000000"),
}


@row("L2", BOOKWORM, TRIXIE, shown="`edgecam privacy` finds every claim of both halves enforced")
def claims_hold(bench: Bench) -> str:
    station = bench.share(installed)
    station.machine.run(["test", "-S", _BUS])  # of what would send for a half that can reach it
    said = station.machine.run(["edgecam", "privacy", "--json"]).stdout
    report = json.loads(said)
    claims = {process["half"]: process["claims"] for process in report["processes"]}
    assert claims.keys() == {"vision", "publisher"}
    wrong = [each for half in claims.values() for each in half if each["answer"] != "yes"]
    assert not wrong, f"not enforced: {wrong}"
    assert report["enforced"] is True, report["notes"]
    return f"{sum(map(len, claims.values()))} claims"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="/proc: two users, no privileges, filters; vision is alone in its network, without a socket",
)
def kernel_agrees(bench: Bench) -> None:
    station = bench.share(installed)
    pids = {unit: station.pid(unit) for unit in (VISION, PUBLISHER)}
    seen = {unit: _status(station, pid) for unit, pid in pids.items()}
    for unit, status in seen.items():
        wrong = {
            name: status[name] for name, value in _KERNEL_SAYS.items() if status[name] != value
        }
        assert not wrong, f"{unit}: {wrong}"
    users = {status["Uid"].split()[1] for status in seen.values()} - {"0"}
    assert len(users) == 2, f"they run as {users}"
    system, vision, publisher = (_network(station, pid) for pid in (1, *pids.values()))
    assert vision != system == publisher
    assert not _sockets(station, pids[VISION])
    assert f"{BROKER}:{PORT}" in _sockets(station, pids[PUBLISHER])


def _status(station: Station, pid: int) -> dict[str, str]:
    lines = station.machine.run(["cat", f"/proc/{pid}/status"]).stdout.splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _network(station: Station, pid: int) -> str:
    return station.machine.run(["readlink", f"/proc/{pid}/ns/net"]).stdout


def _sockets(station: Station, pid: int) -> str:
    """All sockets of IP and of packets in the network of a process."""
    return station.machine.run(["nsenter", f"--target={pid}", "--net", "ss", "-Htuwa0"]).stdout
