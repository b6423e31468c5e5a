"""What a process gives up by itself: each way out is tried from inside, and leads out before."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support import confined
from support.commands import environment
from support.users import ALONE, AS_NOBODY, WITH_CORES

from edgecam.appliance.confinement import FILE_CAPABILITIES, Confinement, is_network_stream
from edgecam.appliance.packages import how_to_get
from edgecam.config.options import CameraOptions, OpencvOptions

NEW_SOCKETS = {"inet", "udp", "inet6", "disguised", "route"}
WAYS_BACK = {"network of parent", "descriptor of parent"}
USERS = pytest.mark.parametrize("user", [(), AS_NOBODY], ids=["root", "nobody"])


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of a loopback listener outside."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def inside(how: str, port: int, under: Sequence[str] = ()) -> dict[str, Any]:
    done = subprocess.run(
        [*under, sys.executable, confined.__file__, how, str(port)],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=30.0,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@USERS
def test_what_is_not_confined_reaches_the_network(listening: int, user: Sequence[str]) -> None:
    refused = inside("none", listening, user)["refused"]

    assert not {*NEW_SOCKETS, "connect", "unix", "udev"} & set(refused)


@pytest.mark.parametrize("how", ["confined", "debian"])
@USERS
def test_what_is_confined_has_no_way_out(listening: int, user: Sequence[str], how: str) -> None:
    found = inside(how, listening, user)

    ways = set(confined.ways_out(listening))
    assert set(found["refused"]) == ways - {"unix", "udev"}
    assert found["capabilities"] & ~FILE_CAPABILITIES == 0
    assert found["core_limit"] == [0, 0]
    own = "own network namespace, " if not user and os.geteuid() == 0 else ""
    assert found["said"] == (
        f"confined: {own}no IP sockets (seccomp), no core dumps, no new privileges"
    )


@USERS
def test_without_a_library_a_namespace_keeps_it_in(listening: int, user: Sequence[str]) -> None:
    found = inside("no library", listening, user)

    assert {"connect", "raw", "packet", *WAYS_BACK} <= set(found["refused"])
    assert found["said"].startswith("confined: own network namespace")
    assert ("(in a user namespace)" in found["said"]) == bool(user or os.geteuid())
    assert found["capabilities"] & ~FILE_CAPABILITIES == 0


def test_a_namespace_that_somebody_else_made_counts(listening: int) -> None:
    found = inside("confined", listening, [*ALONE, *AS_NOBODY])

    assert found["said"].startswith("confined: own network namespace, no IP sockets")


@pytest.mark.parametrize("limit", ["8388608", "resource.RLIM_INFINITY"])
def test_memory_is_kept_from_swap_where_any_amount_may_be(limit: str) -> None:
    """A limit can seldom be lifted where tests run; root is not held to the one that there is."""
    code = (
        "import resource; from edgecam.appliance import confinement\n"
        f"resource.getrlimit = lambda _: ({limit}, {limit})\n"
        "print(confinement._stay_in_memory(), open('/proc/self/status').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, check=True, text=True
    )
    (locked,) = [line for line in done.stdout.splitlines() if line.startswith("VmLck:")]

    expected = "INFINITY" in limit and os.geteuid() == 0
    assert done.stdout.startswith(f"{expected} ")
    assert (int(locked.split()[1]) > 0) is expected


def crashed(folder: Path, code: str, number: int) -> bool:
    """Whether a Python that ran `code` and crashed left a core dump, in a file or elsewhere."""
    crash = f"import os; os.kill(os.getpid(), {number})"
    process = subprocess.Popen(
        [*WITH_CORES, sys.executable, "-c", f"{code}\n{crash}"], cwd=folder, env=environment()
    )
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) == number
    return os.WCOREDUMP(status) or bool(list(folder.glob("core*")))


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_leaves_no_core_dump(tmp_path: Path, number: int) -> None:
    confine = "from edgecam.appliance import confinement; confinement.confine(network_for='%s')"

    assert not crashed(tmp_path, confine % "", number)
    assert not crashed(tmp_path, confine % "MQTT", number)
    assert crashed(tmp_path, "", number)


def test_a_thread_that_was_there_before_is_refused() -> None:
    code = (
        "import threading; from edgecam.appliance import confinement\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "confinement.confine(network_for='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"RuntimeError: confinement comes too late" in done.stderr


@pytest.mark.parametrize(
    ("source", "place", "streams"),
    [
        ("opencv", "rtsp://10.0.0.7/door", True),
        ("opencv", "http://10.0.0.7/door.mjpg", True),
        ("opencv", "file:///srv/door.mp4", False),
        ("opencv", "/dev/video0", False),
        ("stills", "rtsp://10.0.0.7/door", False),
        ("pi", "rtsp://10.0.0.7/door", False),
    ],
)
def test_only_a_stream_needs_the_network(source: Any, place: str, *, streams: bool) -> None:
    options = CameraOptions(source=source, opencv=OpencvOptions(source=place))

    assert is_network_stream(options) is streams


def test_it_says_plainly_what_was_not_achieved_and_the_way_to_it() -> None:
    remedy = how_to_get("python3-seccomp", extra="confine")
    assert str(Confinement("")) == (
        "confined: no core dumps, no new privileges; but nothing keeps this half from the "
        f"network: {remedy}, or let systemd start it"
    )
    assert str(Confinement("", "own")).endswith(f"new privileges; no seccomp filter: {remedy}")
    assert str(Confinement("", filtered=True, unswapped=True)).endswith(
        "privileges, not swapped out"
    )
    assert str(Confinement("MQTT")) == (
        "confined: no core dumps, no new privileges; the network stays, for MQTT"
    )
