"""A seccomp filter after which this process, and all that it starts, can make no IP socket.

The library is `pyseccomp` (the extra `confine`) or Debian's `python3-seccomp`, whose module is
named `seccomp`; both speak to libseccomp2 in the same words. Without either there is no filter.

A socket that another process hands over (SCM_RIGHTS) would still arrive: libcamera's udev needs
recvmsg(2), so it cannot be refused. The publisher never sends one.
"""

import errno
import socket
from types import ModuleType

# udev's messages about devices, which libcamera listens to: <linux/netlink.h>. All other kinds of
# netlink socket are for changing the network, or for talking to other programs.
_NETLINK_KOBJECT_UEVENT = 15

# Ways to a socket that do not go through socket(2): io_uring makes sockets of its own; a process
# that may leave its network namespace, look into another process or take over its descriptors
# needs none of its own; code in the kernel needs nobody's leave.
_REFUSED = (
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "setns",
    "pidfd_getfd",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "bpf",
    "init_module",
    "finit_module",
)


def refuse_ip_sockets() -> bool:
    """Load the filter for this thread and those it starts; whether it does what it is for.

    Refusals are errors (EAFNOSUPPORT, EPERM), so that a library that only tries goes on. System
    calls of another architecture (x32, i386, 32-bit ARM) would be numbered otherwise: libseccomp
    ends a process that makes one. Needs no_new_privs, or CAP_SYS_ADMIN.
    """
    library = _library()
    if library is None:
        return False
    try:
        _load(library)
    except (OSError, RuntimeError, ValueError):  # a kernel without seccomp filters
        return False
    return _refused()


def _library() -> ModuleType | None:
    # Only the half that is confined pays for the search for libseccomp.
    found: ModuleType | None = None
    try:
        import pyseccomp  # noqa: PLC0415

        found = pyseccomp
    except (ImportError, RuntimeError):  # RuntimeError: libseccomp2 itself is missing
        try:
            import seccomp  # noqa: PLC0415

            found = seccomp
        except ImportError:
            pass
    return found


def _load(library: ModuleType) -> None:
    made = library.SyscallFilter(defaction=library.ALLOW)
    no_family = library.ERRNO(errno.EAFNOSUPPORT)
    # The filter compares 64 bits where the kernel reads 32: what has higher bits set is greater
    # than every family, and so refused. One rule can name an argument only once.
    for family in range(socket.AF_NETLINK):
        if family != socket.AF_UNIX:
            made.add_rule(no_family, "socket", library.Arg(0, library.EQ, family))
    made.add_rule(no_family, "socket", library.Arg(0, library.GT, int(socket.AF_NETLINK)))
    made.add_rule(
        no_family,
        "socket",
        library.Arg(0, library.EQ, int(socket.AF_NETLINK)),
        library.Arg(2, library.NE, _NETLINK_KOBJECT_UEVENT),
    )
    for call in _REFUSED:
        made.add_rule(library.ERRNO(errno.EPERM), call)
    made.load()


def _refused() -> bool:
    """Whether the kernel really refuses an IP socket now."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError:
        return True
    return False
