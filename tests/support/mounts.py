"""Small file systems of a test's own. They need root, and fail loudly without it."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


def run(*command: str | Path) -> str:
    """Run a program; what it printed. Raises CalledProcessError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


@contextlib.contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """A file system in memory, of a size like "1m"."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "edgecam-test", folder)
    try:
        yield folder
    finally:
        run("umount", "--lazy", folder)


def make_ext4(image: Path, size: str) -> None:
    """An image with an ext4 as a card has it: blocks of 4 kB, and a journal."""
    run("truncate", "-s", size, image)
    run("mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)


@contextlib.contextmanager
def loop(image: Path) -> Iterator[Path]:
    """The block device of an image."""
    device = Path(run("losetup", "--find", "--show", image))
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


@contextlib.contextmanager
def mounted(device: Path, folder: Path, options: str = "noatime") -> Iterator[Path]:
    """A block device's file system."""
    folder.mkdir(exist_ok=True)
    run("mount", "-o", options, device, folder)
    try:
        yield folder
    finally:
        run("umount", "--lazy", folder)


def remount(folder: Path, option: str) -> None:
    """Make a mounted file system "ro" or "rw"."""
    run("mount", "-o", f"remount,{option}", folder)
