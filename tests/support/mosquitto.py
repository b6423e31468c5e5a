"""A real Mosquitto on a free loopback port."""

import getpass
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from support.waiting import wait_until


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mosquitto:
    """A broker that a test starts, stops and freezes.

    Sessions and retained messages outlive a stop, so that a recorder misses nothing.
    """

    def __init__(self, folder: Path, options: str = "allow_anonymous true\n") -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._log = folder / f"mosquitto-{self.port}.log"
        memory = folder / f"mosquitto-{self.port}"
        memory.mkdir()
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"user {getpass.getuser()}\n"
            f"persistence true\npersistence_location {memory}/\n"
            f"max_queued_messages 100000\n"
            f"{options}",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # Debian keeps it in /usr/sbin, which is not on every user's PATH.
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        assert program, "mosquitto is not installed: scripts/test gets it"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self._config)], stdout=log, stderr=log
            )
        wait_until(lambda: answers(self.port), 10.0)

    def stop(self) -> None:
        """End it; every connection is lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(10.0)
            self._process = None

    def reload(self) -> None:
        """Let it read its access rules again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """Let it hang with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
