"""A broker in a network of its own, and the cable from there to a machine."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from faults.broker import Broker
from support.namespaces import Namespace
from support.recorder import Recorder

from ladder.container import Machine

# TEST-NET-1 (RFC 5737): routed nowhere.
BROKER, MACHINE = "192.0.2.1", "192.0.2.2"
PORT = 1883
URL = f"mqtt://{BROKER}:{PORT}"
_END = "host0"  # as systemd-nspawn itself calls a machine's end
_numbers = itertools.count()


class Far:
    """The other end: a real Mosquitto, a recorder that hears everything, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.space = Namespace(f"ladder-{os.getpid()}-{next(_numbers)}")
        # Of any address: the cable brings its own when it is plugged in.
        self.broker = Broker(folder, f"listener {PORT} 0.0.0.0\n")
        self.recorder: Recorder
        """Connected to the broker by its loopback, whatever becomes of the cable."""

    def start(self) -> None:
        """Start the broker, or start it again."""
        with self.space.inside():
            self.broker.start()

    def plug(self, machine: Machine) -> None:
        """Lay the cable to a machine that has none."""
        self.space.ip(
            *("link", "add", "machine", "type", "veth"),
            *("peer", "name", _END, "netns", str(machine.leader)),
        )
        self.space.ip("addr", "add", f"{BROKER}/24", "dev", "machine")
        self.space.ip("link", "set", "machine", "up")
        machine.run(["ip", "addr", "add", f"{MACHINE}/24", "dev", _END])
        machine.run(["ip", "link", "set", _END, "up"])


@contextlib.contextmanager
def far(folder: Path) -> Iterator[Far]:
    """A broker that runs, with nothing plugged in yet."""
    with contextlib.ExitStack() as stack:
        end = Far(folder)
        stack.callback(end.space.remove)
        end.space.make()
        stack.callback(end.broker.stop)
        end.start()
        with end.space.inside():
            end.recorder = Recorder(end.broker.port)
        stack.callback(end.recorder.close)
        yield end
