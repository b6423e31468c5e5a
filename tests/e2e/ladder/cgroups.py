"""A control group of a machine's own, in every hierarchy that this host has."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from support.waiting import wait_until


@contextlib.contextmanager
def made(name: str) -> Iterator[list[Path]]:
    """Groups of this name below those that we are in, of version 1 and 2; removed afterwards."""
    groups = [group / name for group in _own()]
    for group in groups:
        group.mkdir()
        if group.parent.joinpath("cpuset.cpus").exists() and _is_version_1(group):
            # cpuset(7), "Version 1": a new one has neither, and then no process may enter it.
            for file in ("cpuset.cpus", "cpuset.mems"):
                (group / file).write_text((group.parent / file).read_text())
            (group / "cgroup.clone_children").write_text("1")
    try:
        yield groups
    finally:
        for group in groups:
            wait_until(lambda group=group: _remove(group), 10.0)  # type: ignore[misc]


def _own() -> list[Path]:
    """The groups that this process is in, as cgroups(7) says where to find them."""
    places: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        if kind == "cgroup":
            for option in options.split(","):
                places[option] = Path(before.split()[4])
        elif kind == "cgroup2":
            places[""] = Path(before.split()[4])
    found = []
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        place = places.get(controllers.split(",")[0])
        if place is not None:
            found.append(place / path.lstrip("/"))
    return found


def _is_version_1(group: Path) -> bool:
    return (group / "cgroup.clone_children").exists()


def _remove(group: Path) -> bool:
    """Remove a group and those in it; False where a process is still ending there."""
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            Path(folder).rmdir()
    except OSError:
        return False
    return True
