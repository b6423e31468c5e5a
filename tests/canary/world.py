"""A place where the appliance runs and is watched from all sides."""

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.mosquitto import Mosquitto
from support.places import MODEL, ROOT
from support.recorder import Recorder

from canary import network, picture, trace
from canary.evidence import Evidence, gather
from canary.network import Capture

COMMANDS = ("pause", "resume", "report", "why")
TOPICS = {
    *("status", "info", "health", "event"),
    *(f"{kind}/{region}" for kind in ("state", "live") for region in picture.REGIONS),
    *(f"response/{command}" for command in COMMANDS),
}
_HOMES = {"HOME": "home", "TMPDIR": "tmp", "XDG_STATE_HOME": "home/state"}
_HOMES |= {"XDG_CACHE_HOME": "home/cache", "XDG_CONFIG_HOME": "home/config"}


def _allow_cores() -> None:
    """In the child: whoever starts the appliance wants core dumps of any size."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class World:
    """One folder for all that the appliance may write, a broker, and the witnesses.

    The picture itself, strace's notes and the broker's files are beside that folder.
    """

    def __init__(self, folder: Path, package: Path, hold_s: float, disk_kb: int) -> None:
        """`package`: the folder of the build, with `edgecam` in it.

        `hold_s`: how long each of the two pictures is shown. `disk_kb`: the size of the disk that
        the queue is on; 0: it is where everything is.
        """
        self.folder = folder / "world"
        self.state = self.folder / "state"
        self.log = self.folder / "log"
        self.broker = Mosquitto(folder)
        self._traces = folder / "traces"
        self.config = self.folder / "config.yaml"
        self._package = package
        self._processes: list[tuple[subprocess.Popen[bytes], int]] = []
        for made in (self._traces, self.state, *(self.folder / home for home in _HOMES.values())):
            made.mkdir(parents=True)
        self.broker.start()
        # Before the capture: what a connection carries that it did not see begin is not noted.
        self.recorder = Recorder(self.broker.port)
        self._capture = Capture()
        self.picture = picture.show(folder / "pictures") / "a-canary.png"
        self.options = self._options(hold_s)
        self.write_config()
        self._mounted = disk_kb > 0
        if self._mounted:
            size = f"size={disk_kb}k"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "canary", self.state], check=True)

    def write_config(self) -> None:
        """Write `options` to where the appliance reads them."""
        self.config.write_text(json.dumps(self.options), encoding="utf-8")  # JSON is YAML

    def request(self, command: str) -> None:
        """Ask for something over MQTT, and wait for the answer."""
        answered = len(self.recorder.on(f"/response/{command}"))
        self.recorder._client.publish(f"edgecam/canary/request/{command}", qos=1)
        self.recorder.wait_for(lambda seen: len(seen.on(f"/response/{command}")) > answered)

    def run(self, *half: str, package: Path | None = None) -> subprocess.Popen[bytes]:
        """Start the appliance or one of its halves, with everything said that it can say."""
        return self.command("run", *half, "--debug", "-c", str(self.config), package=package)

    def command(self, *arguments: str, package: Path | None = None) -> subprocess.Popen[bytes]:
        """Start `edgecam` with some arguments, traced; of another build, where one is given."""
        command = [*trace.command(self._traces / f"{len(self._processes)}")]
        command += [sys.executable, "-m", "edgecam", *arguments]
        alive, held = os.pipe()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(package or self._package),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[held],  # by strace, too, until it has written down the end
                preexec_fn=_allow_cores,  # noqa: PLW1509  the other threads only receive packets
            )
        os.close(held)
        self._processes.append((process, alive))
        return process

    def end(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait until the process is gone and its trace complete; its code."""
        process.send_signal(number)
        return self.wait(process)

    def wait(self, process: subprocess.Popen[bytes], timeout_s: float = 20.0) -> int:
        """Wait until a process has ended by itself; its code."""
        code = process.wait(timeout_s)
        (alive,) = [alive for each, alive in self._processes if each is process]
        assert select.select([alive], [], [], timeout_s)[0], "strace does not end"
        return code

    @property
    def said(self) -> str:
        """Everything that its processes have logged and printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def evidence(self) -> Evidence:
        """What got out, once every process has ended."""
        assert all(process.poll() is not None for process, _ in self._processes)
        packets = self._capture.stop()
        return gather(self.folder, packets, self.broker.port, sorted(self._traces.iterdir()))

    def close(self) -> None:
        """End whatever still runs."""
        for process, alive in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait(10.0)
            os.close(alive)
        self.recorder.close()
        self.broker.stop()
        if self._mounted:
            subprocess.run(["umount", self.state], check=True)

    def _environment(self, package: Path) -> dict[str, str]:
        homes = {name: str(self.folder / home) for name, home in _HOMES.items()}
        # A compiled module would be written beside its source, and says nothing of pictures.
        python = {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
        return {"PATH": os.environ["PATH"], **homes, **python, "PYTHONFAULTHANDLER": "1"}

    def _options(self, hold_s: float) -> dict[str, Any]:
        return {
            "node": "canary",
            "camera": {
                "source": "stills",
                "fps": 40,
                "stills": {"folder": str(self.picture.parent), "hold_s": hold_s},
            },
            "model": {"file": str(MODEL)},
            "regions": [{"name": name, "box": box} for name, box in picture.REGIONS.items()],
            "decision": {"votes": 1, "window": 1, "cooldown_s": 0},
            # What the limits hold back no search would have to find.
            "link": {"socket": str(self.folder / "wall"), "events_per_hour": 3_600_000},
            "live": {"enabled": True, "per_s": 10},
            "remote": {"commands": COMMANDS},
            "outbox": {"file": str(self.state / "outbox.db")},
            "mqtt": {"broker": self.broker.url, "keepalive_s": 5},
            "health": {"interval_s": 1},
            "log": {"level": "debug"},
        }


@contextlib.contextmanager
def watched(
    folder: Path, package: Path = ROOT, *, hold_s: float = 0.05, disk_kb: int = 0
) -> Iterator[World]:
    """A world in a network of its own; everything in it is ended afterwards."""
    with network.private_network():
        world = World(folder, package, hold_s, disk_kb)
        try:
            yield world
        finally:
            world.close()
