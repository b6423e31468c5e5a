"""What edgecam-publisher.service refuses the half that talks, and what it gives it."""

from ladder.probes import files, network, privileges, processes
from ladder.refusals.both import CALLING, KERNEL, PROCESSES
from ladder.refusals.refusal import AS_ROOT, Grant, Refusal

_SHARED_MEMORY = "TemporaryFileSystem=/dev/shm:"

NETWORK = (
    Refusal(network.send_by_netlink, "EAFNOSUPPORT", "RestrictAddressFamilies="),
    Refusal(
        network.packet_socket,
        "EAFNOSUPPORT",
        "RestrictAddressFamilies=",
        (*AS_ROOT, "CapabilityBoundingSet=", "PrivateUsers="),
    ),
    Refusal(
        network.raw_socket,
        "EPERM",
        "CapabilityBoundingSet=",
        (*AS_ROOT, "PrivateUsers="),
    ),
    Refusal(network.reach_bus, "EACCES", "InaccessiblePaths=-/run/dbus"),
)
FILES = (
    Refusal(files.write_anywhere, "nowhere", _SHARED_MEMORY),
    Refusal(files.write_anywhere, "nowhere", "PrivateIPC="),
    Refusal(files.write_system, "nowhere", "ProtectSystem=", AS_ROOT),
    Refusal(files.write_run, "EROFS", "ReadOnlyPaths=", AS_ROOT),
    Refusal(files.write_home, "EACCES", "ProtectHome=", AS_ROOT),
    Refusal(files.read_home, "EACCES", "ProtectHome="),
    Refusal(files.read_temporary_files, "ENOENT", "PrivateTmp="),
    Refusal(files.read_shared_memory_files, "ENOENT", _SHARED_MEMORY),
    Refusal(files.read_password, "EACCES", "User="),
    Refusal(files.leave_readable, "for its user alone", "UMask="),
    Refusal(processes.dump_core, "no dump", "LimitCORE="),
)
DEVICES = (
    Refusal(files.open_camera, "ENOENT", "PrivateDevices=", ("ProtectClock=",)),
    Refusal(files.open_disk, "ENOENT", "PrivateDevices=", ("ProtectClock=",)),
    Refusal(files.open_control, "ENOENT", "PrivateDevices=", ("ProtectClock=",)),
)
_CAPABILITIES = "CapabilityBoundingSet="
_SEEING = (*CALLING, "ProtectProc=")
OTHER_HALF = (
    *PROCESSES,
    Refusal(processes.open_memory, "EACCES", _CAPABILITIES, _SEEING),
    Refusal(processes.read_memory, "EPERM", _CAPABILITIES, _SEEING),
    Refusal(processes.trace, "EPERM", _CAPABILITIES, _SEEING),
    Refusal(processes.signal_other_half, "EPERM", _CAPABILITIES, CALLING),
)
NEEDED = (
    Grant(files.read_handed_password, "nothing handed over", "LoadCredential="),
    Grant(files.write_state, "EROFS", "StateDirectory="),
)
ROWS = {
    "opens no camera, and no other device": DEVICES,
    "writes nowhere but in its state, and reads nothing of others": FILES,
    "reaches a network, and no more": NETWORK,
    "changes nothing of the machine, and runs no code of its own": (
        *KERNEL,
        Refusal(
            privileges.set_host_name,
            "EPERM",
            "PrivateUsers=",
            (*AS_ROOT, "CapabilityBoundingSet=", "SystemCallFilter=", "ProtectHostname="),
        ),
    ),
    "gets at no other process, and takes no more than its share": OTHER_HALF,
    "has what it needs": NEEDED,
}
NOT_SHOWN = {
    "StateDirectoryMode=": "shown by a row of its own: another user",
    "SetCredential=": "shown by a row of its own: without the file for the password",
    "Group=": "the group of the user's own name without it",
    "SystemCallErrorNumber=": "shown by each EPERM of SystemCallFilter=: its default is SIGSYS",
    "PrivateMounts=": "a matter of course where file systems are protected",
    "RemoveIPC=": "PrivateIPC= leaves nothing to remove",
    "KeyringMode=": "private is what services get without it",
}
"""Lines that no row fails without, and why."""
