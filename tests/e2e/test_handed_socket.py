"""The publisher's socket, made and kept by somebody else: socket activation."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.appliance import Appliance, stop
from support.handing import listening, start_publisher
from support.recorder import Recorder
from support.waiting import wait_until

from edgecam import link

REFUSED = "ListenSequentialPacket= of edgecam-publisher.socket must be link.socket, and alone"


@pytest.fixture
def listener(appliance: Appliance) -> Iterator[socket.socket]:
    """What a socket unit would hold, at link.socket."""
    with listening(appliance.folder / "wall") as made:
        yield made


def test_vision_waits_on_a_socket_that_listens_for_a_publisher_to_come(
    appliance: Appliance, recorder: Recorder, listener: socket.socket
) -> None:
    for _ in range(3):  # who came and went in the meantime is in nobody's way
        link.connect(str(appliance.folder / "wall")).close()
    vision = appliance.start("vision")
    wait_until(lambda: "appeared (" in appliance.said, 30.0)
    assert "no publisher listens" not in appliance.said
    publisher = start_publisher(appliance, listener.fileno())
    recorder.wait_for(lambda seen: len(seen.events) >= 3)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    assert "turned away" not in appliance.said
    assert recorder.gapless


def test_a_killed_publisher_is_followed_by_another_on_the_same_socket(
    appliance: Appliance, recorder: Recorder, listener: socket.socket
) -> None:
    publisher = start_publisher(appliance, listener.fileno())
    vision = appliance.start("vision")
    for _ in range(3):
        count = len(recorder.events)
        recorder.wait_for(lambda seen, count=count: len(seen.events) >= count + 2, 30.0)  # type: ignore[misc]
        publisher.send_signal(signal.SIGKILL)
        publisher.wait(10.0)
        publisher = start_publisher(appliance, listener.fileno())
    count = len(recorder.events)
    recorder.wait_for(lambda seen: len(seen.events) >= count + 2, 30.0)
    assert stop(vision) == 0
    assert stop(publisher) == 0
    recorder.wait_for(lambda seen: seen.statuses[-1] == "stopped")
    assert recorder.gapless
    assert appliance.queued() == []
    # It was never closed or put in place of by one of a publisher's own: both would refuse this.
    link.connect(str(appliance.folder / "wall")).close()
    assert "no publisher listens" not in appliance.said


def test_what_the_publisher_might_start_does_not_inherit_the_socket(
    appliance: Appliance, recorder: Recorder, listener: socket.socket
) -> None:
    publisher = start_publisher(appliance, listener.fileno())
    recorder.wait_for(lambda seen: seen.statuses == ["online"])
    flags = Path(f"/proc/{publisher.pid}/fdinfo/3").read_text(encoding="ascii")
    assert int(flags.split("flags:")[1].split()[0], 8) & os.O_CLOEXEC
    assert stop(publisher) == 0


def refused(appliance: Appliance, *handed: int) -> str:
    """The line with which a publisher ended that was handed these."""
    publisher: subprocess.Popen[bytes] = start_publisher(appliance, *handed)
    assert publisher.wait(20.0) == 78
    assert "Traceback" not in appliance.said
    return next(line for line in appliance.said.splitlines() if REFUSED in line)


def test_two_sockets_are_refused(appliance: Appliance, listener: socket.socket) -> None:
    said = refused(appliance, listener.fileno(), listener.fileno())
    assert "config.yaml" in said
    assert "systemd hands over 2 sockets" in said


def test_a_socket_elsewhere_is_refused(appliance: Appliance) -> None:
    elsewhere = appliance.folder / "elsewhere"
    with listening(elsewhere) as other:
        said = refused(appliance, other.fileno())
    assert f"systemd listens at {elsewhere}, and link.socket is {appliance.folder}/wall" in said


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_SEQPACKET])
def test_a_socket_that_is_not_the_walls_is_refused(
    appliance: Appliance, kind: socket.SocketKind
) -> None:
    """One that listens for a stream; one that does not listen."""
    with contextlib.ExitStack() as stack:
        if kind == socket.SOCK_STREAM:
            wrong = stack.enter_context(listening(appliance.folder / "wall", kind))
        else:
            wrong = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
        assert "does not listen for the wall" in refused(appliance, wrong.fileno())


def test_what_is_no_socket_is_refused(appliance: Appliance) -> None:
    with appliance.config.open() as file:
        assert "is no socket: " in refused(appliance, file.fileno())
