"""The journal's end of its socket, for processes that have a /run of their own."""

import os
import socket
import struct
import threading
from collections.abc import Sequence
from pathlib import Path

# The process gets a /run in which the journal's folder is the one that is named.
_OWN_RUN = (
    "mount -t tmpfs edgecam-test /run && mkdir -p /run/systemd/journal && "
    'mount --bind "$0" /run/systemd/journal && exec "$@"'
)


class MadeJournal:
    """Keeps what programs send to it; needs root, for mounts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "socket"))
        self.entries: list[dict[str, str]] = []
        """Every entry so far, by the names of its fields."""
        # Programs wait for a journal that does not read.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def under(self) -> Sequence[str]:
        """The command under which a process finds this journal in the place of the machine's."""
        return ("unshare", "--mount", "sh", "-c", _OWN_RUN, str(self._folder))

    def about(self, event: str) -> list[dict[str, str]]:
        """The entries about an event."""
        return [entry for entry in list(self.entries) if entry.get("EDGECAM_EVENT") == event]

    def end(self) -> None:
        """Take no more; its socket stays where it is."""
        if self._reader.is_alive():
            self._socket.shutdown(socket.SHUT_RD)  # ends the read that is going on
            self._reader.join()
            self._socket.close()

    def _read(self) -> None:
        while entry := self._socket.recv(2**16):
            self.entries.append(_fields(entry))


def stream_of(file: Path) -> str:
    """JOURNAL_STREAM for a process whose standard error goes to this file: systemd.exec(5)."""
    file.touch()
    seen = os.stat(file)  # noqa: PTH116  device and inode of the file itself
    return f"{seen.st_dev}:{seen.st_ino}"


def _fields(entry: bytes) -> dict[str, str]:
    """An entry of the native protocol: NAME=value, or NAME, eight bytes of size, and the value."""
    fields = {}
    while entry:
        line, _, rest = entry.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (size,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + size], rest[9 + size :]
        fields[name.decode()] = value.decode()
        entry = rest
    return fields
