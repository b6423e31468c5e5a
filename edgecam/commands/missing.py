"""What this machine lacks for a configuration that is right, and how to get it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edgecam import runtimes
from edgecam.appliance import board
from edgecam.appliance.board import Board
from edgecam.commands import sandbox
from edgecam.config import INSTALLED, CameraOptions, Loaded, OutboxOptions
from edgecam.errors import EdgecamError

# Both halves (94 and 35 MB, as docs/reliability.md measured them), `edgecam check` beside them (94 MB),
# and a system without a desktop. deploy/build-deb writes it into the package, which refuses less.
NEEDED_MB = 320
_BOOTED_BY_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)


def here(loaded: Loaded, machine: Board) -> Iterator[str]:
    """One line for each thing, with the option that wants it."""
    config = loaded.config
    of_units = loaded.file.resolve() == INSTALLED
    if of_units and os.geteuid() != 0:
        yield "what edgecam's own users may do, and the broker, were not looked at: run it as root, by sudo"
    else:
        for option, problem in _for_options(config.camera, config.outbox, of_units=of_units):
            yield f"{loaded.locate(option)}: {problem}"
        if of_units:
            if not loaded.file.stat().st_mode & stat.S_IROTH:
                yield f"{loaded.file} is not for edgecam's users: `sudo chmod 644 {loaded.file}`"
            for option, problem in sandbox.problems(config):
                yield f"{loaded.locate(option)}: {problem}"
            yield from sandbox.uncounted_memory()
    total_mb = machine.total_memory_mb()
    if total_mb is not None and total_mb < NEEDED_MB:
        yield (
            f"this machine has {total_mb} MB of memory; edgecam and a small system need "
            f"{NEEDED_MB}: take a board with 512 MB"
        )
    yield from _packages()


def _for_options(
    camera: CameraOptions, outbox: OutboxOptions, *, of_units: bool
) -> Iterator[tuple[str, str]]:
    if camera.source == "pi":
        yield from _pi_camera(camera.pi.camera)
    elif camera.source == "stills":
        folder = Path(camera.stills.folder)
        if not (folder.is_dir() and any(folder.iterdir())):
            yield "camera.stills.folder", f"{folder} is no folder with pictures in it"
    elif "://" not in camera.opencv.source:
        yield from _file_or_device(Path(camera.opencv.source), of_units=of_units)
    yield from _room(outbox)


def _pi_camera(index: int) -> Iterator[tuple[str, str]]:
    from edgecam.vision.camera import pi  # noqa: PLC0415  only who has that camera loads OpenCV

    try:
        pi.find(index)
    except EdgecamError as error:
        yield "camera.source", f"{error}"


def _file_or_device(source: Path, *, of_units: bool) -> Iterator[tuple[str, str]]:
    option = "camera.opencv.source"
    if not source.exists():
        advice = (
            "; plug a camera in, and see `ls /dev/video*`" if source.is_relative_to("/dev") else ""
        )
        yield option, f"{source} does not exist on this machine{advice}"
    elif not (of_units or os.access(source, os.R_OK)):
        advice = "for a camera: `sudo usermod -aG video $USER`, and log in again"
        yield option, f"{source} cannot be opened by this user; {advice}"


def _room(outbox: OutboxOptions) -> Iterator[tuple[str, str]]:
    folder = Path(outbox.file).parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield "outbox.file", f"{folder} cannot be written by this user"
    free_mb = board.disk_free_mb(folder)
    if free_mb is not None and free_mb < outbox.max_mb:
        most = f"the queue may grow to {outbox.max_mb} MB: make room, or lower outbox.max_mb"
        yield "outbox.file", f"{free_mb} MB are free at {folder}, and {most}"


def _packages() -> Iterator[str]:
    if not (runtimes.is_installed("seccomp") or runtimes.is_installed("pyseccomp")):
        yield (
            "without a seccomp filter only its namespace keeps the vision half from the network: "
            "sudo apt install python3-seccomp"
        )
    if _BOOTED_BY_SYSTEMD.exists() and not runtimes.is_installed("systemd"):
        yield (
            "systemd cannot be told that edgecam is ready or alive: "
            "sudo apt install python3-systemd"
        )
