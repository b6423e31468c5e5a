"""L2: the package where it cannot be installed, and what was there stays as it was."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ladder import package
from ladder.bench import Bench
from ladder.container import Machine
from ladder.levels.l2_install import files, was_older
from ladder.row import BOOKWORM, RELEASES, TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, bare, older

_ON_A_SMALL_DISK = """
size=$(du --summarize --block-size=1M /opt | cut --fields=1)
mkdir -p /mnt/disk
mount -t tmpfs -o size=$((size + 50))M disk /mnt/disk
cp -a /opt/. /mnt/disk
mount --bind /mnt/disk /opt
"""


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
    with on_a_small_disk(station):
        return refused(station, package.built(bench.release), "free")


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a disk that fills up in the middle of unpacking: dpkg puts back what was there, and it runs",
)
def filling_disk(bench: Bench) -> str:
    station = bench.share(older)
    was_older(station)
    # As if others took the room after preinst has looked.
    station.machine.write("/run/df", "#!/bin/sh\necho 99999999\n", mode=0o755)
    with on_a_small_disk(station):
        station.machine.run(["mount", "--bind", "/run/df", "/usr/bin/df"])
        try:
            return refused(station, package.built(bench.release), "No space left on device")
        finally:
            station.machine.run(["umount", "/usr/bin/df"])


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a person's login called edgecam: refused with a line; a purge does not delete it",
)
def person_called_edgecam(bench: Bench) -> str:
    station = bench.own(bare)
    station.machine.run(["useradd", "--create-home", "edgecam"])
    said = station.install(package.built(bench.release), check=False)
    (line,) = [each for each in said.splitlines() if "a person's login" in each]
    assert not station.machine.path("/opt/edgecam").exists()
    assert station.machine.run(["id", "-u", "edgecam"]).stdout.strip() == "1000"
    # What it advises to do; and where such a login is made after a removal, it is a person's.
    station.machine.run(["usermod", "--login", "somebody", "edgecam"])
    station.machine.run(["groupmod", "--new-name", "somebody", "edgecam"])
    station.install(package.built(bench.release))
    station.machine.run(["apt-get", "remove", "--yes", "edgecam"])
    station.machine.run(["usermod", "--uid", "2000", "edgecam"])
    station.machine.run(["apt-get", "purge", "--yes", "edgecam"])
    assert station.machine.run(["id", "-u", "edgecam"]).stdout.strip() == "2000"
    left = station.machine.run(["getent", "passwd", "edgecam-publisher"], check=False)
    assert left.returncode != 0, left.stdout
    return line.removeprefix("edgecam: ")[:70]


@contextlib.contextmanager
def on_a_small_disk(station: Station) -> Iterator[None]:
    """Have /opt on a disk on which what is there fits, and the same again does not."""
    station.machine.run(["sh", "-ec", _ON_A_SMALL_DISK])
    try:
        station.systemctl("restart", "edgecam")
        station.wait_running()
        yield
    finally:
        station.systemctl("stop", "edgecam", PUBLISHER)
        station.machine.run(["umount", "/opt", "/mnt/disk"])
        station.systemctl("start", "edgecam")


def refused(station: Station, deb: Path, why: str, *, by: str = "apt-get") -> str:
    """Try to install a package in vain; the line that says why."""
    before = files(station.machine), sums(station.machine)
    pids = station.pid(VISION), station.pid(PUBLISHER)
    said = station.install(deb, check=False, by=by)
    lines = [
        each for each in said.splitlines() if each.startswith(("edgecam: ", " ")) and why in each
    ]
    assert len(lines) == 1, f"{len(lines)} lines say '{why}': {said}"
    assert station.version() == package.OLDER
    assert (station.pid(VISION), station.pid(PUBLISHER)) == pids
    assert (files(station.machine), sums(station.machine)) == before
    station.wait_events(2)
    return lines[0].strip().removeprefix("edgecam: ")[:70]


def sums(machine: Machine) -> set[str]:
    """What is in the files of edgecam and of its neighbours, wherever a disk is mounted."""
    places = ("/opt", "/etc", "/usr/lib/systemd/system", "/usr/lib/sysusers.d", "/usr/bin")
    found = machine.run(["find", *places, "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+"])
    assert "/opt/edgecam/pyvenv.cfg" in found.stdout
    return set(found.stdout.splitlines())
