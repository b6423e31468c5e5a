"""Run as a program: confines itself as it is told, tries every way out, prints what came of it.

`none` does not confine itself: what is refused to it is refused to everybody here. `debian` finds
the library by Debian's name for it, `no library` by none.
"""

import ctypes
import importlib
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from edgecam.appliance import confinement

_SYS_IO_URING_SETUP = 425  # the same number on every architecture
_SYS_PIDFD_GETFD = 438
_IO_URING_PARAMS_BYTES = 120
_CLONE_NEWNET = 0x4000_0000

_libc = ctypes.CDLL(None, use_errno=True)


def connected(port: int) -> None:
    with socket.socket() as end:
        end.settimeout(5.0)
        end.connect(("127.0.0.1", port))


def made(family: int, kind: int, protocol: int = 0) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


def io_uring() -> None:
    parameters = ctypes.create_string_buffer(_IO_URING_PARAMS_BYTES)
    _must(_libc.syscall(_SYS_IO_URING_SETUP, 8, parameters))


def disguised() -> None:
    """A family whose higher bits the kernel does not read."""
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    family = ctypes.c_long((1 << 32) | socket.AF_INET)
    _must(_libc.syscall(number, family, socket.SOCK_STREAM, 0))


def network_of_parent() -> None:
    with Path(f"/proc/{os.getppid()}/ns/net").open("rb") as network:
        _must(_libc.setns(network.fileno(), _CLONE_NEWNET))


def descriptor_of_parent() -> None:
    _must(_libc.syscall(_SYS_PIDFD_GETFD, os.pidfd_open(os.getppid()), 0, 0))


def _must(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def ways_out(port: int) -> dict[str, Callable[[], None]]:
    return {
        "inet": made(socket.AF_INET, socket.SOCK_STREAM),
        "udp": made(socket.AF_INET, socket.SOCK_DGRAM),
        "inet6": made(socket.AF_INET6, socket.SOCK_STREAM),
        "disguised": disguised,
        "route": made(socket.AF_NETLINK, socket.SOCK_RAW, 0),
        "connect": lambda: connected(port),
        "raw": made(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        "packet": made(socket.AF_PACKET, socket.SOCK_RAW),
        "io_uring": io_uring,
        "network of parent": network_of_parent,
        "descriptor of parent": descriptor_of_parent,
        "unix": made(socket.AF_UNIX, socket.SOCK_SEQPACKET),
        "udev": made(socket.AF_NETLINK, socket.SOCK_RAW, 15),
    }


def tried(way: Callable[[], None]) -> str:
    """Empty where it led out, or else the reason."""
    try:
        way()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def main(how: str, port: int) -> None:
    if how == "no library":
        for name in ("pyseccomp", "seccomp"):
            sys.modules[name] = None  # type: ignore[assignment]  # import finds nothing then
    if how == "debian":
        sys.modules["seccomp"] = importlib.import_module("pyseccomp")
        sys.modules["pyseccomp"] = None  # type: ignore[assignment]
    said = "" if how == "none" else str(confinement.confine(network_for=""))
    refused = {name: tried(way) for name, way in ways_out(port).items()}
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines()
    )
    found = {
        "said": said,
        "refused": {name: why for name, why in refused.items() if why},
        "capabilities": int(status["CapEff"], 16),
        "core_limit": resource.getrlimit(resource.RLIMIT_CORE),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
