"""A Mosquitto that is treated badly."""

import shutil
import signal
from pathlib import Path

from support.mosquitto import Mosquitto

# Whatever it has acknowledged is on its way to the recorder: it holds nothing back in a queue.
_OPTIONS = "allow_anonymous true\nmax_inflight_messages 0\nautosave_interval 0\n"


class Broker(Mosquitto):
    """Freezes, thaws, crashes and counts who connected."""

    def __init__(self, folder: Path, listener: str = "") -> None:
        """`listener`: one more line of configuration, for another way in."""
        super().__init__(folder, f"{_OPTIONS}{listener}")
        self._memory = folder / f"mosquitto-{self.port}"

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def crash(self) -> None:
        """End it at once; it forgets sessions and retained messages."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10.0)
        self._process = None
        shutil.rmtree(self._memory)
        self._memory.mkdir()

    def connections(self, client_id: str) -> int:
        """How often a client has connected, as the broker's own log tells."""
        said = self._log.read_text(encoding="utf-8", errors="replace")
        return sum(
            1
            for line in said.splitlines()
            if "New client connected" in line and f" as {client_id} " in line
        )
