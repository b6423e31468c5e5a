"""The socket on disk that joins two processes."""

import select
import socket
import stat
import threading
from pathlib import Path

import pytest
from support.descriptors import descriptors

from edgecam import link
from edgecam.errors import LinkError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wall"


def accepted(listener: socket.socket) -> socket.socket:
    assert select.select([listener], [], [], 5)[0]
    return listener.accept()[0]


def test_two_ends_meet_there(path: Path) -> None:
    with link.listen(str(path)) as listener, link.connect(str(path)) as vision:
        with accepted(listener) as publisher:
            vision.send(b"over the wall")
            assert publisher.recv(100) == b"over the wall"
        with pytest.raises(BlockingIOError):
            listener.accept()
        assert vision.recv(100) == b""
    assert vision.gettimeout() == 0


def test_only_the_owner_and_the_group_may_connect(path: Path) -> None:
    with link.listen(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_without_a_publisher_connecting_says_so(path: Path) -> None:
    with pytest.raises(LinkError, match=r"wall: no publisher listens there"):
        link.connect(str(path))
    link.listen(str(path)).close()
    with pytest.raises(LinkError, match=r"wall: no publisher listens there"):
        link.connect(str(path))


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=f"No such file.*; mkdir -p {tmp_path}/run, or name "):
        link.listen(f"{tmp_path}/run/wall")


def test_the_socket_that_a_dead_publisher_left_is_replaced(path: Path) -> None:
    link.listen(str(path)).close()
    assert path.exists()
    with link.listen(str(path)) as listener, link.connect(str(path)):
        accepted(listener).close()


def test_a_live_publisher_is_left_alone(path: Path) -> None:
    with link.listen(str(path)) as listener:
        with pytest.raises(LinkError, match="another publisher listens there"):
            link.listen(str(path))
        accepted(listener).close()  # the question that was asked
        with link.connect(str(path)):
            accepted(listener).close()


def crowd(path: Path) -> list[socket.socket]:
    """As many callers as fit into the queue of a publisher that accepts nobody."""
    callers = []
    for _ in range(20):
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        caller.settimeout(0)
        callers.append(caller)
        if caller.connect_ex(str(path)):
            return callers
    msg = "the queue has no end"
    raise AssertionError(msg)


def test_a_live_publisher_that_is_busy_is_left_alone_too(path: Path) -> None:
    with link.listen(str(path)):
        callers = crowd(path)
        try:
            with pytest.raises(LinkError, match="wall"):
                link.listen(str(path))
        finally:
            for caller in callers:
                caller.close()


def test_connecting_to_a_busy_publisher_does_not_wait_for_it(path: Path) -> None:
    failures: list[LinkError] = []

    def attempt() -> None:
        try:
            link.connect(str(path)).close()
        except LinkError as error:
            failures.append(error)

    with link.listen(str(path)):
        callers = crowd(path)
        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(2)
        for caller in callers:
            caller.close()
        assert len(failures) == 1


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_socket_is_left_alone(path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("precious", encoding="ascii")
    else:
        path.mkdir()
    with pytest.raises(LinkError, match=r"is not a socket; name another path in link\.socket"):
        link.listen(str(path))
    assert path.is_dir() if kind == "folder" else path.read_text(encoding="ascii") == "precious"


@pytest.mark.parametrize("place", ["missing/wall", "x" * 200])
def test_a_place_that_cannot_be_listened_at_is_named(tmp_path: Path, place: str) -> None:
    with pytest.raises(LinkError, match=place):
        link.listen(str(tmp_path / place))


def test_failing_leaves_no_descriptor_open(path: Path) -> None:
    path.touch()
    before = descriptors()
    for _ in range(3):
        with pytest.raises(LinkError):
            link.connect(str(path))
        with pytest.raises(LinkError):
            link.listen(str(path))
        with pytest.raises(LinkError):
            link.listen(str(path.parent / "missing" / "wall"))
    assert descriptors() == before
