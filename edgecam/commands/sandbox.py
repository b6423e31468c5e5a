"""What the installed units keep from their halves although the configuration wants it."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgecam.appliance import clock
from edgecam.config import Config
from edgecam.config.state import STATE

# With less than all of it, systemd passes over MemoryMax=: cgroups(7).
_CONTROLLERS = Path("/sys/fs/cgroup/cgroup.controllers")
_KEPT = "/etc/edgecam"


@dataclass(frozen=True)
class Half:
    """A half as its unit runs it."""

    user: str
    hidden: tuple[str, ...]
    """Folders of the machine that it does not see: systemd.exec(5) on ProtectHome=, PrivateTmp=
    and TemporaryFileSystem=."""


_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  compared alone
VISION = Half("edgecam", (*_HIDDEN, "/run", "/var"))
PUBLISHER = Half("edgecam-publisher", _HIDDEN)


def problems(config: Config) -> Iterator[tuple[str, str]]:
    """One option and what is wrong with it for each thing; needs to be root."""
    camera, model, tls = config.camera, config.model, config.mqtt.tls
    wanted = [(VISION, "model.file", model.file), (VISION, "model.labels", model.labels)]
    if camera.source == "stills":
        wanted.append((VISION, "camera.stills.folder", camera.stills.folder))
    elif camera.source == "opencv" and "://" in camera.opencv.source:
        yield (
            "camera.opencv.source",
            (
                "edgecam.service has no network, so no stream reaches it: docs/operations.md has the "
                "drop-in that allows one, and its price"
            ),
        )
    elif camera.source == "opencv" and not camera.opencv.source.startswith("/dev/"):
        wanted.append((VISION, "camera.opencv.source", camera.opencv.source))
    wanted += [
        (PUBLISHER, f"mqtt.tls.{name}", getattr(tls, name))
        for name in ("ca_file", "cert_file", "key_file")
    ]
    for half, option, path in wanted:
        problem = "" if path is None else unreachable(Path(path), half)
        if problem:
            yield option, problem
    yield from _unseen_clock(config)
    outbox = Path(config.outbox.file)
    if not outbox.is_relative_to(STATE):
        yield (
            "outbox.file",
            (
                f"{outbox} is not under {STATE}, and the publisher may write nowhere else: leave the "
                f"option out"
            ),
        )


def _unseen_clock(config: Config) -> Iterator[tuple[str, str]]:
    if config.schedule.active_hours and clock.was_set() and not clock.was_set_visibly():
        yield (
            "schedule.active_hours",
            (
                "NTP has set this machine's clock, but edgecam.service cannot see that and so never "
                "sleeps: use systemd-timesyncd, or chrony with `leapsectz right/UTC` in its "
                "configuration (docs/operations.md)"
            ),
        )


def uncounted_memory(controllers: Path = _CONTROLLERS) -> Iterator[str]:
    """Says so where the kernel does not count what each service takes."""
    if controllers.exists() and "memory" not in controllers.read_text(encoding="ascii").split():
        yield (
            "the kernel does not count memory per service, so that the units' limits have no "
            "effect: add cgroup_enable=memory to /boot/firmware/cmdline.txt"
        )


def unreachable(path: Path, half: Half) -> str:
    """Why a half cannot read a file or folder; empty where it can, or where nothing is there."""
    for place in (path, path.resolve()):
        for folder in half.hidden:
            if place.is_relative_to(folder):
                return (
                    f"{place} is hidden from {half.user}.service, as all of {folder} is: "
                    f"move it to {_KEPT}"
                )
    try:
        user = pwd.getpwnam(half.user)
    except KeyError:
        return ""  # not installed here
    groups = {*os.getgrouplist(half.user, user.pw_gid), *_of_cameras(half)}
    return _forbidden(path.resolve(), half.user, user.pw_uid, groups)


def _forbidden(place: Path, name: str, uid: int, groups: set[int]) -> str:
    """What keeps a user from reading a file or folder; empty where nothing does."""
    for folder in reversed(place.parents):
        if folder.exists() and not _permits(folder, uid, groups, stat.S_IXOTH):
            return f"the user {name} may not enter {folder}: `sudo chmod o+x {folder}`"
    wanted = stat.S_IROTH | (stat.S_IXOTH if place.is_dir() else 0)
    if not place.exists() or _permits(place, uid, groups, wanted):
        return ""
    return (
        f"{place} may not be read by the user {name}: "
        f"`sudo chgrp {name} {place}; sudo chmod g+rX {place}`"
    )


def _of_cameras(half: Half) -> set[int]:
    """The group that SupplementaryGroups= gives to the half that sees."""
    try:
        return {grp.getgrnam("video").gr_gid} if half is VISION else set()
    except KeyError:
        return set()


def _permits(place: Path, uid: int, groups: set[int], wanted: int) -> bool:
    """Whether the mode of a file lets a user do what these bits say: path_resolution(7)."""
    seen = place.stat()
    shift = 6 if uid == seen.st_uid else 3 if seen.st_gid in groups else 0
    return (seen.st_mode >> shift) & wanted == wanted
