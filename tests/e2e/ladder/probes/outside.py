"""What there is to reach, see and take outside of the sandbox; `python3 -m probes.outside` makes it.

It stands for a machine's other services, for what its other users own, and for its devices. It tells
systemd when all of it is there, and takes it away again when it is stopped.
"""

import contextlib
import os
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from .kernel import libc, must

LOCAL_SERVER = ("127.0.0.1", 7)
ABSTRACT = "\0edgecam-outside"
NETLINK_PORT = 4242
NETLINK_USERSOCK = 2
"""Free for use between programs: <linux/netlink.h>."""
FORWARDING = (
    Path("/run/avahi-daemon/socket"),
    Path("/run/nscd/socket"),
    Path("/run/systemd/resolve/io.systemd.Resolve"),
)
"""Local services that put what they are asked on the network."""
SYSLOG = Path("/run/systemd/journal/syslog")
"""Where journald hands its entries to a syslog, and anybody else may, too: rsyslog's socket."""
SHARED_MEMORY_KEY = 0x0ED6ECA4
TEMPORARY, SPOOLED = Path("/tmp"), Path("/var/tmp")  # noqa: S108  places to look into
SHARED_MEMORY, HOMES = Path("/dev/shm"), Path("/home")  # noqa: S108  as above
_SHARED = (TEMPORARY, SPOOLED, SHARED_MEMORY, Path("/dev/mqueue"), Path("/run/lock"), HOMES)
NOTES = {folder: folder / "outside" for folder in _SHARED}
"""Folders that others use, too, with a file in each that anybody may read."""
MODULES = Path("/usr/lib/modules")
SET_UID = Path("/usr/local/bin/outside-id")
MACHINE_CODE = Path("/usr/local/bin/outside-getpid")
"""Of x86-64: `mov eax, 20; int 0x80; ret`, getpid(2) by its number of 32 bits."""
DISK, CONTROL, KERNEL_LOG = Path("/dev/outside-disk"), Path("/dev/fuse"), Path("/dev/kmsg")
CAMERA = Path("/dev/video0")

_IPC_CREAT, _IPC_RMID = 0o1000, 0
_RESTART_S = 0.3


def main() -> None:
    """Make it all, say so, and stay until SIGTERM."""
    end = {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, end)  # so that it comes between two steps alone
    with contextlib.ExitStack() as things:
        for make in (_servers, _shared_memory, _files, _nodes):
            things.enter_context(make())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        ended = None
        while ended is None:
            with _forwarding():
                ended = signal.sigtimedwait(end, _RESTART_S)


@contextlib.contextmanager
def _servers() -> Iterator[None]:
    with (
        _listening(socket.AF_INET, LOCAL_SERVER),
        _listening(socket.AF_UNIX, ABSTRACT),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as netlink,
    ):
        netlink.bind((NETLINK_PORT, 0))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
            syslog.bind(str(SYSLOG))
            SYSLOG.chmod(0o666)
            yield
        SYSLOG.unlink()


@contextlib.contextmanager
def _forwarding() -> Iterator[None]:
    """As services that are restarted: their folders and sockets are new ones each time."""
    with contextlib.ExitStack() as running:
        for path in FORWARDING:
            path.parent.mkdir(parents=True)
            running.callback(shutil.rmtree, path.parent)
            running.enter_context(_listening(socket.AF_UNIX, str(path)))
            path.chmod(0o666)
        yield


def _listening(family: int, address: object) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)  # type: ignore[arg-type]  # each family has its own kind
    made.listen()
    return made


@contextlib.contextmanager
def _shared_memory() -> Iterator[None]:
    memory = must(libc.shmget(SHARED_MEMORY_KEY, 4096, _IPC_CREAT | 0o666))
    yield
    must(libc.shmctl(memory, _IPC_RMID, None))


@contextlib.contextmanager
def _files() -> Iterator[None]:
    files = (*NOTES.values(), SET_UID, MACHINE_CODE)
    for file in files:
        file.touch(0o644)
    SET_UID.write_bytes(Path("/usr/bin/id").read_bytes())
    SET_UID.chmod(0o4755)
    MACHINE_CODE.write_bytes(bytes.fromhex("b814000000cd80c3"))
    MODULES.mkdir(exist_ok=True)
    yield
    for file in files:
        file.unlink()


@contextlib.contextmanager
def _nodes() -> Iterator[None]:
    """Devices that anybody may open, as far as their mode says."""
    disk = next(Path("/sys/block").iterdir()) / "dev"
    major, minor = map(int, disk.read_text(encoding="ascii").split(":"))
    # The kernel's Documentation/admin-guide/devices.txt
    nodes = {
        DISK: (stat.S_IFBLK, major, minor),
        CONTROL: (stat.S_IFCHR, 10, 229),
        KERNEL_LOG: (stat.S_IFCHR, 1, 11),
        CAMERA: (stat.S_IFCHR, 81, 0),
    }
    missing = {node: device for node, device in nodes.items() if not node.exists()}
    for node, (kind, *numbers) in missing.items():
        os.mknod(node, kind, os.makedev(*numbers))
        node.chmod(0o666)
    yield
    for node in missing:
        node.unlink()


if __name__ == "__main__":
    main()
