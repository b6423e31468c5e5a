"""A folder like /proc, with processes that a test makes up."""

from pathlib import Path

STATUS = (
    "Name:\tpython\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t990\t990\t990\t990\n"
    "Groups:\t44 990\nCapEff:\t{capabilities}\nNoNewPrivs:\t1\nSeccomp:\t2\n"
)
DEV = (
    "Inter-|   Receive  |  Transmit\n face |bytes    packets|bytes    packets\n"
    "    lo:       0       0    0    0\n{more}"
)
LIMITS = (
    "Limit                     Soft Limit           Hard Limit           Units\n"
    "Max core file size        0                    {core}                    bytes\n"
)


class MadeProc:
    """Files of /proc for processes that there are not."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "sys" / "kernel").mkdir(parents=True)
        (root / "sys" / "kernel" / "core_pattern").write_text("core\n")

    def process(self, pid: int, *command: str, folder: str = "/srv") -> Path:
        """A process with a command line, started in a folder."""
        place = self.root / str(pid)
        (place / "net").mkdir(parents=True)
        (place / "ns").mkdir()
        (place / "fd").mkdir()
        (place / "root" / "dev").mkdir(parents=True)
        (place / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in command))
        (place / "cwd").symlink_to(folder)
        self.status(pid)
        self.interfaces(pid)
        (place / "limits").write_text(LIMITS.format(core="0"))
        return place

    def status(self, pid: int, uid: int = 990, capabilities: str = "0", more: str = "") -> None:
        text = STATUS.format(uid=uid, capabilities=capabilities) + more
        (self.root / str(pid) / "status").write_text(text)

    def interfaces(self, pid: int, *names: str, namespace: str = "") -> None:
        """Besides `lo`; the namespace's name is left out where nobody may see it."""
        place = self.root / str(pid)
        more = "".join(f"{name:>6}: 12345      67    0    0\n" for name in names)
        (place / "net" / "dev").write_text(DEV.format(more=more))
        (place / "ns" / "net").unlink(missing_ok=True)
        if namespace:
            (place / "ns" / "net").symlink_to(namespace)

    def camera(self, pid: int, name: str, mode: int) -> Path:
        """A stand-in for a device in what the process sees as /dev."""
        device = self.root / str(pid) / "root" / "dev" / name
        device.touch()
        device.chmod(mode)
        return device
