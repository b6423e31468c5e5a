"""What a running process can do, seen from outside, through /proc: proc(5).

What the kernel shows only to root, or to nobody, is None: never guessed.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgecam.appliance.running import PROC

# Devices that every network namespace may be born with; they lead nowhere until somebody sets
# them up (fb_tunnels_only_for_init_net in the kernel's Documentation/admin-guide/sysctl/net.rst).
_BORN_WITH = {
    *("lo", "sit0", "tunl0", "gre0", "gretap0", "erspan0"),
    *("ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"),
}
_CAMERAS = ("video", "media", "v4l-subdev")
_LOCAL_SOCKETS = ("UNIX", "UNIX-STREAM", "NETLINK")
# Local services that put what they are asked on the network: resolvers, the bus to all others, and
# a syslog, which may send lines to another machine past what journald limits.
_FORWARDING = (
    "dev/log",
    "run/avahi-daemon/socket",
    "run/dbus/system_bus_socket",
    "run/nscd/socket",
    "run/systemd/journal/syslog",
    "run/systemd/resolve/io.systemd.Resolve",
)
_CAP_DAC_OVERRIDE = 1 << 1


@dataclass(frozen=True)
class Observed:
    """What the kernel says of one process."""

    uid: int
    capabilities: int
    """The effective ones, as the bits of capabilities(7)."""
    no_new_privileges: bool
    filters: int
    """Seccomp filters that it is under."""
    core_limit: str
    """The hard limit: `0`, a number of bytes, or `unlimited`."""
    cores_to_program: bool
    """Whether core dumps are handed to a program, which no limit stops: core(5)."""
    dumpable: bool | None
    """None for root's processes, of which the kernel does not show it."""
    alone: bool | None
    """Whether it is in a network namespace that leads nowhere."""
    network_sockets: tuple[str, ...] | None
    """The protocol of each open socket that is not local to this machine."""
    cameras_open: tuple[str, ...] | None
    cameras_allowed: tuple[str, ...] | None
    """The camera devices that its root folder holds and its user may open."""
    forwarding: tuple[str, ...] | None
    """Sockets in its root folder of services that send for others."""


