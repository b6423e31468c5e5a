"""What tshark sees of a network: a witness that was not written by us, and knows the protocols."""

import contextlib
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from support.waiting import wait_until

from ladder.command import run

_FILE_HEADER_BYTES, _PACKET_HEADER_BYTES = 24, 16  # of pcap-savefile(5)
_COOKED_HEADER_BYTES = 16  # of LINKTYPE_LINUX_SLL, which `any` has; an EtherType ends it
_IP = (b"\x08\x00", b"\x86\xdd")
_MARK_PORT = 9  # discard (RFC 863)
# Our own mark, and the kernel's way of finding out who is at the other end of a cable.
_NOT_ASKED_FOR = f"udp.port == {_MARK_PORT} or arp or icmpv6.type in {{130..137, 143}}"


@contextlib.contextmanager
def tapped(file: Path, address: str) -> Iterator[None]:
    """Every packet of the present network, on any interface, goes to a file until the end.

    `address`: where a mark may be sent, to see that the capture has begun. Raises AssertionError
    where tshark missed a packet.
    """
    said = file.with_suffix(".tshark")
    with said.open("wb") as output:
        command = ["tshark", "-i", "any", "-y", "LINUX_SLL", "-F", "pcap", "-w", str(file)]
        tshark = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as mark:
            wait_until(lambda: _begun(mark, address, file), 20.0, poll_s=0.05)
        yield
    finally:
        tshark.terminate()
        tshark.wait(20.0)
    assert "dropped" not in said.read_text(encoding="utf-8", errors="replace")
    everything = file.rename(file.with_suffix(".everything"))
    run("tshark", "-r", everything, "-Y", f"not ({_NOT_ASKED_FOR})", "-F", "pcap", "-w", file)


def strangers(file: Path, port: int) -> list[str]:
    """What in a capture is anything else than whole MQTT messages to and from a broker's port.

    Connections that are older than the capture are not the appliance's: a recorder, which paho
    wakes up by one.
    """
    shown = f"(not tcp or tcp.completeness & 1) and not tcp.port == {port}"
    lines = _read(file, port, shown, "ip.src", "ip.dst", "frame.protocols")
    # What is sent again, or goes on in the next segment, is decoded elsewhere.
    elsewhere = "tcp.analysis.retransmission or tcp.reassembled_in"
    undecoded = f"tcp.len > 1 and not mqtt and not ({elsewhere}) and tcp.port == {port}"
    return lines + _read(file, port, f"_ws.malformed or ({undecoded})", "frame.number")


def topics(file: Path, port: int) -> set[str]:
    """The topics of all that was published in a capture."""
    return {
        topic
        for line in _read(file, port, "mqtt.msgtype == 3", "mqtt.topic")
        for topic in line.split(",")
    }


def packets(file: Path) -> list[bytes]:
    """The packets of a capture, from their IP headers on."""
    content = file.read_bytes()
    at, found = _FILE_HEADER_BYTES, []
    while at < len(content):
        (size,) = struct.unpack_from("=8xI", content, at)
        at += _PACKET_HEADER_BYTES
        packet = content[at : at + size]
        at += size
        if packet[_COOKED_HEADER_BYTES - 2 : _COOKED_HEADER_BYTES] in _IP:
            found.append(packet[_COOKED_HEADER_BYTES:])
    return found


def _begun(mark: socket.socket, address: str, file: Path) -> bool:
    with contextlib.suppress(ConnectionRefusedError):  # the answer to the mark before
        mark.sendto(b"", (address, _MARK_PORT))
    return file.exists() and file.stat().st_size > _FILE_HEADER_BYTES


def _read(file: Path, port: int, shown: str, *fields: str) -> list[str]:
    """Fields of the packets that a display filter lets through."""
    wanted = [part for field in fields for part in ("-e", field)]
    decoded = ("-d", f"tcp.port=={port},mqtt")
    said = run("tshark", "-n", "-2", "-r", file, *decoded, "-Y", shown, "-T", "fields", *wanted)
    return [line for line in said.splitlines() if line.strip()]
