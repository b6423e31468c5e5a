"""What edgecam.service refuses the half that sees, and what it gives it."""

from ladder.probes import files, needed, network, processes
from ladder.refusals.both import KERNEL, PROCESSES
from ladder.refusals.refusal import AS_ROOT, Grant, Refusal

_FAMILIES = "RestrictAddressFamilies="
_RUN = "TemporaryFileSystem=/run:"
_VAR = "TemporaryFileSystem=/var:"
_TEMPORARY = "TemporaryFileSystem=/tmp:"
_SHARED_MEMORY = "TemporaryFileSystem=/dev/shm:"
# DevicePolicy= and what it lets through; without them ProtectClock=, which lets the clock through,
# closes all others: systemd.exec(5).
_DEVICES = "Device"

NETWORK = (
    Refusal(network.tcp_socket, "EAFNOSUPPORT", _FAMILIES),
    Refusal(network.udp_socket, "EAFNOSUPPORT", _FAMILIES),
    Refusal(network.ipv6_socket, "EAFNOSUPPORT", _FAMILIES),
    Refusal(network.raw_socket, "EAFNOSUPPORT", _FAMILIES, (*AS_ROOT, "CapabilityBoundingSet=")),
    Refusal(network.packet_socket, "EAFNOSUPPORT", _FAMILIES, (*AS_ROOT, "CapabilityBoundingSet=")),
    Refusal(network.reach_broker, "ENETUNREACH", "PrivateNetwork=", (_FAMILIES, "IPAddressDeny=")),
    Refusal(
        network.reach_loopback, "ECONNREFUSED", "PrivateNetwork=", (_FAMILIES, "IPAddressDeny=")
    ),
    Refusal(network.send_packet, "EPERM", "IPAddressDeny=", (_FAMILIES, "PrivateNetwork=")),
    Refusal(network.reach_abstract_socket, "ECONNREFUSED", "PrivateNetwork="),
    Refusal(network.send_by_netlink, "ECONNREFUSED", "PrivateNetwork="),
    Refusal(network.reach_bus, "ENOENT", _RUN),
    Refusal(network.reach_forwarding_services, "ENOENT", _RUN),
    Refusal(network.reach_syslog, "ENOENT", _RUN),
)
FILES = (
    Refusal(files.write_anywhere, "nowhere", _SHARED_MEMORY),
    Refusal(files.write_anywhere, "nowhere", "PrivateIPC="),
    Refusal(files.write_system, "nowhere", "ProtectSystem=", AS_ROOT),
    Refusal(files.write_home, "EACCES", "ProtectHome=", AS_ROOT),
    Refusal(files.read_home, "EACCES", "ProtectHome="),
    Refusal(files.read_temporary_files, "ENOENT", _TEMPORARY),
    Refusal(files.fill_temporary_files, "ENOSPC", _TEMPORARY, ("ProtectSystem=",)),
    Refusal(files.read_shared_memory_files, "ENOENT", _SHARED_MEMORY),
    Refusal(files.read_queue, "ENOENT", _VAR, (*AS_ROOT, "CapabilityBoundingSet=")),
    Refusal(
        files.write_state, "ENOENT", _VAR, (*AS_ROOT, "CapabilityBoundingSet=", "ProtectSystem=")
    ),
    Refusal(files.read_password, "EACCES", "User="),
    Refusal(files.leave_readable, "for its user alone", "UMask=", AS_ROOT),
    Refusal(processes.dump_core, "no dump", "LimitCORE=", AS_ROOT),
)
DEVICES = (
    Refusal(files.open_disk, "EPERM", _DEVICES, ("ProtectClock=",)),
    Refusal(files.open_control, "EPERM", _DEVICES, ("ProtectClock=",)),
    Refusal(
        files.open_kernel_log,
        "EACCES",
        "ProtectKernelLogs=",
        (*AS_ROOT, "CapabilityBoundingSet=", _DEVICES, "ProtectClock="),
    ),
)
# Root owns the publisher's user namespace, and so may do in it what it likes without a capability:
# user_namespaces(7). That vision's user is another is what counts.
OTHER_HALF = (
    *PROCESSES,
    Refusal(processes.open_memory, "EACCES", "User=", ("ProtectProc=",)),
    Refusal(processes.read_memory, "EPERM", "User="),
    Refusal(processes.trace, "EPERM", "User=", ("SystemCallFilter=",)),
    Refusal(processes.signal_other_half, "EPERM", "User="),
)
NEEDED = (
    Grant(needed.find_wall, "ENOENT / EACCES", "BindReadOnlyPaths="),
    Grant(needed.write_log, "ENOENT", "BindReadOnlyPaths="),
)
ROWS = {
    "reaches no network, and nobody who would send for it": NETWORK,
    "writes nowhere, and reads nothing of others": FILES,
    "opens no device but cameras": DEVICES,
    "changes nothing of the machine, and runs no code of its own": KERNEL,
    "gets at no other process, and takes no more than its share": OTHER_HALF,
    "has what it needs": NEEDED,
}
NOT_SHOWN = {
    "Environment=": "gives nothing and refuses nothing",
    "Group=": "the group of the user's own name without it",
    "SupplementaryGroups=": "cameras are there on L4 alone",
    "LimitMEMLOCK=": "a machine in a container raises no limit above the host's; L4's does",
    "LogRateLimit": "journald's to do, and multiplied by it where its disk has room",
    "OOMScoreAdjust=": "which process the kernel ends is seen where a whole machine has no memory left",
    "MemorySwapMax=": "control groups of version 1 do not know it, L4's do",
    "SystemCallErrorNumber=": "shown by each EPERM of SystemCallFilter=: its default is SIGSYS",
    "PrivateMounts=": "a matter of course where file systems are protected",
    "RemoveIPC=": "PrivateIPC= leaves nothing to remove",
    "KeyringMode=": "private is what services get without it",
}
"""Lines that no row fails without, and why."""
