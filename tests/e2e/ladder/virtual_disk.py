"""The disk of a virtual machine: a Debian for arm64, installed and configured, and kept."""

from pathlib import Path

from ladder import cache, write_log
from ladder.command import run
from ladder.emulator import emulated
from ladder.kernel import Kernel
from ladder.rootfs import DEPENDENCIES, Recipe, cached, throw_away
from ladder.row import TRIXIE
from ladder.write_log import Cut

GATEWAY = "10.0.2.2"
"""This host's loopback as QEMU's user network shows it to the machine."""

_SIZE = "3G"
# A Debian that boots; each package more costs two seconds of emulation.
_RECIPE = Recipe(
    TRIXIE,
    ("systemd-sysv", "udev", "kmod", "qemu-guest-agent", *DEPENDENCIES),
    architecture="arm64",
    # mmdebstrap would copy an emulator into the root; ours is not needed there.
    hooks=("--skip=check/qemu",),
)
_NETWORK = f"""\
[Match]
Type=ether
[Network]
Address=10.0.2.15/24
Gateway={GATEWAY}
"""
# What the journal takes is also written to the serial port, so that it outlives a power cut.
_JOURNAL = """\
[Journal]
ForwardToConsole=yes
TTYPath=/dev/ttyAMA0
MaxLevelConsole=debug
RateLimitBurst=0
"""
# The agent would tell the journal of every question.
_AGENT = "[Service]\nLogLevelMax=warning\n"
_FILES = {
    "etc/hostname": "raspberrypi\n",
    "etc/systemd/network/machine.network": _NETWORK,
    "etc/systemd/journald.conf.d/console.conf": _JOURNAL,
    "etc/systemd/system/qemu-guest-agent.service.d/quiet.conf": _AGENT,
}
_ENABLED = ("systemd-networkd.service",)
# Nobody sits at a keyboard, and a login prompt would interrupt the journal on the serial port.
_MASKED = ("getty.target", "serial-getty@ttyAMA0.service", "systemd-networkd-wait-online.service")


def image(kernel: Kernel) -> Path:
    """A disk with the dependencies of edgecam and without edgecam; never to be modified."""
    with emulated():
        root = cached(_RECIPE)

    def make(file: Path) -> None:
        with throw_away(root, file.parent) as tree:
            _fill(tree, kernel)
            run("mke2fs", "-q", "-t", "ext4", "-d", tree, file, _SIZE)

    made_from = f"{root.name} {kernel.modules} {Path(__file__).read_text(encoding='utf-8')}"
    return cache.kept("disk-arm64", made_from, make)


def _fill(tree: Path, kernel: Kernel) -> None:
    modules = tree / "usr/lib/modules" / kernel.modules.name
    modules.parent.mkdir(parents=True, exist_ok=True)
    run("cp", "--recursive", kernel.modules, modules)
    run("depmod", "--basedir", tree, kernel.modules.name)
    for name, text in _FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")
    run("systemctl", f"--root={tree}", "--quiet", "enable", *_ENABLED)
    run("systemctl", f"--root={tree}", "--quiet", "mask", *_MASKED)
    for name in ("etc", "var"):
        # What systemd does after every update of /usr (ConditionNeedsUpdate= in systemd.unit(5))
        # was done by the packages, and would take half a minute here.
        (tree / name / ".updated").touch()


class Disk:
    """A disk that a machine writes to, and that loses what was not flushed when its power is cut."""

    def __init__(self, kept: Path, folder: Path) -> None:
        self._folder = folder
        self._before = kept
        self.file = folder / "disk"
        self.log = folder / "disk.log"
        self._insert()

    def cut(self) -> Cut:
        """Cut the power, after the machine has ended."""
        after = self._folder / "disk-after"
        came_of_it = write_log.cut(self._before, self.log, after)
        self._before = after.rename(self._folder / "disk-before")
        self._insert()
        return came_of_it

    def _insert(self) -> None:
        run("cp", "--sparse=always", self._before, self.file)
        self.log.write_bytes(b"")
