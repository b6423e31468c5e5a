"""L3: picamera2 and libcamera's `virtual` camera on arm64, emulated in user mode."""

import contextlib
from collections.abc import Iterator

from ladder import virtual_camera
from ladder.bench import Bench
from ladder.row import TRIXIE, row
from ladder.unpacked import Unpacked, unpacked


@contextlib.contextmanager
def with_camera(bench: Bench) -> Iterator[Unpacked]:
    """The arm64 package's files, and picamera2 where a Pi has it."""
    with unpacked(bench, virtual_camera.PACKAGES) as files:
        virtual_camera.furnish(files.root, "arm64")
        yield files


@row("L3", TRIXIE, shown="camera/pi.py with the real picamera2 and libcamera, as arm64 has them")
def pixels_are_right(bench: Bench) -> str:
    return bench.own(with_camera).run(*virtual_camera.PROBE).stdout.strip()
