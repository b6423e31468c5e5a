"""What a process gives up by itself at its start, with systemd or without.

Every `edgecam run` leaves no core dump, lets nobody of its user look into its memory, gains no
privileges and keeps none but those over files. Where it may, it keeps its memory from swap. The
vision half also gives up the network.

Linux keeps most of this for each thread, and hands it on to the threads that one starts: so it
must happen before there is a second one.
"""

import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgecam.appliance import ip_filter
from edgecam.appliance.observation import Observer
from edgecam.appliance.packages import how_to_get
from edgecam.config import CameraOptions
from edgecam.errors import ConfinementError

# prctl(2), <linux/prctl.h>
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
# mlockall(2), <asm-generic/mman.h>, as on x86 and ARM: all that is and all that comes, once used
_MCL_CURRENT = 1
_MCL_FUTURE = 2
_MCL_ONFAULT = 4
# unshare(2), <linux/sched.h>
_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
# capset(2), <linux/capability.h>: version 3 has three sets of two 32-bit words.
_CAPABILITY_VERSION_3 = 0x2008_0522
_CAPABILITY_WORDS = 6
FILE_CAPABILITIES = 0b1111
"""CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER: capabilities(7)."""

Namespace = Literal["kept", "own", "own, in a user namespace"]
"""Whether the network namespace is the one that the process was started in."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Confinement:
    """What was achieved; as text, one line for the log."""

    network_for: str
    """What this process needs the network for; empty where it needs none."""
    namespace: Namespace = "kept"
    filtered: bool = False
    """Whether the kernel refuses it IP sockets."""
    unswapped: bool = False
    """Whether the kernel keeps its memory from swap."""

    @property
    def kept_from_network(self) -> bool:
        """Whether anything keeps it from the network."""
        return self.filtered or self.namespace != "kept"

    def __str__(self) -> str:
        parts = ["no core dumps", "no new privileges"]
        if self.filtered:
            parts.insert(0, "no IP sockets (seccomp)")
        if self.namespace == "own":
            parts.insert(0, "own network namespace")
        elif self.namespace != "kept":
            parts.insert(0, "own network namespace (in a user namespace)")
        if self.unswapped:
            parts.append("not swapped out")
        line = f"confined: {', '.join(parts)}"
        if self.network_for:
            return f"{line}; the network stays, for {self.network_for}"
        if self.filtered:
            return line
        remedy = how_to_get("python3-seccomp", extra="confine")
        if self.kept_from_network:
            return f"{line}; no seccomp filter: {remedy}"
        return (
            f"{line}; but nothing keeps this half from the network: {remedy}, "
            "or let systemd start it"
        )


def is_network_stream(options: CameraOptions) -> bool:
    """Whether the camera is a stream (rtsp://, http://), which the vision half must fetch."""
    source = options.opencv.source
    return options.source == "opencv" and "://" in source and not source.startswith("file:")


def confine(*, network_for: str) -> Confinement:
    """Give up what is not needed, for good. `network_for` says why the network is, if it is.

    Raises ConfinementError where the kernel refuses, or where a socket of the network was handed to
    a process that must have none.
    """
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        msg = "confinement comes too late: there are other threads already"
        raise RuntimeError(msg)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unswapped = _stay_in_memory()
    namespace: Namespace = "kept"
    if not network_for:
        _check_inherited()
        namespace = _own_network()
    _keep_capabilities(FILE_CAPABILITIES)  # without CAP_SYS_ADMIN no namespace can be left again
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    filtered = not network_for and ip_filter.refuse_ip_sockets()
    if not (network_for or filtered) and namespace == "kept":
        namespace = _in_user_namespace()
    # Last: a process that is not dumpable may not write the maps of its user namespace. It also
    # stops the core dumps that a core_pattern with a pipe takes whatever the limit is: core(5).
    _prctl(_PR_SET_DUMPABLE, 0)
    return Confinement(network_for, namespace, filtered, unswapped)


def _stay_in_memory() -> bool:
    """Lock what this process uses of its memory, where it may lock any amount.

    Under a limit, whatever it needs beyond that would be refused instead.
    """
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        return False
    return bool(_libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _own_network() -> Namespace:
    # Where a process may not do it itself, systemd's PrivateNetwork= may have done it already.
    # That counts where it can be seen, which takes a look at process 1.
    own = _unshare(_CLONE_NEWNET) or Observer().alone(os.getpid())
    return "own" if own else "kept"


def _check_inherited() -> None:
    sockets = Observer().network_sockets(os.getpid())
    if sockets:
        msg = (
            f"the vision half was handed a network socket ({sockets[0]}), and must have none; "
            "start it with files or pipes for its input and output"
        )
        raise ConfinementError(msg)


def _in_user_namespace() -> Namespace:
    """An own network namespace for a process without privileges, if the kernel gives one.

    The last resort, where there is no filter: in a user namespace the files of other users look
    like nobody's. Access through the process's own user and groups (/dev/video*) stays as it was.
    """
    uid, gid = os.geteuid(), os.getegid()
    if not _unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        return "kept"
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    except OSError:
        pass  # the maps only say by which numbers this process knows itself
    _keep_capabilities(0)  # a new namespace comes with every capability over itself
    return "own, in a user namespace"


def _unshare(flags: int) -> bool:
    return bool(_libc.unshare(flags) == 0)


def _keep_capabilities(mask: int) -> None:
    """Drop every capability that is not in `mask`, from all sets: capset(2)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    words = (ctypes.c_uint32 * _CAPABILITY_WORDS)()
    _must(_libc.capget(header, words), "capget")
    if not (words[0] | words[1]) & ~mask and not any(words[2:]):
        return  # nothing to drop: a sandbox may forbid even trying
    effective, permitted = words[0] & mask, words[1] & mask
    kept = (ctypes.c_uint32 * _CAPABILITY_WORDS)(effective, permitted, 0, 0, 0, 0)
    _must(_libc.capset(header, kept), "capset")


def _prctl(option: int, value: int) -> None:
    unused = ctypes.c_ulong(0)
    _must(_libc.prctl(option, ctypes.c_ulong(value), unused, unused, unused), f"prctl({option})")


def _must(result: int, call: str) -> None:
    if result != 0:
        reason = os.strerror(ctypes.get_errno())
        msg = (
            f"this process may not give up what it does not need ({call}: {reason}); "
            "is its unit, or its container, as it came?"
        )
        raise ConfinementError(msg)
