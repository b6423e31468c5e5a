"""L2: the package, from the first installation to the purge."""

import re
from pathlib import Path

from support.waiting import wait_until

from ladder import package
from ladder.bench import Bench
from ladder.container import Machine
from ladder.row import BOOKWORM, RELEASES, TRIXIE, row
from ladder.station import CONFIG, PUBLISHER, VISION, Station, bare, older
from ladder.wire import URL

PURGED = "edgecam edgecam-publisher"
BACKLOG = 6


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="apt installs it without a network and asks nothing; one line changed, events arrive",
)
def installs(bench: Bench) -> str:
    station = bench.own(bare)
    links = station.machine.run(["ip", "-brief", "link"]).stdout
    assert links.split()[0] == "lo", f"there is more than a loopback: {links}"
    assert len(links.splitlines()) == 1, f"there is more than a loopback: {links}"
    said = station.install(package.built(bench.release))
    assert "?" not in said, f"it asks something: {said}"
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
    station.far.broker.stop()
    pids = station.pid(VISION), station.pid(PUBLISHER)
    reported = len(station.logged(" appeared"))
    wait_until(lambda: len(station.logged(" appeared")) > reported + BACKLOG, 60.0, poll_s=0.5)
    before = station.machine.path(CONFIG).read_bytes()
    station.install(package.built(bench.release))
    station.wait_state(VISION, "active/running")
    station.wait_state(PUBLISHER, "active/running")
    now = station.pid(VISION), station.pid(PUBLISHER)
    assert not set(pids) & set(now), "it still runs as it was before the upgrade"
    assert station.machine.path(CONFIG).read_bytes() == before, "the configuration was changed"
    heard = len(station.recorder.events)
    station.far.start()
    station.wait_events(2 * BACKLOG)
    station.wait_seen()
    assert not station.gaps()
    return f"{len(station.recorder.events) - heard} events came afterwards"


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
    assert f"{CONFIG}:2: camera.sauce" in said, said
    assert station.version() != package.OLDER
    station.wait_events(2)
    assert (station.pid(VISION), station.pid(PUBLISHER)) == pids


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="the other release's package is refused with a line, and nothing is changed",
)
def wrong_release(bench: Bench) -> str:
    station = bench.share(older)
    was_older(station)
    (other,) = set(RELEASES) - {bench.release}
    said = station.install(package.built(other), check=False)
    assert "edgecam : Depends: " in said, said
    return refused(station, package.built(other), f"for {other}", by="dpkg")


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a machine with too little memory is refused with a line, and nothing is changed",
)
def little_memory(bench: Bench) -> str:
    station = bench.share(older)
    was_older(station)
    station.machine.write("/run/meminfo", "MemTotal:         262144 kB\n")
    station.machine.run(["mount", "--bind", "/run/meminfo", "/proc/meminfo"])
    try:
        return refused(station, package.built(bench.release), "memory")
    finally:
        station.machine.run(["umount", "/proc/meminfo"])


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a full disk: refused with a line, and what was there stays whole and runs",
)
def full_disk(bench: Bench) -> str:
    station = bench.share(older)
    was_older(station)
    station.machine.run(["sh", "-ec", _ON_A_SMALL_DISK])
    station.systemctl("restart", "edgecam")
    station.wait_running()
    try:
        return refused(station, package.built(bench.release), "free")
    finally:
        station.systemctl("stop", "edgecam", PUBLISHER)
        station.machine.run(["umount", "/opt", "/mnt/disk"])
        station.systemctl("start", "edgecam")


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


def refused(station: Station, deb: Path, why: str, *, by: str = "apt-get") -> str:
    """Try to install a package in vain; the line that says why."""
    before = files(station.machine)
    pids = station.pid(VISION), station.pid(PUBLISHER)
    said = station.install(deb, check=False, by=by)
    (line,) = [each for each in said.splitlines() if each.startswith("edgecam: ") and why in each]
    assert station.version() == package.OLDER
    assert (station.pid(VISION), station.pid(PUBLISHER)) == pids
    assert files(station.machine) == before
    station.wait_events(2)
    return line.removeprefix("edgecam: ")[:70]


def files(machine: Machine) -> set[str]:
    """All that lies on the machine's disk, except what apt and the journal keep for themselves."""
    skip = ("/var/log", "/var/cache", "/var/lib/apt", "/tmp")  # noqa: S108  nothing is written there
    prune = [part for path in skip for part in ("-path", path, "-prune", "-o")]
    found = machine.run(["find", "/", "-xdev", *prune, "-print"]).stdout
    return set(found.splitlines())


# What is there fits, and the same again does not.
_ON_A_SMALL_DISK = """
size=$(du --summarize --block-size=1M /opt | cut --fields=1)
mkdir -p /mnt/disk
mount -t tmpfs -o size=$((size + 50))M disk /mnt/disk
cp -a /opt/. /mnt/disk
mount --bind /mnt/disk /opt
"""
