"""The witnesses see what they are there to see; each in a process that does just that."""

import os
import resource
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from canary import trace
from canary.messages import numbers_over_time, published
from canary.network import Capture, conversations, private_network
from canary.trace import Trace


def traced(folder: Path, code: str) -> Trace:
    """What strace has to say of some Python."""
    output, cores = folder / "trace", resource.getrlimit(resource.RLIMIT_CORE)[1]
    alive, held = os.pipe()
    with subprocess.Popen(
        [*trace.command(output), sys.executable, "-c", code],
        cwd=folder,
        pass_fds=[held],
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (cores, cores)),  # noqa: PLW1509  the only thread
    ) as process:
        os.close(held)
        process.wait(20.0)
        assert select.select([alive], [], [], 20.0)[0]
    os.close(alive)
    return trace.read(output)


def test_writes_are_seen_with_their_place_in_order(tmp_path: Path) -> None:
    seen = traced(tmp_path, 'f = open("a", "wb", 0); f.write(b"one\\0"); f.write(b"two")')
    assert seen.written[str(tmp_path / "a")] == [b"one\0", b"two"]
    assert str(tmp_path / "a") in seen.opened
    assert seen.unseen == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "a core dump"),
        ("import os; os.memfd_create('x')", "memfd_create"),
        ("import os; os.copy_file_range(0, 1, 1)", "copy_file_range"),
        ("open('a', 'wb', 0).write(bytes(70_000))", "write of more than 65536 bytes"),
    ],
)
def test_what_cannot_be_seen_is_said(tmp_path: Path, code: str, said: str) -> None:
    assert said in traced(tmp_path, code).unseen


def test_names_are_seen(tmp_path: Path) -> None:
    seen = traced(tmp_path, "import os; os.mkdir('a-name'); os.rename('a-name', 'another')")
    assert {b"a-name", b"another"} <= set(seen.names)


def test_every_packet_of_the_network_is_captured() -> None:
    with private_network():
        capture = Capture()
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname()) as client,
            server.accept()[0] as end,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere,
        ):
            client.sendall(b"canary" * 50_000)
            received = 0
            while received < 300_000:
                received += len(end.recv(1 << 16))
            elsewhere.sendto(b"away", ("192.0.2.7", 5353))
            port = server.getsockname()[1]
        carried = conversations(capture.stop())
    streams = {flow.target: contents for flow, contents in carried.items() if flow.is_tcp}
    assert streams[port] == [b"canary" * 50_000]
    (away,) = [flow for flow in carried if not flow.is_tcp]
    assert (away.address, away.target) == ("192.0.2.7", 5353)


def test_messages_are_read_out_of_a_stream_that_is_cut_off() -> None:
    connect = b"\x10\x0b\x00\x04MQTT\x05\x02\x00\x3c\x00"
    publish = b"\x33\x0a\x00\x01t\x00\x07\x00abcd"
    assert list(published(connect + publish + publish[:1])) == [("t", b"abcd")]


def test_each_number_is_followed_over_time_by_its_place() -> None:
    series = numbers_over_time(("t", b'{"a":%d,"b":{"c":[1,%d]}}' % (n, n * n)) for n in range(9))
    assert series["t .a"] == list(range(9))
    assert series["t .b.c[1]"] == [n * n for n in range(9)]
