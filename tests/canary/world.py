"""A place where the appliance runs and is watched from all sides."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from canary import network, picture, trace
from canary.evidence import Evidence, gather
from canary.network import Capture
from support.mosquitto import Mosquitto
from support.places import MODEL, ROOT
from support.recorder import Recorder

TOPICS = ("status", "info", "health", "state/scene", "state/door", "event")
_HOMES = {"HOME": "home", "TMPDIR": "tmp", "XDG_STATE_HOME": "home/state"}
_HOMES |= {"XDG_CACHE_HOME": "home/cache", "XDG_CONFIG_HOME": "home/config"}


def _leave_cores() -> None:
    """In the child: whoever starts the appliance asks for core dumps of any size."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class World:
    """One folder for all that the appliance may write, a broker, and the witnesses.

    The picture itself, strace's notes and the broker's files are beside that folder.
    """

    def __init__(self, folder: Path, package: Path = ROOT) -> None:
        """`package`: the folder of the build, with `edgecam` in it."""
        self.folder = folder / "world"
        self.state = self.folder / "state"
        self.log = self.folder / "log"
        self.broker = Mosquitto(folder)
        self._traces = folder / "traces"
        self._config = self.folder / "config.yaml"
        self._package = package
        self._processes: list[tuple[subprocess.Popen[bytes], Path]] = []
        for made in (self._traces, self.state, *(self.folder / home for home in _HOMES.values())):
            made.mkdir(parents=True)
        self.broker.start()
        # Before the capture: what a connection carries that it did not see begin is not noted.
        self.recorder = Recorder(self.broker.port)
        self._capture = Capture()
        self.picture = picture.show(folder / "pictures") / "a-canary.png"
        self._config.write_text(json.dumps(self._options()), encoding="utf-8")  # JSON is YAML

    def run(self, *half: str) -> subprocess.Popen[bytes]:
        """Start the appliance or one of its halves, with everything said that it can say."""
        return self.command("run", *half, "--debug", "-c", str(self._config))

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `edgecam` with some arguments, traced."""
        output = self._traces / f"{len(self._processes)}"
        command = [*trace.command(output), sys.executable, "-m", "edgecam", *arguments]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_leave_cores,  # noqa: PLW1509  the other threads only receive packets
            )
        self._processes.append((process, output))
        return process

    def end(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait until the process is gone and its trace complete; its code."""
        process.send_signal(number)
        return self.wait(process)

    def wait(self, process: subprocess.Popen[bytes], timeout_s: float = 20.0) -> int:
        """Wait until a process has ended by itself; its code."""
        code = process.wait(timeout_s)
        (output,) = [output for each, output in self._processes if each is process]
        trace.finish(process, output)
        return code

    @property
    def said(self) -> str:
        """Everything that its processes have logged and printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def evidence(self) -> Evidence:
        """What got out, once every process has ended."""
        assert all(process.poll() is not None for process, _ in self._processes)
        packets = self._capture.stop()
        outputs = [output for _, output in self._processes]
        return gather(self.folder, packets, self.broker.port, outputs)

    def close(self) -> None:
        """End whatever still runs."""
        for process, _ in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait(10.0)
        self.recorder.close()
        self.broker.stop()

    def _environment(self) -> dict[str, str]:
        homes = {name: str(self.folder / home) for name, home in _HOMES.items()}
        # A compiled module would be written beside its source, and says nothing of pictures.
        python = {"PYTHONPATH": str(self._package), "PYTHONDONTWRITEBYTECODE": "1"}
        return {"PATH": os.environ["PATH"], **homes, **python, "PYTHONFAULTHANDLER": "1"}

    def _options(self) -> dict[str, Any]:
        return {
            "node": "canary",
            "camera": {
                "source": "stills",
                "fps": 40,
                "stills": {"folder": str(self.picture.parent), "hold_s": 0.05},
            },
            "model": {"file": str(MODEL)},
            "regions": [{"name": name, "box": box} for name, box in picture.REGIONS.items()],
            "decision": {"votes": 1, "window": 1, "cooldown_s": 0},
            "link": {"socket": str(self.folder / "wall")},
            "outbox": {"file": str(self.state / "outbox.db")},
            "mqtt": {"broker": self.broker.url, "keepalive_s": 5},
            "health": {"interval_s": 1},
            "log": {"level": "debug"},
        }


@contextlib.contextmanager
def watched(folder: Path, package: Path = ROOT) -> Iterator[World]:
    """A world in a network of its own; everything in it is ended afterwards."""
    with network.private_network():
        world = World(folder, package)
        try:
            yield world
        finally:
            world.close()