class Observer:
    """Looks at the processes under a folder (`/proc`; tests use a made one)."""

    def __init__(self, root: Path = PROC) -> None:
        self._root = root

    def observe(self, pid: int) -> Observed | None:
        """What can be seen of a process; None where it has ended."""
        status = self._status(pid)
        try:
            # A process that is not dumpable has its files, though not its folder, given to root.
            owner = (self._root / str(pid) / "status").stat().st_uid
            limits = (self._root / str(pid) / "limits").read_text(encoding="ascii")
        except OSError:
            return None
        if "CapEff" not in status:
            return None
        uid = int(status["Uid"].split()[1])
        groups = {int(status["Gid"].split()[1]), *map(int, status.get("Groups", "").split())}
        capabilities = int(status["CapEff"], 16)
        descriptors = self._descriptors(pid)
        return Observed(
            uid=uid,
            capabilities=capabilities,
            no_new_privileges=status.get("NoNewPrivs") == "1",
            filters=self.filters(pid),
            core_limit=_core_limit(limits),
            cores_to_program=self._cores_to_program(),
            dumpable=None if uid == 0 else owner == uid,
            alone=self.alone(pid),
            network_sockets=_network_sockets(descriptors),
            cameras_open=None if descriptors is None else _cameras_of(descriptors.values()),
            cameras_allowed=self._cameras_allowed(pid, uid, groups, capabilities),
            forwarding=self._forwarding(pid),
        )

    def filters(self, pid: int) -> int:
        """How many seccomp filters a process is under."""
        status = self._status(pid)
        # Kernels before 5.9 tell only whether there are any: mode 2.
        return int(status.get("Seccomp_filters", status.get("Seccomp") == "2"))

    def network_sockets(self, pid: int) -> tuple[str, ...] | None:
        """The protocol of each socket of a process that is not local to this machine."""
        return _network_sockets(self._descriptors(pid))

    def alone(self, pid: int) -> bool | None:
        """Whether a process is in a network namespace that leads nowhere, and not in the system's.

        The system's may have no interface today, but its loopback leads to whoever listens there.
        """
        interfaces, of_system = self._interfaces(pid), self._interfaces(1)
        if interfaces is None or interfaces - _BORN_WITH:
            return None if interfaces is None else False
        network, network_of_system = self._link(pid, "ns/net"), self._link(1, "ns/net")
        if network is not None and network_of_system is not None:
            return network != network_of_system
        return None if of_system is None or interfaces == of_system else True

    def _interfaces(self, pid: int) -> set[str] | None:
        try:
            text = (self._root / str(pid) / "net" / "dev").read_text(encoding="ascii")
        except OSError:
            return None
        return {line.partition(":")[0].strip() for line in text.splitlines() if ":" in line}

    def _cores_to_program(self) -> bool:
        try:
            return (self._root / "sys/kernel/core_pattern").read_bytes().startswith(b"|")
        except OSError:
            return True

    def _status(self, pid: int) -> dict[str, str]:
        try:
            text = (self._root / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return {}
        pairs = (line.partition(":") for line in text.splitlines())
        return {name: value.strip() for name, _, value in pairs}

    def _link(self, pid: int, name: str) -> str | None:
        try:
            return os.readlink(self._root / str(pid) / name)  # noqa: PTH115  not a path: net:[4026]
        except OSError:
            return None

    def _descriptors(self, pid: int) -> dict[Path, str] | None:
        """What each descriptor of a process leads to."""
        try:
            entries = list((self._root / str(pid) / "fd").iterdir())
        except OSError:
            return None
        found = {}
        for entry in entries:
            try:
                found[entry] = os.readlink(entry)  # noqa: PTH115  not a path: socket:[4711]
            except FileNotFoundError:
                continue  # closed meanwhile
            except OSError:
                return None
        return found

    def _forwarding(self, pid: int) -> tuple[str, ...] | None:
        root = self._root / str(pid) / "root"
        try:
            root.stat()
        except OSError:
            return None
        return tuple(f"/{name}" for name in _FORWARDING if _is_there(root / name))

    def _cameras_allowed(
        self, pid: int, uid: int, groups: set[int], capabilities: int
    ) -> tuple[str, ...] | None:
        """An access list on a device counts as leave, since it may be meant for this user."""
        try:
            entries = list((self._root / str(pid) / "root" / "dev").iterdir())
        except OSError:
            return None
        allowed = []
        for entry in entries:
            if not entry.name.startswith(_CAMERAS):
                continue
            seen = entry.stat()
            if capabilities & _CAP_DAC_OVERRIDE or _permits(seen, uid, groups) or _has_list(entry):
                allowed.append(f"/dev/{entry.name}")
        return tuple(sorted(allowed))


def _is_there(service: Path) -> bool:
    """Not by way of a link, as /dev/log is one to journald: that would lead to our own root."""
    # Not Path.exists(), which raises where it may not look.
    return os.path.exists(service) and not service.is_symlink()  # noqa: PTH110


def _network_sockets(descriptors: dict[Path, str] | None) -> tuple[str, ...] | None:
    if descriptors is None:
        return None
    found = []
    for entry, target in descriptors.items():
        if not target.startswith("socket:"):
            continue
        try:
            # The kernel's own name for the protocol, also of a socket that was only made, which
            # no table under net/ lists: sockfs_xattr_get in the kernel's net/socket.c.
            protocol = os.getxattr(entry, "system.sockprotoname").decode("ascii").rstrip("\0")
        except FileNotFoundError:
            continue  # closed meanwhile
        except OSError:
            protocol = "unknown"
        if protocol not in _LOCAL_SOCKETS:
            found.append(protocol)
    return tuple(sorted(found))


def _core_limit(limits: str) -> str:
    for line in limits.splitlines():
        if line.startswith("Max core file size"):
            return line.removeprefix("Max core file size").split()[1]
    return "unlimited"


def _cameras_of(targets: Iterable[str]) -> tuple[str, ...]:
    cameras = tuple(f"/dev/{name}" for name in (*_CAMERAS, "dma_heap/"))
    return tuple(sorted(target for target in targets if target.startswith(cameras)))


def _permits(seen: os.stat_result, uid: int, groups: set[int]) -> bool:
    """Whether the mode of a file lets a user read or write it: path_resolution(7)."""
    if uid == seen.st_uid:
        return bool(seen.st_mode & (stat.S_IRUSR | stat.S_IWUSR))
    if seen.st_gid in groups:
        return bool(seen.st_mode & (stat.S_IRGRP | stat.S_IWGRP))
    return bool(seen.st_mode & (stat.S_IROTH | stat.S_IWOTH))


def _has_list(device: Path) -> bool:
    try:
        return "system.posix_acl_access" in os.listxattr(device)
    except OSError:
        return False
