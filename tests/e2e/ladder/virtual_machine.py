"""A whole arm64 machine with a kernel of its own, emulated by QEMU; its power can be cut.

It is some twenty times slower than a Pi: everything that waits for it needs patience, and no time
that is measured in it means anything.
"""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from support.waiting import wait_until

from ladder import virtual_disk
from ladder.bench import Bench
from ladder.command import run
from ladder.guest_agent import CHANNEL, GuestAgent
from ladder.kernel import Kernel, kernel
from ladder.virtual_disk import Disk
from ladder.write_log import Cut

BOOT_S = 600.0
_APPEND = "console=ttyAMA0 quiet panic=1 systemd.show_status=0"
_MEMORY_MB = 1024
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_RESTARTS = "reboot: Restarting system"  # the kernel's last words


class VirtualMachine:
    """A machine that runs; `powered` makes one."""

    def __init__(self, folder: Path, started_from: Kernel, disk: Disk, stick: Path) -> None:
        """`stick`: the image of a file system to plug in as /dev/vdb, read-only."""
        self.console = folder / "console"
        """What it has written to its serial port, its whole journal among that."""
        self._log = folder / "machine.commands"
        self._port = folder / "agent"
        self._kernel = started_from
        self._disk = disk
        self._stick = stick
        self._qemu: subprocess.Popen[bytes] | None = None
        self._agent: GuestAgent | None = None

    def power_on(self) -> None:
        """Switch it on, and wait until it takes commands."""
        with self.console.open("ab") as console:
            self._qemu = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        wait_until(self._connected, 30.0, poll_s=0.05)
        self._wait_answers()

    def cut_power(self) -> Cut:
        """Pull the plug: what the disk was given and not told to flush is lost."""
        self.kill()
        return self._disk.cut()

    def kill(self) -> None:
        """End QEMU at once."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None
        if self._qemu is not None:
            self._qemu.kill()
            self._qemu.wait()
            self._qemu = None

    def reboot(self) -> None:
        """Restart it as a person does, and wait until it takes commands again."""
        before = len(self.said())
        assert self._agent is not None, "it is switched off"
        self._agent.start(["systemctl", "reboot"])
        wait_until(lambda: _RESTARTS in "\n".join(self.said()[before:]), BOOT_S, poll_s=0.2)
        self._wait_answers()

    def run(
        self,
        command: Sequence[str],
        *,
        check: bool = True,
        timeout_s: float = 120.0,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root. Raises AssertionError where `check` finds that it failed."""
        assert self._agent is not None, "it is switched off"
        code, out, err = self._agent.run(command, stdin.encode(), timeout_s)
        done = subprocess.CompletedProcess(
            command, code, out.decode(errors="replace"), err.decode(errors="replace")
        )
        said = (done.stdout + done.stderr).rstrip()
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{said}\n[{code}]\n")
        if check:
            last = " / ".join(said.splitlines()[-3:])
            assert code == 0, f"{' '.join(command)}: {code}: {last}"
        return done

    def write(self, path: str, text: str) -> None:
        """Write a file inside, with the folders that it needs."""
        self.run(["sh", "-c", 'mkdir -p "${0%/*}" && cat >"$0"', path], stdin=text)

    def said(self) -> list[str]:
        """The lines on its serial port, as far as they are finished, without colours."""
        said = _COLOUR.sub("", self.console.read_text(encoding="utf-8", errors="replace"))
        return said[: said.rfind("\n") + 1].splitlines()

    def testify(self, folder: Path) -> None:
        """Write down its console and what was run in it."""
        shutil.copy(self.console, folder)
        shutil.copy(self._log, folder)

    def _connected(self) -> bool:
        assert self._qemu is not None
        assert self._qemu.poll() is None, f"QEMU ended: {' / '.join(self.said()[-3:])}"
        with contextlib.suppress(OSError):
            self._agent = GuestAgent(self._port)
        return self._agent is not None

    def _wait_answers(self) -> None:
        try:
            wait_until(self._answers, BOOT_S, poll_s=0.2)
        except AssertionError:
            raise AssertionError(f"it does not boot: {' / '.join(self.said()[-3:])}") from None

    def _answers(self) -> bool:
        return self._agent is not None and self._agent.answers()

    def _command(self) -> tuple[str, ...]:
        log = f"driver=file,node-name=log,filename={self._disk.log}"
        return (
            *("qemu-system-aarch64", "-nodefaults", "-no-user-config", "-display", "none"),
            *("-machine", "virt,gic-version=3", "-cpu", "cortex-a76", "-accel", "tcg,thread=multi"),
            *("-smp", "2", "-m", str(_MEMORY_MB), "-device", "virtio-rng-pci"),
            *("-kernel", str(self._kernel.image), "-initrd", str(self._kernel.initrd)),
            *("-append", _APPEND, "-serial", "stdio"),
            *("-blockdev", f"driver=file,node-name=disk,filename={self._disk.file}"),
            *("-blockdev", log),
            *("-blockdev", "driver=blklogwrites,node-name=logged,file=disk,log=log"),
            *("-device", "virtio-blk-pci,drive=logged"),
            *("-blockdev", f"driver=file,node-name=stick,read-only=on,filename={self._stick}"),
            *("-device", "virtio-blk-pci,drive=stick"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-chardev", f"socket,id=agent,path={self._port},server=on,wait=off"),
            *("-device", "virtio-serial-pci"),
            *("-device", f"virtserialport,chardev=agent,name={CHANNEL}"),
        )


@contextlib.contextmanager
def powered(bench: Bench, stick: Path) -> Iterator[VirtualMachine]:
    """A machine that runs, with a folder plugged in as the file system on /dev/vdb."""
    started_from = kernel()
    folder = bench.group_folder / "machine"
    folder.mkdir()
    image = folder / "stick"
    run("mke2fs", "-q", "-t", "ext4", "-d", stick, image, "128M")
    disk = Disk(virtual_disk.image(started_from), folder)
    machine = VirtualMachine(folder, started_from, disk, image)
    try:
        machine.power_on()
        yield machine
    finally:
        machine.kill()
