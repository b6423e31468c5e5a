"""What is for the system's administrator, and what code that broke in would use."""

import ctypes
import errno
import mmap
import os
import socket
from pathlib import Path

from .kernel import Refused, libc, must, past, system_call
from .outside import MACHINE_CODE

_CLONE_NEWUSER = 0x1000_0000
_PER_LINUX32 = 0x0008
_ADJ_TICK = 0x4000
_SYSLOG_SIZE_BUFFER = 10
_BPF_NOTHING = 0x7FFF
_NO_SCHEDULER = 77


class _Timex(ctypes.Structure):
    """The beginning of adjtimex(2)'s; the rest is not looked at."""

    _fields_ = (
        *((name, ctypes.c_long) for name in ("modes", "offset", "freq", "maxerror", "esterror")),
        *((name, ctypes.c_long) for name in ("status", "constant", "precision", "tolerance")),
        *((name, ctypes.c_long) for name in ("seconds", "microseconds", "tick")),
        ("rest", ctypes.c_long * 32),
    )


def load_module() -> None:
    """Load code into the kernel: of nothing, which its loader then complains about.

    ENOSYS is a kernel that loads none.
    """
    past(lambda: system_call("init_module", 0, 0, 0), errno.EFAULT, errno.ENOEXEC, errno.ENOSYS)


def load_bpf() -> None:
    """Speak to the kernel's BPF."""
    past(lambda: system_call("bpf", _BPF_NOTHING, 0, 0), errno.EINVAL)


def mount() -> None:
    """Mount a file system."""
    must(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))
    must(libc.umount(b"/mnt"))


def change_root() -> None:
    """Choose another root folder."""
    os.chroot("/")


def swap_on() -> None:
    """Have memory swapped to a file."""
    past(lambda: must(libc.swapon(b"/nowhere", 0)), errno.ENOENT)


def set_clock() -> None:
    """Set the speed of the clock: to what it is."""
    clock = _Timex()
    must(libc.adjtimex(ctypes.byref(clock)))
    clock.modes = _ADJ_TICK
    must(libc.adjtimex(ctypes.byref(clock)))


def set_host_name() -> None:
    """Set the machine's name: to what it is."""
    socket.sethostname(socket.gethostname())


def ask_kernel_log() -> None:
    """Ask the kernel's log something."""
    must(libc.klogctl(_SYSLOG_SIZE_BUFFER, None, 0))


def make_user_namespace() -> None:
    """Become the administrator of a namespace."""
    must(libc.unshare(_CLONE_NEWUSER))


def hold_capabilities() -> None:
    """Keep any privilege that root has."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    bounding = next(line.split()[1] for line in status if line.startswith("CapBnd:"))
    if int(bounding, 16) == 0:
        raise Refused("none")


def execute_written_memory() -> None:
    """Get memory that is written to and executed."""
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def change_personality() -> None:
    """Have the kernel behave as for another system's programs."""
    must(libc.personality(_PER_LINUX32))


def choose_scheduler() -> None:
    """Choose another scheduler, such as one that runs before everything else: one there is not.

    A real one is refused to root, too, where control groups are of version 1.
    """
    past(lambda: must(libc.sched_setscheduler(0, _NO_SCHEDULER, bytes(8))), errno.EINVAL)


def call_as_32_bit() -> None:
    """Make a system call of another architecture, which filters number otherwise."""
    libc.mmap.restype = ctypes.c_void_p
    with MACHINE_CODE.open("rb") as code:
        at = libc.mmap(
            None,
            ctypes.c_size_t(mmap.PAGESIZE),
            mmap.PROT_READ | mmap.PROT_EXEC,
            mmap.MAP_PRIVATE,
            code.fileno(),
            ctypes.c_long(0),
        )
    if ctypes.CFUNCTYPE(ctypes.c_int)(at)() != os.getpid():
        raise Refused("another answer")
