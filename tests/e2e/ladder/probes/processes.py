"""Other processes, and what a process takes of the machine's memory and tasks."""

import ctypes
import errno
import mmap
import os
import resource
import signal
import tempfile
from functools import partial
from pathlib import Path

from .kernel import Refused, libc, must, past
from .outside import SHARED_MEMORY_KEY

_PTRACE_TRACEME, _PTRACE_SEIZE = 0, 0x4206
_TASKS = 200
_MEMORY_BYTES = 640 * 1024 * 1024


def _other_half() -> int:
    """The number of the other half's process, which only who runs this may know."""
    return int(os.environ["OTHER_HALF"])


def see_other_half() -> None:
    """Find the other half among the processes."""
    Path("/proc", str(_other_half())).stat()


def open_memory() -> None:
    """Open the other half's memory."""
    os.close(os.open(f"/proc/{_other_half()}/mem", os.O_RDONLY))


def read_memory() -> None:
    """Read the other half's memory."""
    iovec = (ctypes.c_size_t * 2)(mmap.PAGESIZE, 1)  # an address that nobody has
    call = partial(libc.process_vm_readv, _other_half(), iovec, 1, iovec, 1, 0)
    past(lambda: must(call()), errno.EFAULT)


def trace() -> None:
    """Take hold of the other half as a debugger."""
    must(libc.ptrace(_PTRACE_SEIZE, _other_half(), None, None))


def be_traced() -> None:
    """Be taken hold of by a debugger."""
    must(libc.ptrace(_PTRACE_TRACEME, 0, None, None))


def signal_other_half() -> None:
    """Send the other half a signal: none, which asks only for permission."""
    os.kill(_other_half(), 0)


def share_memory() -> None:
    """Find memory that another program shares."""
    must(libc.shmget(SHARED_MEMORY_KEY, 0, 0))


def fill_memory() -> None:
    """Take more memory than a half needs."""
    with mmap.mmap(-1, _MEMORY_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for page in range(0, _MEMORY_BYTES, mmap.PAGESIZE):
            memory[page] = 1


def fill_tasks() -> None:
    """Start more processes than a half needs."""
    started: list[int] = []
    try:
        while len(started) < _TASKS:
            started.append(_sleeper())
    finally:
        for pid in started:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _sleeper() -> int:
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    return pid


def dump_core() -> None:
    """Leave a core dump."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGSEGV)
        _, ended = os.waitpid(pid, 0)
    if not os.WCOREDUMP(ended):
        raise Refused("no dump")
