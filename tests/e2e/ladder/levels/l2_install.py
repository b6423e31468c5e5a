"""L2: the package, from the first installation to the purge."""

import re

from ladder import package
from ladder.backlog import backlog
from ladder.bench import Bench
from ladder.container import Machine
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import CONFIG, PUBLISHER, SOCKET, VISION, Station, bare, older
from ladder.wire import URL

PURGED = "edgecam edgecam-publisher"
BACKLOG = 6


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="with apt's packages there, apt installs it without a network and asks nothing; events arrive",
)
def installs(bench: Bench) -> str:
    station = bench.own(bare)
    links = station.machine.run(["ip", "-brief", "link"]).stdout
    assert links.split()[0] == "lo", f"there is more than a loopback: {links}"
    assert len(links.splitlines()) == 1, f"there is more than a loopback: {links}"
    said = station.install(package.built(bench.release))
    assert "?" not in said, f"it asks something: {said}"
    station.machine.run(["getent", "passwd", *PURGED.split()])
    assert "enabled" in station.systemctl("is-enabled", "edgecam")
    # No camera is connected to a machine: the photographs stand in for one.
    conffile = station.machine.path(CONFIG)
    text = conffile.read_text(encoding="utf-8")
    text = text.replace("source: pi", "source: stills")
    conffile.write_text(re.sub(r"broker: .*", f"broker: {URL}", text), encoding="utf-8")
    station.far.plug(station.machine)
    station.systemctl("restart", "edgecam")
    station.wait_running()
    return f"{len(station.recorder.events)} events"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="an upgrade keeps configuration and a queued backlog, and restarts both halves",
)
def upgrades(bench: Bench) -> str:
    station = bench.share(older)
    was_older(station)
    with backlog(station) as kept:
        kept.grow(2 * BACKLOG)
        pids = station.pid(VISION), station.pid(PUBLISHER)
        listening = station.shows(SOCKET, "ActiveEnterTimestampMonotonic")
        before = station.machine.path(CONFIG).read_bytes()
        station.install(package.built(bench.release))
        assert station.machine.path(CONFIG).read_bytes() == before, "the configuration was changed"
        station.wait_state(VISION, "active/running")
        station.wait_state(PUBLISHER, "active/running")
        now = station.pid(VISION), station.pid(PUBLISHER)
        assert not set(pids) & set(now), "it still runs as it was before the upgrade"
        station.wait_state(SOCKET, "active/running")
        assert station.shows(SOCKET, "ActiveEnterTimestampMonotonic") != listening, "the old socket"
        kept.grow()
    return f"{len(kept.names)} events waited"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="what the owner has disabled stays disabled and stopped over an upgrade",
)
def stays_disabled(bench: Bench) -> None:
    station = bench.share(older)
    was_older(station)
    station.systemctl("disable", "--now", "edgecam")
    station.install(package.built(bench.release))
    assert station.systemctl("is-enabled", "edgecam", check=False).strip() == "disabled"
    assert station.pid(VISION) == station.pid(PUBLISHER) == 0
    # Enabled again, the next version may start it again.
    station.systemctl("enable", "--now", "edgecam")


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a configuration that is broken at an upgrade: said clearly, what ran goes on",
)
def broken_configuration(bench: Bench) -> None:
    station = bench.share(older)
    was_older(station)
    pids = station.pid(VISION), station.pid(PUBLISHER)
    station.machine.write(CONFIG, "camera:\n  sauce: stills\n")
    said = station.install(package.built(bench.release))
    assert f"{CONFIG}:2: camera.sauce" in said, f"no line names the error: {said}"
    assert station.version() != package.OLDER
    station.wait_events(2)
    assert (station.pid(VISION), station.pid(PUBLISHER)) == pids


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a purge where the queue has a disk of its own: that is emptied, all else goes",
)
def purges_a_mounted_queue(bench: Bench) -> None:
    station = bench.own(bare)
    station.machine.run(["mkdir", "--parents", "/var/lib/edgecam"])
    station.machine.run(["mount", "-t", "tmpfs", "disk", "/var/lib/edgecam"])
    station.install(package.built(bench.release))
    station.far.plug(station.machine)
    station.well()
    queue = station.machine.path("/var/lib/edgecam")
    assert (queue / "outbox.db").exists()
    station.machine.run(["apt-get", "purge", "--yes", "edgecam"])
    assert not list(queue.iterdir())
    assert not station.machine.path("/etc/edgecam").exists()
    users = station.machine.run(["getent", "passwd", *PURGED.split()], check=False).stdout
    assert not users, f"still there: {users}"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="without the file for the password it starts all the same, as with an empty one",
)
def no_password_file(bench: Bench) -> None:
    station = bench.share(older)
    was_older(station)
    station.machine.run(["rm", "/etc/edgecam/mqtt-password"])
    station.systemctl("restart", "edgecam")
    station.wait_running()
    station.machine.write("/etc/edgecam/mqtt-password", "", mode=0o600)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a removal leaves nothing running; a purge leaves nothing at all; it installs again",
)
def removes_and_purges(bench: Bench) -> str:
    station = bench.own(bare)
    before = files(station.machine)
    station.install(package.built(bench.release))
    station.far.plug(station.machine)
    station.well()
    station.machine.run(["apt-get", "remove", "--yes", "edgecam"])
    for unit in (VISION, PUBLISHER, SOCKET):
        assert station.state(unit) == "inactive/dead", f"still running: {unit}"
    left = station.machine.run(["pgrep", "--list-full", "--full", "/opt/edgecam"], check=False)
    assert left.returncode == 1, f"still running: {left.stdout}"
    assert not station.machine.path("/run/edgecam").exists()
    assert station.machine.path("/var/lib/edgecam/outbox.db").exists(), "the queue is gone"
    station.machine.run(["apt-get", "purge", "--yes", "edgecam"])
    assert not files(station.machine) - before, sorted(files(station.machine) - before)[:9]
    users = station.machine.run(["getent", "passwd", *PURGED.split()], check=False).stdout
    assert not users, f"still there: {users}"
    station.install(package.built(bench.release))
    station.well()
    return f"{len(before)} files before and after"


def was_older(station: Station) -> None:
    """Have the older version run, and let events arrive."""
    if station.version() != package.OLDER:
        station.install(package.built(station.release, version=package.OLDER))
    station.well()


def files(machine: Machine) -> set[str]:
    """All that lies on the machine's disk, except what apt and the journal keep for themselves."""
    skip = ("/var/log", "/var/cache", "/var/lib/apt", "/tmp")  # noqa: S108  nothing is written there
    prune = [part for path in skip for part in ("-path", path, "-prune", "-o")]
    found = machine.run(["find", "/", "-xdev", *prune, "-print"]).stdout
    return set(found.splitlines())
