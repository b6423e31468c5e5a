"""The two halves as real processes: confined by themselves, and the wall still works."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.appliance import Appliance, stop
from support.commands import environment, run
from support.recorder import Recorder
from support.users import ALONE, AS_NOBODY, NOBODY, WITH_CORES, give_to_nobody
from support.waiting import wait_until

OWN_NAMESPACE = "confined: own network namespace, no IP sockets (seccomp), no core dumps"
FILTER_ONLY = "confined: no IP sockets (seccomp), no core dumps"
# Only root sees every claim of a process that is not dumpable.
VERDICT = (
    "Everything that is claimed is enforced."
    if os.geteuid() == 0
    else "note: not everything can be seen by this user: run it as root"
)


def status(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines}


@pytest.mark.parametrize(
    ("user", "vision_only", "said"),
    [
        ((), (), OWN_NAMESPACE if os.geteuid() == 0 else FILTER_ONLY),
        (AS_NOBODY, (), FILTER_ONLY),
        (AS_NOBODY, ALONE, OWN_NAMESPACE),
        ((), ALONE, OWN_NAMESPACE),
    ],
    ids=["root", "nobody", "nobody without a network", "root without a network"],
)
def test_events_cross_the_wall_of_confined_halves(
    tmp_path: Path,
    appliance: Appliance,
    recorder: Recorder,
    *,
    user: Sequence[str],
    vision_only: Sequence[str],
    said: str,
) -> None:
    if user:
        give_to_nobody(tmp_path)
    publisher = appliance.start("publisher", under=user)
    vision = appliance.start("vision", under=[*vision_only, *user])
    recorder.wait_for(lambda seen: len(seen.events) >= 3)

    assert said in appliance.said
    assert "confined: no core dumps, no new privileges; the network stays, for MQTT" in (
        appliance.said
    )
    for half, process in (("vision", vision), ("publisher", publisher)):
        kernel = status(process.pid)
        assert kernel["Uid"].split()[1] == str(NOBODY if user else os.geteuid())
        assert (kernel["NoNewPrivs"], kernel["Seccomp"]) == ("1", "2" if half == "vision" else "0")
        assert int(kernel["CapEff"], 16) <= 0b1111
    done = run(tmp_path, "privacy")
    assert (done.code, done.errors) == (0, [])
    assert VERDICT in done.out
    assert stop(vision) == 0
    assert stop(publisher) == 0


@pytest.mark.parametrize("half", ["vision", "publisher"])
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_of_a_half_leaves_no_core_dump(
    tmp_path: Path, appliance: Appliance, half: str, number: int
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    in_place = ["env", "-C", str(place), *WITH_CORES]
    process = appliance.start(half, under=in_place)
    wait_until(lambda: "confined: " in appliance.said, 20.0)

    assert not dumped(process, number)
    assert list(place.iterdir()) == []
    # The same crash of a Python that confines nothing leaves one in the same place.
    sleeping = [*in_place, sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
    with subprocess.Popen(sleeping, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert dumped(other, number)


def dumped(process: subprocess.Popen[bytes], number: int) -> bool:
    """Crash a process; whether the kernel dumped its memory, to a file or to a program."""
    process.send_signal(number)
    _, ended = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(ended)
    # Python writes down where each thread was while the others run on, and may stumble over that.
    assert os.WTERMSIG(ended) in {number, signal.SIGSEGV}
    return os.WCOREDUMP(ended)


def test_vision_does_not_start_with_a_network_socket(tmp_path: Path, appliance: Appliance) -> None:
    with socket.socket() as given:
        done = subprocess.run(
            [sys.executable, "-m", "edgecam", "run", "vision", "-c", str(appliance.config)],
            cwd=tmp_path,
            env=environment(),
            stdin=given.fileno(),
            capture_output=True,
            encoding="utf-8",
            timeout=30.0,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == (
        "the vision half was handed a network socket (TCP), and must have none; "
        "start it with files or pipes for its input and output\n"
    )


def test_a_network_stream_as_camera_keeps_the_network_and_says_so(tmp_path: Path) -> None:
    appliance = Appliance(
        tmp_path,
        "mqtt://127.0.0.1:1",
        camera={"source": "opencv", "opencv": {"source": "http://127.0.0.1:1/door.mjpg"}},
    )
    try:
        vision = appliance.start("vision")
        line = "confined: no core dumps, no new privileges; the network stays, for the camera"
        wait_until(lambda: line in appliance.said, 20.0)
        kernel = status(vision.pid)
    finally:
        appliance.end()
    assert (kernel["NoNewPrivs"], kernel["Seccomp"]) == ("1", "0")
