"""Where and when figures were measured, for what prints or writes them."""

import datetime as dt
import os
import platform
import subprocess
from pathlib import Path

from edgecam import __version__
from edgecam.appliance.board import Board, os_name
from edgecam.config import INSTALLATION

_CPUINFO = Path("/proc/cpuinfo")


def origin() -> str:
    """One sentence: date, commit, machine."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return f"Measured on {today}, {made_of()}: {machine()}."


def made_of() -> str:
    """What was measured: `commit 0123abc` of a checkout, `edgecam 0.2.0` of a package."""
    found = commit()
    return f"edgecam {found}" if found == __version__ else f"commit {found}"


def commit() -> str:
    """The commit of the checkout that this runs from, `-dirty` where files differ from it.

    The version where it is none: git would go up from there, and tell of whatever checkout the
    package, or its virtual environment, happens to lie in.
    """
    if not (INSTALLATION / ".git").exists():  # a folder, or a file in a worktree
        return __version__
    command = ["git", "-C", str(INSTALLATION), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # git is not installed, and need not be
        return __version__
    return done.stdout.strip() or __version__


def machine() -> str:
    """The board or the processor, cores, system, kernel and Python."""
    name = Board().model() or _processor()
    kernel, python = platform.release(), platform.python_version()
    return f"{name}, {os.cpu_count()} cores, {os_name()}, Linux {kernel}, Python {python}"


def _processor() -> str:
    """The processor's name, of proc(5)."""
    for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
