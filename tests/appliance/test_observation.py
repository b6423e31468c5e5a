"""What is seen of a process from outside: made ones with odd content, and real ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.made_proc import LIMITS, MadeProc
from support.users import ALONE, AS_NOBODY

from edgecam.appliance.observation import Observed, Observer

PID = 42
VIDEO_GROUP = 44  # one of the groups of a made process


@pytest.fixture
def proc(tmp_path: Path) -> MadeProc:
    made = MadeProc(tmp_path / "proc")
    made.process(1)
    made.interfaces(1, "eth0")
    made.process(PID)
    return made


def seen(proc: MadeProc) -> Observed:
    found = Observer(proc.root).observe(PID)
    assert found is not None
    return found


def test_a_process_that_has_ended(proc: MadeProc) -> None:
    assert Observer(proc.root).observe(43) is None
    (proc.root / str(PID) / "status").write_text("Name:\tpython\nState:\tZ (zombie)\n")
    assert Observer(proc.root).observe(PID) is None


def test_user_capabilities_and_privileges(proc: MadeProc) -> None:
    proc.status(PID, uid=990, capabilities="000001ffffffffff")

    assert (seen(proc).uid, seen(proc).capabilities) == (990, 0x1FF_FFFF_FFFF)
    assert seen(proc).no_new_privileges


@pytest.mark.parametrize(("more", "filters"), [("", 1), ("Seccomp_filters:\t3\n", 3)])
def test_filters_are_counted_where_the_kernel_does(proc: MadeProc, more: str, filters: int) -> None:
    proc.status(PID, more=more)

    assert seen(proc).filters == filters


@pytest.mark.parametrize("core", ["0", "unlimited", "1048576"])
def test_the_hard_limit_of_core_dumps_counts(proc: MadeProc, core: str) -> None:
    (proc.root / str(PID) / "limits").write_text(LIMITS.format(core=core))

    assert seen(proc).core_limit == core
    assert not seen(proc).cores_to_program


def test_a_program_for_core_dumps_is_seen(proc: MadeProc) -> None:
    (proc.root / "sys/kernel/core_pattern").write_text("|/usr/lib/systemd/systemd-coredump %P\n")

    assert seen(proc).cores_to_program


def test_the_owner_of_its_files_tells_whether_it_is_dumpable(proc: MadeProc) -> None:
    owner = (proc.root / str(PID)).stat().st_uid
    proc.status(PID, uid=owner or 990)
    assert seen(proc).dumpable is (owner != 0)
    proc.status(PID, uid=owner + 1)
    assert seen(proc).dumpable is False
    proc.status(PID, uid=0)
    assert seen(proc).dumpable is None


@pytest.mark.parametrize(
    ("interfaces", "namespace", "system", "alone"),
    [
        ((), "net:[2]", "net:[1]", True),
        (("sit0", "ip6tnl0"), "net:[2]", "net:[1]", True),
        ((), "net:[1]", "net:[1]", False),
        (("veth1",), "net:[2]", "net:[1]", False),
        ((), "", "", True),
        (("eth0",), "", "", False),
    ],
)
def test_a_network_namespace_that_leads_nowhere(
    proc: MadeProc, interfaces: tuple[str, ...], namespace: str, system: str, *, alone: bool
) -> None:
    proc.interfaces(PID, *interfaces, namespace=namespace)
    proc.interfaces(1, "eth0", namespace=system)

    assert seen(proc).alone is alone


def test_without_a_network_anywhere_the_namespace_is_not_guessed(proc: MadeProc) -> None:
    proc.interfaces(1)
    assert seen(proc).alone is None
    (proc.root / str(PID) / "net" / "dev").unlink()
    assert seen(proc).alone is None


def test_open_cameras_and_sockets_of_no_known_kind(proc: MadeProc) -> None:
    descriptors = proc.root / str(PID) / "fd"
    for number, target in enumerate(["/dev/video0", "/dev/null", "/dev/dma_heap/linux"]):
        (descriptors / str(number)).symlink_to(target)

    assert seen(proc).cameras_open == ("/dev/dma_heap/linux", "/dev/video0")
    assert seen(proc).network_sockets == ()


def test_what_cannot_be_seen_is_not_guessed(proc: MadeProc) -> None:
    (proc.root / str(PID) / "fd").rmdir()
    (proc.root / str(PID) / "root" / "dev").rmdir()

    assert seen(proc).network_sockets is None
    assert seen(proc).cameras_open is None
    assert seen(proc).cameras_allowed is None
    (proc.root / str(PID) / "root").rmdir()
    assert seen(proc).forwarding is None


@pytest.mark.parametrize(
    ("mode", "group", "capabilities", "allowed"),
    [
        (0o660, VIDEO_GROUP, "0", True),
        (0o660, 7, "0", False),
        (0o666, 7, "0", True),
        (0o606, VIDEO_GROUP, "0", False),
        (0o600, 7, "2", True),
    ],
)
def test_who_may_open_a_camera(
    proc: MadeProc, mode: int, group: int, capabilities: str, *, allowed: bool
) -> None:
    proc.status(PID, uid=990, capabilities=capabilities)
    os.chown(proc.camera(PID, "video0", mode), -1, group)
    proc.camera(PID, "null", 0o666)

    assert seen(proc).cameras_allowed == (("/dev/video0",) if allowed else ())


def test_services_that_send_for_others_are_seen_in_its_own_root(proc: MadeProc) -> None:
    assert seen(proc).forwarding == ()
    (proc.root / str(PID) / "root" / "run" / "dbus").mkdir(parents=True)
    (proc.root / str(PID) / "root" / "run" / "dbus" / "system_bus_socket").touch()

    assert seen(proc).forwarding == ("/run/dbus/system_bus_socket",)


def test_a_syslog_is_seen_and_a_link_to_journald_is_none(proc: MadeProc) -> None:
    root = proc.root / str(PID) / "root"
    (root / "dev").mkdir(parents=True, exist_ok=True)
    (root / "dev" / "log").symlink_to(proc.root)  # something that is there, for us
    assert seen(proc).forwarding == ()
    (root / "dev" / "log").unlink()
    (root / "dev" / "log").touch()
    (root / "run" / "systemd" / "journal").mkdir(parents=True)
    (root / "run" / "systemd" / "journal" / "syslog").touch()
    assert seen(proc).forwarding == ("/dev/log", "/run/systemd/journal/syslog")


def real(code: str, *under: str) -> subprocess.Popen[bytes]:
    """A process that has run some code, and waits."""
    script = f"import socket\n{code}\nprint(flush=True)\nimport time; time.sleep(60)"
    process = subprocess.Popen([*under, sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def observed(code: str, *under: str) -> Observed:
    process = real(code, *under)
    try:
        found = Observer().observe(process.pid)
    finally:
        process.kill()
        process.communicate()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("family", "kind", "named"),
    [
        ("AF_INET", "SOCK_STREAM", ("TCP",)),
        ("AF_INET", "SOCK_DGRAM", ("UDP",)),
        ("AF_INET6", "SOCK_STREAM", ("TCPv6",)),
        ("AF_UNIX", "SOCK_SEQPACKET", ()),
        ("AF_UNIX", "SOCK_STREAM", ()),
        ("AF_NETLINK", "SOCK_RAW", ()),
    ],
)
def test_a_real_socket_is_named_though_it_was_only_made(
    family: str, kind: str, named: tuple[str, ...]
) -> None:
    found = observed(f"kept = socket.socket(socket.{family}, socket.{kind})")

    assert found.network_sockets == named


def test_a_real_process_as_it_is_and_in_a_namespace_of_its_own() -> None:
    as_it_is, alone = observed(""), observed("", *ALONE)

    assert (as_it_is.alone, alone.alone) == (False, True)
    assert as_it_is.uid == os.geteuid()
    assert as_it_is.cameras_open == ()


def test_a_real_process_that_is_not_dumpable() -> None:
    open_ = observed("", *AS_NOBODY)
    closed = observed("import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)", *AS_NOBODY)

    assert (open_.dumpable, closed.dumpable) == (True, False)
