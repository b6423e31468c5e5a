"""qemu's user mode: lets this machine run arm64's programs.

Trixie's qemu (10.0), whatever this machine runs: Bookworm's own (7.2) crashes in LiteRT, and as
Trixie links it statically it runs anywhere. It is fetched like any other root file system, so
nothing is installed here and no list of packages is touched.
"""

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ladder.command import run
from ladder.rootfs import HOST_ARCHITECTURE, Recipe, cached
from ladder.row import TRIXIE

# The Pi 5's processor. qemu's "max" also emulates pointer authentication, in software: importing
# NumPy then took 13 s instead of 1.6 s.
_PROCESSOR = "cortex-a76"

_PROGRAM = "usr/bin/qemu-aarch64"
_RECIPE = Recipe(
    TRIXIE,
    packages=("qemu-user",),
    variant="extract",
    hooks=(f'--extract-hook=find "$1/usr/bin" -type f ! -path "$1/{_PROGRAM}" -delete',),
)
# An ELF file (elf(5)) of 64 bits, least significant byte first, to be run or loaded, for machine
# 183 (EM_AARCH64); what follows the class and the byte order may be anything.
_MAGIC = rb"\x7fELF\x02\x01\x01" + rb"\x00" * 9 + rb"\x02\x00\xb7\x00"
_MASK = rb"\xff" * 7 + rb"\x00" * 9 + rb"\xfe\xff\xff\xff"
_numbers = itertools.count()


@contextlib.contextmanager
def emulated() -> Iterator[None]:
    """While this lasts, arm64's programs run here like any others, in every folder that is a root.

    The kernel is told (its "Kernel Support for miscellaneous Binary Formats"), with the flag F: it
    opens the emulator now, so that a root file system need not hold one.
    """
    if HOST_ARCHITECTURE == "arm64":
        yield
        return
    os.environ["QEMU_CPU"] = _PROCESSOR  # qemu's own variable, for every program that it runs
    program = cached(_RECIPE) / _PROGRAM
    name = f"edgecam-e2e-{os.getpid()}-{next(_numbers)}"
    with tempfile.TemporaryDirectory(prefix="binfmt-") as folder:
        run("mount", "-t", "binfmt_misc", "binfmt_misc", folder)
        try:
            line = b":%s:M::%s:%s:%s:F" % (name.encode(), _MAGIC, _MASK, bytes(program))
            Path(folder, "register").write_bytes(line)
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(folder, name).write_text("-1", encoding="ascii")  # takes it out again
            run("umount", "--lazy", folder)
