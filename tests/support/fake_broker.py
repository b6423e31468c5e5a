"""A broker that does to each connection what a test tells it, in threads of its own."""

import contextlib
import socket
import threading
from collections.abc import Callable

CONNACK = {"5": b"\x20\x03\x00\x00\x00", "3.1.1": b"\x20\x02\x00\x00"}

CONNECT, PUBLISH, PINGREQ = 0x10, 0x30, 0xC0


class FakeBroker:
    """Listens on a free loopback port; `behave` gets each connection, which ends with it."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self.connections = 0
        self._behave = behave
        self._links: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, name="fake broker", daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and break those that are there."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for link in self._links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._server.accept()
                self.connections += 1
                self._links.append(link)
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            self._behave(link)


def receive(link: socket.socket) -> tuple[int, bytes]:
    """The next packet: its kind (the upper half of its first byte) and what follows its length."""
    kind = _exactly(link, 1)[0] & 0xF0
    length, shift = 0, 0
    while True:
        byte = _exactly(link, 1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return kind, _exactly(link, length)


def accept_client(link: socket.socket, *more: bytes) -> str:
    """Take in CONNECT, and let the client in; its protocol. `more` follows at once."""
    kind, body = receive(link)
    assert kind == CONNECT
    protocol = "5" if body[6] == 5 else "3.1.1"
    link.sendall(CONNACK[protocol] + b"".join(more))
    return protocol


def read_to_end(link: socket.socket) -> None:
    """Take in whatever comes until the client goes."""
    while link.recv(65536):
        pass


def _exactly(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data
