"""A machine with a real systemd as its first process, in systemd-nspawn.

It comes up on hosts whose own first process is not systemd and whose control groups are of
version 1, too. Four things are needed for that, each said where it is done; without any of them a
machine boots, looks well, and leaves a part of what units ask for undone. Rows that show that
something is refused must therefore show that it is not refused elsewhere.
"""

import contextlib
import itertools
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ladder import cgroups, rootfs
from ladder.bench import Bench
from ladder.command import recorded

BOOT_S = 60.0
DOWN_S = 30.0
_INIT = "/sbin/ladder-init"
_WANTS_REBOOT = 133  # of nspawn with --keep-unit, which leaves it to who started it
_numbers = itertools.count()


class Machine:
    """A machine that runs; `boot` makes one. It has a loopback and no other network."""

    def __init__(self, name: str, root: Path, groups: Sequence[Path], log: Path) -> None:
        self.name = name
        self.root = root
        """Its files as the host sees them, without what it has mounted (/run, /tmp, /proc)."""
        self._groups = groups
        self.folder = log.parent
        self._log = log
        self._nspawn: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def leader(self) -> int:
        """Its first process, by the host's number. Raises AssertionError where it has none."""
        assert self._nspawn is not None
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        for child in children.read_text(encoding="ascii").split():
            if Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == "systemd":
                return int(child)
        raise AssertionError(f"{self.name} has no systemd: {self._console()}")

    def run(
        self,
        command: Sequence[str],
        *,
        check: bool = True,
        timeout_s: float = 60.0,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root. Raises AssertionError where `check` finds that it failed."""
        inside = ["nsenter", f"--target={self.leader}", "--all", "--", *command]
        home = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        return recorded(
            inside, command, self._log, check=check, timeout_s=timeout_s, stdin=stdin, env=home
        )

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside, with the folders that it needs."""
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def path(self, path: str) -> Path:
        """A path inside as the host sees it, with what is mounted there."""
        return Path(f"/proc/{self.leader}/root", path.lstrip("/"))

    def start(self) -> None:
        """Power it on, and wait until systemd has nothing more to start."""
        with self._log.with_suffix(".console").open("ab") as console:
            self._nspawn = _nspawn(self.name, self.root, self._groups, console)
        deadline_s = time.monotonic() + BOOT_S
        while not self._booted():
            code = self._nspawn.poll()
            assert code is None, f"{self.name} ended with {code}: {self._console()}"
            assert time.monotonic() < deadline_s, f"{self.name} does not boot: {self._console()}"
            time.sleep(0.05)

    def reboot(self) -> None:
        """Shut down and come up again, as after `systemctl reboot`."""
        assert self._nspawn is not None
        self.run(["systemctl", "reboot"], check=False)  # it may end before it has answered
        code = self._nspawn.wait(DOWN_S)
        assert code == _WANTS_REBOOT, f"{self.name} ended with {code}: {self._console()}"
        self.start()

    def down(self) -> None:
        """Power it off; where it does not go, kill its first process, and so all of them."""
        if self._nspawn is None:
            return
        self._nspawn.send_signal(signal.SIGTERM)
        try:
            self._nspawn.wait(DOWN_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(AssertionError, OSError):
                os.kill(self.leader, signal.SIGKILL)
            self._nspawn.kill()
            self._nspawn.wait(DOWN_S)
        self._nspawn = None

    def testify(self, folder: Path) -> None:
        """Write down its journal, its console and what was run in it."""
        (folder / f"{self.name}.commands").write_bytes(self._log.read_bytes())
        (folder / f"{self.name}.console").write_text(self._console(), encoding="utf-8")
        said = self.run(["journalctl", "--no-pager", "-o", "short-precise"], check=False).stdout
        (folder / f"{self.name}.journal").write_text(said, encoding="utf-8")

    def _booted(self) -> bool:
        with contextlib.suppress(OSError, AssertionError):
            said = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
            return said in ("running", "degraded")
        return False

    def _console(self) -> str:
        return self._log.with_suffix(".console").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def boot(bench: Bench, recipe: rootfs.Recipe | None = None) -> Iterator[Machine]:
    """A machine of the bench's release, from a fresh copy of its root file system."""
    kept = rootfs.cached(recipe or rootfs.Recipe(bench.release))
    name = f"ladder-{os.getpid()}-{next(_numbers)}"
    folder = Path(tempfile.mkdtemp(prefix="machine-", dir=bench.group_folder))
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(rootfs.throw_away(kept, folder))
        groups = stack.enter_context(cgroups.made(name))
        init = root / _INIT.lstrip("/")
        init.write_bytes(Path(__file__).with_name("init.sh").read_bytes())
        init.chmod(0o755)
        log = folder / "commands"
        log.touch()
        machine = Machine(name, root, groups, log)
        stack.callback(machine.down)
        try:
            yield machine
        except Exception:  # what is made of it did not come up, and nobody else can ask it any more
            machine.testify(bench.folder)
            raise


def _nspawn(
    name: str, root: Path, groups: Sequence[Path], console: BinaryIO
) -> subprocess.Popen[bytes]:
    # 1. nspawn must find itself in a group of its own: elsewhere it would make the machine's groups
    #    at the host's root. A shell enters it, as Python's threads forbid a preexec_fn.
    enter = 'for group in $GROUPS_; do echo 0 >"$group/cgroup.procs" || exit; done; exec "$@"'
    # 2. SYSTEMD_SECCOMP=0 and every capability: nspawn's own filter refuses bpf(2), and systemd
    #    inside would silently leave IPAddressDeny= undone.
    environment = {
        "PATH": os.environ["PATH"],
        "SYSTEMD_SECCOMP": "0",
        "GROUPS_": " ".join(map(str, groups)),
    }
    # 3. Writable control groups: init.sh.
    # 4. No registration and no unit of its own: there is nobody on the host to ask for them. At
    #    SIGTERM nspawn asks the machine to power off; killed, it would leave it running.
    options = (
        *("--quiet", f"--directory={root}", f"--machine={name}", "--hostname=raspberrypi"),
        *("--private-network", "--register=no", "--keep-unit", "--console=read-only"),
        *("--kill-signal=SIGRTMIN+3", "--capability=all"),
        # systemd 257 refuses control groups of version 1 without a word on its command line.
        "--setenv=SYSTEMD_PROC_CMDLINE=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
    )
    return subprocess.Popen(
        ["sh", "-c", enter, "sh", "systemd-nspawn", *options, _INIT],
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=console,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the ladder, which then takes it down in order
    )
