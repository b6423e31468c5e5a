"""The publisher's end of the wall, played by hand or by a thread that says yes to everything."""

import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from edgecam import link
from edgecam.link import (
    Committed,
    FromPublisher,
    FromVision,
    Hello,
    Numbered,
    Refused,
    Welcome,
)
from support.waiting import wait_until


class Peer:
    """Takes in one record at a time, and answers what it is told to."""

    def __init__(self, wall: socket.socket) -> None:
        self.wall = wall

    def receive(self, timeout_s: float = 5.0) -> FromVision | None:
        """The next record; None where none comes in time."""
        if not select.select([self.wall], [], [], timeout_s)[0]:
            return None
        packet = self.wall.recv(link.MAX_RECORD_BYTES + 1)
        if not packet:
            raise ConnectionResetError
        return link.decode_from_vision(packet)

    def receive_all(self, quiet_s: float = 0.15) -> list[FromVision]:
        """Every record until none comes for a while."""
        records = []
        while (record := self.receive(quiet_s)) is not None:
            records.append(record)
        return records

    def send(self, record: FromPublisher) -> None:
        self.wall.send(link.encode(record))

    def greet(self, counter: int = 0, *, paused: bool = False) -> Hello:
        """Take in the hello, and answer that events up to `counter` are committed."""
        hello = self.receive()
        assert isinstance(hello, Hello)
        self.send(Welcome(counter, paused))
        return hello

    def welcome(self) -> None:
        """Say that nothing is committed; the hello was taken in before."""
        self.send(Welcome(0, paused=False))


class Publisher:
    """Listens on a real socket, and hangs up when told to."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._listener = link.listen(self.path)
        self._listener.settimeout(3)
        self.peers: list[Peer] = []

    def connect(self) -> socket.socket:
        """The vision half's way here."""
        return link.connect(self.path)

    def accept(self) -> Peer:
        self.peers.append(Peer(self._listener.accept()[0]))
        return self.peers[-1]

    def refuse(self, reason: str, timeout_s: float) -> None:
        """Turn away whoever comes, if anybody does in time."""
        if select.select([self._listener], [], [], timeout_s)[0]:
            peer = self.accept()
            assert isinstance(peer.receive(), Hello)
            peer.send(Refused(reason))

    def end(self) -> None:
        self._listener.close()
        for peer in self.peers:
            peer.wall.close()


class Collector:
    """Welcomes the vision half and commits every event, in a thread."""

    def __init__(self, wall: socket.socket) -> None:
        self.records: list[FromVision] = []
        self._committed = 0
        self._peer = Peer(wall)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[Numbered]:
        return [record for record in self.records if isinstance(record, Numbered)]

    def wait_for(self, condition: Callable[[FromVision], object], timeout_s: float = 10.0) -> None:
        """Wait until a record came of which `condition` is true."""
        wait_until(lambda: any(condition(record) for record in list(self.records)), timeout_s)

    def send(self, record: FromPublisher) -> None:
        self._peer.send(record)

    def end(self) -> None:
        self._done.set()
        self._thread.join(5)
        self._peer.wall.close()

    def _run(self) -> None:
        try:
            while not self._done.is_set():
                record = self._peer.receive(0.02)
                if record is None:
                    continue
                self.records.append(record)
                if isinstance(record, Hello):
                    self._peer.send(Welcome(self._committed, paused=False))
                elif isinstance(record, Numbered):
                    self._committed = record.counter
                    self._peer.send(Committed(record.counter))
        except OSError:
            pass  # the vision half is gone
