"""L2: picamera2 and libcamera under edgecam.service as it is shipped, with photographs as frames.

Of Trixie alone: Debian's libcamera of Bookworm has no `virtual` camera.
"""

import contextlib
from collections.abc import Iterator

from support.appliance import SHOWN

from ladder import package, virtual_camera
from ladder.bench import Bench
from ladder.row import TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, bare

STALL_S = 3.0
PI = {"source": "pi", "fps": 10, "stall_s": STALL_S}
MODELS = "/opt/edgecam/share/edgecam/models"


@contextlib.contextmanager
def with_camera(bench: Bench) -> Iterator[Station]:
    """A station whose configuration is the package's own but for the broker: the camera is a Pi's."""
    with bare(bench, virtual_camera.RECIPE) as station:
        station.install(package.built(bench.release))
        virtual_camera.fit(station.machine)
        station.far.plug(station.machine)
        station.configure(camera=PI)
        station.systemctl("restart", "edgecam")
        station.wait_running()
        yield station


@row("L2", TRIXIE, shown="picamera2 on libcamera's virtual camera, in the unit: its labels arrive")
def labels_arrive(bench: Bench) -> str:
    station = bench.share(with_camera)
    expected = {(change, label) for label in SHOWN.values() for change in ("appeared", "disappeared")}
    station.recorder.wait_for(lambda seen: expected <= set(seen.sightings))
    others = set(station.recorder.sightings) - expected
    assert not others, f"labels of no photograph: {others}"
    return f"VmHWM {_peak_mb(station)} MB of {int(station.shows(VISION, 'MemoryMax')) >> 20}"


def _peak_mb(station: Station) -> int:
    status = station.machine.path(f"/proc/{station.pid(VISION)}/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) // 1024
