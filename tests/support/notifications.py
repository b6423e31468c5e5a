"""systemd's end of the notification socket."""

import socket
from pathlib import Path


class Notifications:
    """What systemd would hear."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0)
        self._heard: list[str] = []

    @property
    def heard(self) -> list[str]:
        try:
            while True:
                self._heard.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return self._heard

    def close(self) -> None:
        self._socket.close()
