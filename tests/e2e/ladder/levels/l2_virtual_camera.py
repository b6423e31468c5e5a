"""L2: picamera2 and libcamera under edgecam.service as it is shipped, with photographs as frames.

Of Trixie alone: Debian's libcamera of Bookworm has no `virtual` camera.
"""

import contextlib
from collections.abc import Iterator

from support.appliance import SHOWN
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam.errors import EXIT_CONFIG
from ladder import package, virtual_camera
from ladder.bench import Bench
from ladder.row import TRIXIE, row
from ladder.station import PUBLISHER, START_S, VISION, Station, bare

STALL_S = 3.0
PI = {"source": "pi", "fps": 10, "stall_s": STALL_S}
SAMPLE = "/opt/edgecam/share/edgecam/models/samples/bison.jpg"
DROP_IN = "/run/systemd/system/edgecam.service.d/row.conf"


@contextlib.contextmanager
def with_camera(bench: Bench) -> Iterator[Station]:
    """A station with the package's own units, and picamera2 where a Pi has it."""
    with bare(bench, virtual_camera.RECIPE) as station:
        station.install(package.built(bench.release))
        virtual_camera.fit(station.machine)
        station.far.plug(station.machine)
        station.configure(camera=PI)
        station.systemctl("restart", "edgecam")
        station.wait_running()
        yield station


@row(
    "L2", TRIXIE, shown="picamera2 on libcamera's virtual camera, in the unit: right labels arrive"
)
def labels_arrive(bench: Bench) -> str:
    station = bench.share(with_camera)
    expected = {
        (change, label) for label in SHOWN.values() for change in ("appeared", "disappeared")
    }
    station.recorder.wait_for(lambda seen: expected <= set(seen.sightings))
    others = set(station.recorder.sightings) - expected
    assert not others, f"labels of no photograph: {others}"
    (limit,) = station.shows(VISION, "MemoryMax")
    return f"VmHWM {_peak_mb(station)} MB of MemoryMax {int(limit) >> 20} MB"


@row(
    "L2",
    TRIXIE,
    shown="camera/pi.py with the real picamera2: colours, size, pace, stall, busy, missing",
)
def pixels_are_right(bench: Bench) -> str:
    return bench.share(with_camera).machine.run(virtual_camera.PROBE).stdout.strip()


@row(
    "L2", TRIXIE, shown="a Pi camera whose frames stop: vision ends, is restarted; publisher stays"
)
def frames_stop(bench: Bench) -> None:
    station = bench.share(with_camera)
    publisher, restarts = station.pid(PUBLISHER), station.restarts(VISION)
    statuses = len(station.recorder.statuses)
    cursor = _cursor(station)
    virtual_camera.withhold(station.machine)
    try:
        wait_until(lambda: station.restarts(VISION) > restarts, 60.0, poll_s=0.1)
    finally:
        virtual_camera.release(station.machine)
    said = _journal(station, cursor)
    assert f"no frame from the camera for {STALL_S:g} s; check its cable" in said, "untold"
    station.recorder.wait_for(
        lambda seen: ("camera_trouble", "stalled") in _troubles(seen), START_S
    )
    station.wait_running()
    assert station.pid(PUBLISHER) == publisher, "the publisher was restarted"
    assert "offline" not in station.recorder.statuses[statuses:], "the publisher lost its broker"
    assert not station.gaps(), station.gaps()


@row("L2", TRIXIE, shown="a Pi camera that is not there: systemctl status says so")
def camera_is_missing(bench: Bench) -> None:
    station = bench.share(with_camera)
    virtual_camera.unplug(station.machine)
    try:
        station.systemctl("restart", "--no-block", "edgecam")
        wait_until(lambda: "ribbon cable" in station.shows(VISION, "StatusText")[0], START_S)
        assert station.state(VISION) == "activating/start"
    finally:
        virtual_camera.plug(station.machine)
        station.systemctl("restart", "edgecam")
    station.wait_running()


@row("L2", TRIXIE, shown="without AF_NETLINK libcamera does not start, and one line says so")
def libcamera_needs_netlink(bench: Bench) -> None:
    station = bench.share(with_camera)
    families = "[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX\n"
    station.machine.write(DROP_IN, families)
    cursor = _cursor(station)
    try:
        station.systemctl("daemon-reload")
        station.systemctl("restart", "edgecam", check=False)
        assert "libcamera cannot be started" in _journal(station, cursor)
    finally:
        station.machine.path(DROP_IN).unlink()
        station.systemctl("daemon-reload")
        station.systemctl("restart", "edgecam")
    station.wait_running()


@row("L2", TRIXIE, shown="edgecam check finds picamera2, and classify names a photograph, there")
def commands_work(bench: Bench) -> None:
    station = bench.share(with_camera)
    assert "warning" not in station.machine.run(["edgecam", "check"]).stderr
    hidden = f"mount --bind /mnt {virtual_camera.LIBRARIES} && edgecam check"
    without = station.machine.run(["unshare", "--mount", "sh", "-c", hidden], check=False)
    assert without.returncode == EXIT_CONFIG, without
    assert "picamera2 is not installed" in without.stderr, "check would not tell"
    assert "bison" in station.machine.run(["edgecam", "classify", "-k", "1", SAMPLE]).stdout


def _troubles(seen: Recorder) -> list[tuple[str, str]]:
    return [(event["event_type"], event.get("reason", "")) for event in seen.events]


def _cursor(station: Station) -> str:
    """Where the journal ends now, as journalctl(1) names it."""
    said = station.machine.run(["journalctl", "--no-pager", "--lines=0", "--show-cursor"]).stdout
    return said.partition("-- cursor: ")[2].strip()


def _journal(station: Station, cursor: str) -> str:
    """What was said of the half that sees since then."""
    command = ["journalctl", "--no-pager", "--unit", VISION, f"--after-cursor={cursor}"]
    return station.machine.run(command).stdout


def _peak_mb(station: Station) -> int:
    """The most memory that the vision half has had, of proc(5), in MB."""
    status = station.machine.path(f"/proc/{station.pid(VISION)}/status").read_text("ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) // 1024
