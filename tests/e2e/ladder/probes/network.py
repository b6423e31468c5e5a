"""Ways to a network, or to somebody who has one."""

import socket
import struct
import time
from pathlib import Path

from .outside import (
    ABSTRACT,
    FORWARDING,
    LOCAL_SERVER,
    NETLINK_PORT,
    NETLINK_USERSOCK,
    SYSLOG,
)

_CONNECT_S = 5.0
_BROKER = ("192.0.2.1", 1883)  # at the end of the machine's cable: ladder/wire.py
_RESTARTED_S = 1.0
_BUS = Path("/run/dbus/system_bus_socket")


def tcp_socket() -> None:
    """Make a TCP socket."""
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def udp_socket() -> None:
    """Make a UDP socket."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()


def ipv6_socket() -> None:
    """Make a TCP socket for IPv6."""
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()


def raw_socket() -> None:
    """Make a raw IP socket."""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def packet_socket() -> None:
    """Make a socket for whole packets."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


def reach_broker() -> None:
    """Connect to a broker on another machine."""
    socket.create_connection(_BROKER, _CONNECT_S).close()


def reach_loopback() -> None:
    """Connect to a server on the loopback."""
    socket.create_connection(LOCAL_SERVER, _CONNECT_S).close()


def send_packet() -> None:
    """Send a UDP packet to a broker on another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"x", _BROKER)


def reach_abstract_socket() -> None:
    """Connect to a local server by a name that is in no file system."""
    with socket.socket(socket.AF_UNIX) as connecting:
        connecting.connect(ABSTRACT)


def send_by_netlink() -> None:
    """Send a netlink message to a program of the system."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as sending:
        header = struct.pack("=IHHII", 16, 16, 0, 1, 0)
        sending.sendto(header, (NETLINK_PORT, 0))


def reach_bus() -> None:
    """Connect to the bus that leads to every other service."""
    _connect(_BUS)


def reach_forwarding_services() -> None:
    """Connect to any of the services that would send something on, also once it is restarted."""
    deadline_s = time.monotonic() + _RESTARTED_S
    while True:
        for name in FORWARDING:
            try:
                return _connect(name)
            except OSError:
                if time.monotonic() > deadline_s:
                    raise
        time.sleep(0.05)


def reach_syslog() -> None:
    """Connect to a syslog, which may send on what journald would have limited."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connecting:
        connecting.connect(str(SYSLOG))


def _connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connecting:
        connecting.connect(str(path))
