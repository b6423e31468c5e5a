"""The arm64 package's own files over a release's own arm64 files, and programs run among them.

Neither is installed: maintainer scripts take minutes when they are emulated, and are run by L4.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ladder import package, rootfs
from ladder.bench import Bench
from ladder.command import recorded, run
from ladder.emulator import emulated

_LIBRARIES = "usr/lib/aarch64-linux-gnu"
_HOOKS = (
    rootfs.MERGED_USR,
    # What NumPy's libraries are known by: links that update-alternatives(1) would make.
    f'--extract-hook=ln -s blas/libblas.so.3 lapack/liblapack.so.3 "$1/{_LIBRARIES}"',
)
# What is on every Debian without being asked for, as far as it matters here.
_ESSENTIAL = ("base-files", "dash")


class Unpacked:
    """A folder that programs of arm64 can take for a Debian with edgecam."""

    def __init__(self, root: Path, log: Path) -> None:
        self.root = root
        self._log = log

    def run(
        self, *command: str, stdin: str = "", check: bool = True, timeout_s: float = 300.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program among these files, as root, on this machine's network.

        Raises AssertionError where `check` finds that it failed.
        """
        inside = [*self.within, *command]
        return recorded(inside, command, self._log, check=check, timeout_s=timeout_s, stdin=stdin)

    @property
    def within(self) -> tuple[str, ...]:
        """What a program's command begins with, for it to run among these files.

        It gets /proc and /sys of its own, and whatever it started ends with it.
        """
        root = str(self.root)
        enter = 'mount -t sysfs sysfs "$0/sys" && exec chroot "$0" "$@"'
        namespaces = ("--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc")
        return ("unshare", *namespaces, "sh", "-c", enter, root)

    def testify(self, folder: Path) -> None:
        """Write down what was run."""
        shutil.copy(self._log, folder / "commands")


@contextlib.contextmanager
def unpacked(bench: Bench, more: Sequence[str] = ()) -> Iterator[Unpacked]:
    """The package of the bench's release, over what it says that it depends on, and no `more`."""
    ours = package.built(bench.release, architecture="arm64")
    needed = rootfs.Recipe(
        bench.release,
        (*_ESSENTIAL, *_dependencies(ours), *more),
        architecture="arm64",
        variant="extract",
        hooks=_HOOKS,
    )
    with rootfs.throw_away(rootfs.cached(needed), bench.group_folder) as root, emulated():
        run("dpkg-deb", "--extract", ours, root)
        yield Unpacked(root, bench.group_folder / "commands")


def _dependencies(ours: Path) -> list[str]:
    """The names in a package's Depends, of alternatives the first: Debian Policy, 7.1."""
    depends = run("dpkg-deb", "--field", ours, "Depends")
    return sorted({relation.split()[0] for relation in depends.split(",")})
