"""A network that holds nobody but a test's own processes, and every packet on it.

A vision half that has confined itself is in yet another one, from which nothing leads out; what it
tells the kernel to send there, `trace` sees.
"""

import contextlib
import ctypes
import os
import select
import socket
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_ETH_P_ALL = 3  # linux/if_ether.h
_SOL_PACKET, _PACKET_STATISTICS = 263, 6  # linux/if_packet.h
_SO_RCVBUFFORCE = 33  # asm-generic/socket.h
_BUFFER_BYTES = 64 * 1024 * 1024
_OUTGOING = 4  # PACKET_OUTGOING: the loopback shows each packet once more as it comes in
_TCP, _UDP = 6, 17
_SYN = 2


@contextlib.contextmanager
def private_network() -> Iterator[None]:
    """Move this thread, and what it starts from now on, into a new network; needs root.

    Packets to anywhere else leave by the loopback too, so that they are seen, and arrive nowhere.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.unshare(_CLONE_NEWNET) != 0:
            msg = f"no network of its own: {os.strerror(ctypes.get_errno())}; run this as root"
            raise OSError(msg)
        for command in (
            "link set lo up",
            "route add default dev lo",
            "-6 route add default dev lo",
        ):
            subprocess.run(["ip", *command.split()], check=True, timeout=10)
        yield
    finally:
        libc.setns(before, _CLONE_NEWNET)
        os.close(before)


@dataclass(frozen=True)
class Flow:
    """One direction of a conversation. `protocol` is IP's number; ports are 0 where it has none."""

    protocol: int
    source: int
    target: int
    address: str

    @property
    def is_tcp(self) -> bool:
        return self.protocol == _TCP


class Capture:
    """Every packet of the present network, from now until `stop`."""

    def __init__(self) -> None:
        self._packets: list[bytes] = []
        self._done = threading.Event()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[bytes]:
        """The packets, from their IP headers on. Raises AssertionError where one was missed."""
        self._done.set()
        self._thread.join(10.0)
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._socket.close()
        missed = int.from_bytes(statistics[4:8], "little")
        assert missed == 0, f"{missed} packets were not captured"
        return self._packets

    def _run(self) -> None:
        while not self._done.is_set() or select.select([self._socket], [], [], 0)[0]:
            if select.select([self._socket], [], [], 0.05)[0]:
                packet, (_, _, kind, *_) = self._socket.recvfrom(1 << 17)
                if kind == _OUTGOING:
                    self._packets.append(packet)


def conversations(packets: list[bytes]) -> dict[Flow, list[bytes]]:
    """What each flow carried: a TCP connection's bytes in order, or every packet's payload."""
    carried: dict[Flow, list[bytes]] = defaultdict(list)
    streams: dict[Flow, _Stream] = {}
    for packet in packets:
        flow, payload = _parsed(packet)
        if not flow.is_tcp:
            carried[flow].append(payload)
            continue
        if payload[13] & _SYN:
            _finish(streams, flow, carried)
            streams[flow] = _Stream(int.from_bytes(payload[4:8], "big") + 1)
        if flow in streams:
            header = (payload[12] >> 4) * 4
            streams[flow].take(int.from_bytes(payload[4:8], "big"), payload[header:])
    for flow in list(streams):
        _finish(streams, flow, carried)
    return dict(carried)


class _Stream:
    """One direction of a TCP connection."""

    def __init__(self, first: int) -> None:
        self.content = bytearray()
        self._first = first

    def take(self, sequence: int, payload: bytes) -> None:
        if payload:
            at = (sequence - self._first) % 2**32
            if at < 2**31:  # not a keepalive, which repeats the byte before the first
                self.content[at : at + len(payload)] = payload


def _finish(streams: dict[Flow, _Stream], flow: Flow, carried: dict[Flow, list[bytes]]) -> None:
    """A port is used again: what went before was another connection."""
    if flow in streams:
        carried[flow].append(bytes(streams.pop(flow).content))


def _parsed(packet: bytes) -> tuple[Flow, bytes]:
    """Flow and IP payload of a packet."""
    if packet[0] >> 4 == 4:
        header, protocol = (packet[0] & 15) * 4, packet[9]
        address = socket.inet_ntop(socket.AF_INET, packet[16:20])
    else:
        header, protocol = 40, packet[6]
        address = socket.inet_ntop(socket.AF_INET6, packet[24:40])
    payload = packet[header:]
    source = target = 0
    if protocol in (_TCP, _UDP):
        source, target = (int.from_bytes(payload[at : at + 2], "big") for at in (0, 2))
    return Flow(protocol, source, target, address), payload
