"""What a process told the kernel to write, witnessed by strace: nothing gets out past this.

Left are memory that is shared and files that are mapped, whose names are in here; and the kernel's
own core dumps, which strace reports too.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_BYTES = 65_536  # of one argument; strace shows that it left out the rest
_WRITES = "write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
_NAMES = (
    "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "mknod,mknodat,setxattr,lsetxattr,fsetxattr,bind,connect,execve,prctl"
)
# Ways to move bytes that show none of them: an honest appliance uses none of these.
_UNSEEN = (
    "sendfile,splice,tee,vmsplice,copy_file_range,process_vm_writev,io_submit,io_uring_setup,"
    "shmget,mq_open,memfd_create"
)
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_DESCRIPTOR = re.compile(r"^(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_OPENED = re.compile(r"O_(WRONLY|RDWR|CREAT)")


@dataclass
class Trace:
    """Everything that one process and its children handed out."""

    written: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    """By what the descriptor stands for: a path, or a socket and its number."""
    names: list[bytes] = field(default_factory=list)
    """Names given to files and sockets, and arguments of programs."""
    opened: set[str] = field(default_factory=set)
    """Paths that were opened for writing, or made."""
    unseen: list[str] = field(default_factory=list)
    """Calls whose bytes cannot be seen, writes that were shown in part, and core dumps."""


def command(output: Path) -> list[str]:
    """What to put before a command, so that it is traced, with the process id that it would have."""
    calls = f"trace={_WRITES},{_NAMES},{_UNSEEN}"
    options = ["-D", "-f", "-q", "-y", "-xx", "--seccomp-bpf", "-s", str(LONGEST_BYTES)]
    return ["strace", *options, "-e", calls, "-o", str(output)]


def read(output: Path) -> Trace:
    """What strace wrote down."""
    trace = Trace()
    for line in output.read_text(encoding="ascii").splitlines():
        call = _CALL.match(line)
        if call:
            _note(trace, call[1], call[2])
        elif "(core dumped)" in line:
            trace.unseen.append("a core dump")
    return trace


def _note(trace: Trace, call: str, arguments: str) -> None:
    texts = [(_decoded(text), cut) for text, cut in _TEXT.findall(arguments)]
    if any(cut for _, cut in texts):
        trace.unseen.append(f"{call} of more than {LONGEST_BYTES} bytes")
    if call in _WRITES.split(","):
        descriptor = _DESCRIPTOR.match(arguments)
        place = _decoded(descriptor[1]).decode(errors="replace") if descriptor else "?"
        trace.written[place].append(b"".join(text for text, _ in texts))
    elif call in _UNSEEN.split(","):
        trace.unseen.append(call)
    elif call not in ("open", "openat") or _OPENED.search(arguments):
        trace.names += [text for text, _ in texts]
        if call in ("open", "openat", "creat"):
            folder = _DESCRIPTOR.match(arguments)
            base = _decoded(folder[1]).decode() if folder else ""
            trace.opened.add(str(Path(base, texts[-1][0].decode(errors="replace"))))


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
