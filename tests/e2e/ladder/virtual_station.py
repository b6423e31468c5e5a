"""The appliance in a virtual machine, installed from the package; its broker is on this host."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

from faults.broker import Broker
from support.recorder import Recorder
from support.waiting import wait_until

from ladder import package
from ladder.bench import Bench
from ladder.station import PUBLISHER, VISION, Appliance
from ladder.virtual_disk import GATEWAY
from ladder.virtual_machine import VirtualMachine, powered

PATIENCE_S = 600.0
"""For what takes seconds on a Pi, in an emulator that shares its processor."""


class VirtualStation(Appliance):
    """An appliance in a virtual machine, and its broker."""

    machine: VirtualMachine

    def __init__(self, machine: VirtualMachine, broker: Broker, recorder: Recorder) -> None:
        super().__init__(machine, recorder, f"mqtt://{GATEWAY}:{broker.port}")
        self.broker = broker

    def configure(self, **sections: Any) -> None:
        """As usual, but one look decides, and most of the time nothing is looked at.

        A picture is not shown for as long as several looks take here; and the half that sees would
        keep from the processor whatever else is to be shown.
        """
        slow: dict[str, Any] = {
            "camera": {"source": "stills", "fps": 0.5, "stills": {"hold_s": 0.6}},
            "decision": {"votes": 1, "window": 1, "cooldown_s": 0},
        }
        super().configure(**{**slow, **sections})

    def restart(self, **sections: Any) -> None:
        """Start it anew with another configuration, and wait until both halves are up."""
        self.stop()
        self.configure(**sections)
        self.start()
        self.wait_up()

    def stop(self) -> None:
        """Stop both halves."""
        self.systemctl("stop", VISION)
        self.wait_state(PUBLISHER, "inactive/dead", PATIENCE_S)

    def start(self) -> None:
        """Start both halves; nothing is waited for."""
        self.systemctl("--no-block", "start", VISION)

    def wait_up(self) -> None:
        """Wait until both halves say that they are ready."""
        # Seldom asked: to answer takes the machine half a second.
        wait_until(lambda: self._runs(PUBLISHER) and self._runs(VISION), PATIENCE_S, poll_s=3.0)

    def _runs(self, unit: str) -> bool:
        return self.state(unit) == "active/running"

    def change_unit(self, unit: str, lines: str) -> None:
        """Put lines over a unit's own; none takes them away again."""
        self.machine.write(f"/run/systemd/system/{unit}.d/row.conf", f"[Service]\n{lines}\n")
        self.systemctl("daemon-reload")


@contextlib.contextmanager
def installed(bench: Bench) -> Iterator[VirtualStation]:
    """A machine that edgecam was installed on by apt, without a network to fetch anything from."""
    stick = bench.group_folder / "stick"
    stick.mkdir()
    shutil.copy(package.built(bench.release, architecture="arm64"), stick / "edgecam.deb")
    with contextlib.ExitStack() as stack:
        broker = Broker(bench.group_folder)
        stack.callback(broker.stop)
        broker.start()
        recorder = stack.enter_context(contextlib.closing(Recorder(broker.port)))
        machine = stack.enter_context(powered(bench, stick))
        machine.run(["mount", "--read-only", "/dev/vdb", "/mnt"])
        machine.run(["apt-get", "install", "--yes", "/mnt/edgecam.deb"], timeout_s=PATIENCE_S)
        station = VirtualStation(machine, broker, recorder)
        station.configure()
        yield station
