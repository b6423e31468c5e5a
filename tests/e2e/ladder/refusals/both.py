"""What either half is refused: what it could do to the kernel, and to other processes."""

from ladder.probes import files, privileges, processes
from ladder.refusals.refusal import AS_ROOT, Refusal

_ALL_CALLS = "SystemCallFilter="
_ORDINARY_CALLS = "SystemCallFilter=@"
_NOT_ALL_OF_THEM = "SystemCallFilter=~"
_CAPABILITIES = "CapabilityBoundingSet="
# Lifted together, they leave root with what it may do by its capabilities, or by system calls.
_CAPABLE = (*AS_ROOT, "PrivateUsers=", _CAPABILITIES)
CALLING = (*AS_ROOT, "PrivateUsers=", _ALL_CALLS)
_MIGHTY = (*_CAPABLE, _ALL_CALLS)
# Each of these sets no_new_privs, too, for a process without CAP_SYS_ADMIN: systemd.exec(5),
# NoNewPrivileges=.
_NO_NEW_PRIVILEGES_TOO = (
    *("LockPersonality=", "MemoryDenyWriteExecute=", "PrivateDevices=", "ProtectClock="),
    *("ProtectHostname=", "ProtectKernelLogs=", "ProtectKernelModules=", "ProtectKernelTunables="),
    *("RestrictAddressFamilies=", "RestrictNamespaces=", "RestrictRealtime=", "RestrictSUIDSGID="),
    *("SystemCallArchitectures=", "SystemCallFilter=", "PrivateUsers="),
)

KERNEL = (
    Refusal(privileges.load_module, "EPERM", _ALL_CALLS, (*_CAPABLE, "ProtectKernelModules=")),
    Refusal(files.list_modules, "EACCES", "ProtectKernelModules="),
    Refusal(privileges.load_bpf, "EPERM", _ALL_CALLS, _CAPABLE),
    Refusal(privileges.change_root, "EPERM", _ALL_CALLS, _CAPABLE),
    Refusal(privileges.swap_on, "EPERM", _ALL_CALLS, _CAPABLE),
    Refusal(processes.be_traced, "EPERM", _ORDINARY_CALLS),
    Refusal(files.change_owner, "EPERM", _NOT_ALL_OF_THEM, AS_ROOT),
    Refusal(privileges.choose_scheduler, "EPERM", _NOT_ALL_OF_THEM, ("RestrictRealtime=",)),
    Refusal(privileges.choose_scheduler, "EPERM", "RestrictRealtime=", (_ALL_CALLS,)),
    Refusal(privileges.call_as_32_bit, "SIGSYS", "SystemCallArchitectures="),
    Refusal(privileges.mount, "EPERM", _CAPABILITIES, CALLING),
    Refusal(privileges.hold_capabilities, "none", _CAPABILITIES, CALLING),
    Refusal(privileges.set_clock, "EPERM", "ProtectClock=", _MIGHTY),
    Refusal(privileges.set_host_name, "EPERM", "ProtectHostname=", _MIGHTY),
    Refusal(privileges.ask_kernel_log, "EPERM", "ProtectKernelLogs=", _MIGHTY),
    Refusal(files.write_kernel_setting, "EROFS", "ProtectKernelTunables=", _MIGHTY),
    Refusal(files.write_control_group, "EROFS", "ProtectControlGroups=", _MIGHTY),
    Refusal(privileges.make_user_namespace, "EPERM", "RestrictNamespaces="),
    Refusal(privileges.change_personality, "EPERM", "LockPersonality="),
    # An error of the filter's on systemd 252, of the kernel's own (PR_SET_MDWE) on 257.
    Refusal(privileges.execute_written_memory, "EPERM / EACCES", "MemoryDenyWriteExecute="),
    Refusal(files.make_set_uid, "EPERM", "RestrictSUIDSGID=", AS_ROOT),
    Refusal(files.gain_user, "stays who it is", "NoNewPrivileges=", _NO_NEW_PRIVILEGES_TOO),
)
PROCESSES = (
    Refusal(processes.see_other_half, "ENOENT", "ProtectProc="),
    Refusal(processes.share_memory, "ENOENT", "PrivateIPC="),
    Refusal(processes.fill_memory, "SIGKILL", "MemoryMax="),
    Refusal(processes.fill_tasks, "EAGAIN", "TasksMax="),
)
