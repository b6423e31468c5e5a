"""Debian's own arm64 kernel, and the little that it needs to find its root file system."""

import lzma
import shutil
from dataclasses import dataclass
from pathlib import Path

from ladder import cache
from ladder.command import run
from ladder.rootfs import MERGED_USR, Recipe, cached
from ladder.row import TRIXIE

# Not installed but unpacked: making Debian's own initrd would take a minute of emulation.
_RECIPE = Recipe(
    TRIXIE,
    ("linux-image-arm64", "busybox-static"),
    architecture="arm64",
    variant="extract",
    hooks=(MERGED_USR, '--extract-hook=depmod --basedir "$1" $(ls "$1/usr/lib/modules")'),
)
_NEEDED = ("virtio_blk", "ext4")
_INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod $module; done
until [ -b /dev/vda ]; do /bin/busybox usleep 20000; done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
"""


@dataclass(frozen=True)
class Kernel:
    """What a machine starts from."""

    image: Path
    initrd: Path
    modules: Path
    """`/usr/lib/modules/<version>`, for the machine's own disk."""


def kernel() -> Kernel:
    """The kernel, kept."""
    files = cached(_RECIPE)
    (image,) = (files / "boot").glob("vmlinuz-*")
    (modules,) = (files / "usr/lib/modules").iterdir()

    def make(initrd: Path) -> None:
        tree = initrd.with_name("tree")
        _fill(tree, files, modules.name)
        # cpio's format that kernels read (Documentation/driver-api/early-userspace in its sources).
        pack = 'cd "$0" && find . | cpio --quiet --create --format=newc | gzip -1 >"$1"'
        run("sh", "-c", pack, tree, initrd)

    made_from = f"{files.name} {Path(__file__).read_text(encoding='utf-8')}"
    return Kernel(image, cache.kept("initrd-arm64", made_from, make), modules)


def _fill(tree: Path, files: Path, version: str) -> None:
    for name in ("bin", "dev", "modules", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy(files / "usr/bin/busybox", tree / "bin")
    (tree / "init").write_text(_INIT, encoding="ascii")
    (tree / "init").chmod(0o755)
    show = ("modprobe", "--dirname", files, "--set-version", version, "--show-depends")
    lines = "".join(run(*show, name) for name in _NEEDED).splitlines()
    for number, file in enumerate(dict.fromkeys(line.split()[1] for line in lines)):
        plain = tree / "modules" / f"{number:02}.ko"
        plain.write_bytes(lzma.decompress(Path(file).read_bytes()))
