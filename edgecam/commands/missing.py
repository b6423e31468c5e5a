"""What this machine lacks for a configuration that is right, and how to get it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edgecam import runtimes
from edgecam.appliance import board
from edgecam.appliance.board import Board
from edgecam.appliance.packages import how_to_get
from edgecam.commands import sandbox
from edgecam.config import INSTALLED, Loaded, OutboxOptions
from edgecam.errors import CameraError

# Both halves (94 and 35 MB, as docs/reliability.md measured them), `edgecam check` beside them (94 MB),
# and a system without a desktop. deploy/build-deb writes it into the package, which refuses less.
NEEDED_MB = 320
_PLACES = {
    "pi": "camera.source",
    "opencv": "camera.opencv.source",
    "stills": "camera.stills.folder",
}
_BOOTED_BY_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)


def here(loaded: Loaded, machine: Board) -> Iterator[str]:
    """One line for each thing, with the option that wants it."""
    config, of_units = loaded.config, _of_units(loaded)
    if _for_root(loaded):
        yield "what edgecam's own users may do, and the broker, were not looked at: run it as root, by sudo"
    else:
        for option, problem in _room(config.outbox):
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


def camera(loaded: Loaded) -> list[str]:
    """What keeps the camera from being opened here, as long as `edgecam run` waits for that.

    Raises ConfigError or CameraError where `edgecam run` would end, as it would say it.
    """
    # It loads OpenCV, which is not to be in memory beside an interpreter that tries the model.
    from edgecam.vision.camera import RETRIED, probe  # noqa: PLC0415

    if _for_root(loaded):
        return []  # `here` says so
    options = loaded.config.camera
    try:
        with loaded.blamed():
            probe(options)
    except CameraError as error:
        if error.reason not in RETRIED:
            raise
        place = loaded.locate(_PLACES[options.source])
        return [f"{place}: {error}; `edgecam run` waits for it"]
    return []


def _of_units(loaded: Loaded) -> bool:
    return loaded.file.resolve() == INSTALLED


def _for_root(loaded: Loaded) -> bool:
    """Whether what edgecam's own users may do is not to be seen by who asks."""
    return _of_units(loaded) and os.geteuid() != 0


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
            + how_to_get("python3-seccomp", extra="confine")
        )
    if _BOOTED_BY_SYSTEMD.exists() and not runtimes.is_installed("systemd"):
        yield (
            "systemd cannot be told that edgecam is ready or alive: "
            + how_to_get("python3-systemd", extra="systemd")
        )
