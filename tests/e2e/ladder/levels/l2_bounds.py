"""L2: the machines of this ladder are real enough: what units ask for is done to them.

Each limit is shown with and without: a machine that was set up wrongly fails open, and every row
that says "cannot" would then say nothing.
"""

from collections.abc import Sequence

from ladder.bench import Bench
from ladder.container import Machine, boot
from ladder.row import BOOKWORM, TRIXIE, row

# (what a unit asks for, what can then not be done)
LIMITS = (
    (("MemoryMax=32M",), "bytearray(64 * 1024 * 1024)"),
    (("TasksMax=4",), "import os; [os.fork() or os._exit(0) for _ in range(9)]"),
    (("DevicePolicy=strict", "DeviceAllow=/dev/zero r"), "open('/dev/urandom', 'rb').read(1)"),
    (
        ("IPAddressDeny=any",),
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
    ),
    (("SystemCallFilter=~uname",), "import os; os.uname()"),
)


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a machine boots and reboots, and limits on memory, tasks, devices, addresses and calls bite",
)
def limits_bite(bench: Bench) -> str:
    machine = bench.own(boot)
    for limits, act in LIMITS:
        assert _fares(machine, act, ()) == 0, f"{act} fails without {limits}"
        assert _fares(machine, act, limits) != 0, f"{limits} does nothing"
    machine.reboot()
    return f"systemd {machine.run(['systemctl', '--version']).stdout.split()[1]}"


def _fares(machine: Machine, act: str, limits: Sequence[str]) -> int:
    """The exit code of Python code in a unit with some limits."""
    command = ["systemd-run", "--quiet", "--wait", "--collect", "--pipe"]
    command += [f"--property={limit}" for limit in limits]
    return machine.run([*command, "python3", "-c", act], check=False).returncode
