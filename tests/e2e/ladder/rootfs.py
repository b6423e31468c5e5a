"""Root file systems of Debian's releases, made by mmdebstrap and kept."""

import contextlib
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ladder import cache
from ladder.command import run

# A machine that boots and can be looked into, as Raspberry Pi OS Lite has it and more.
MACHINE = (
    *("systemd", "systemd-sysv", "dbus", "udev", "kmod", "libnss-systemd"),
    *("ca-certificates", "iproute2", "procps", "adduser", "sudo"),
)
# What edgecam's package depends on, so that it installs where there is no network.
DEPENDENCIES = ("python3", "python3-numpy", "python3-systemd", "python3-seccomp")

# For the variant "extract", of which no maintainer script runs: one /usr, as every installed Debian
# has it; from Trixie on packages bring it along. (Of hooks, only `setup` and `extract` are run then.)
MERGED_USR = (
    "--setup-hook=for name in bin sbin lib; "
    'do mkdir -p "$1/usr/$name" && ln -s "usr/$name" "$1/"; done'
)

HOST_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
"""As Debian calls it."""


@dataclass(frozen=True)
class Recipe:
    """What a root file system is made from."""

    release: str
    packages: tuple[str, ...] = (*MACHINE, *DEPENDENCIES)
    architecture: str = HOST_ARCHITECTURE
    variant: str = "minbase"
    hooks: tuple[str, ...] = ()
    """Further arguments to mmdebstrap, such as `--customize-hook=...`."""


def cached(recipe: Recipe) -> Path:
    """The root file system of a recipe, made where it is not there yet; never to be modified."""
    how = (
        *("mmdebstrap", f"--variant={recipe.variant}", "--mode=root", "--quiet"),
        f"--architectures={recipe.architecture}",
        f"--include={','.join(recipe.packages)}",
        # The host's own, which mmdebstrap leaves there.
        '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
        *(*recipe.hooks, recipe.release),
    )

    def make(root: Path) -> None:
        root.parent.chmod(0o755)  # apt, as its own user, must get through
        run(*how, root, mirror(), timeout_s=1800.0)

    return cache.kept(f"root-{recipe.release}-{recipe.architecture}", repr(how), make)


def mirror() -> str:
    """The mirror that this machine's own apt fetches Debian from."""
    wanted = ("--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian")
    mirrors = run("apt-get", "indextargets", *wanted).split()
    assert mirrors, "apt has no list of Debian's packages: apt-get update"
    return mirrors[0]


@contextlib.contextmanager
def throw_away(root: Path, folder: Path) -> Iterator[Path]:
    """A copy of a kept root file system that may be written to; gone afterwards.

    An overlay: what is written goes to `folder`, and the kept one below stays as it is.
    """
    place = Path(tempfile.mkdtemp(prefix="root-", dir=folder))
    for name in ("upper", "work", "merged"):
        (place / name).mkdir()
    layers = f"lowerdir={root},upperdir={place}/upper,workdir={place}/work"
    run("mount", "-t", "overlay", "overlay", "-o", layers, place / "merged")
    try:
        yield place / "merged"
    finally:
        run("umount", "--lazy", place / "merged")
        shutil.rmtree(place)
