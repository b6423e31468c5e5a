"""`edgecam privacy`: the figures, and a verdict that an unconfined process does not pass."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.appliance import Appliance
from support.commands import Outcome, environment, run
from support.places import MODEL, ROOT
from support.users import AS_NOBODY
from support.waiting import wait_until

NOTHING_RUNS = "note: nothing runs with this configuration: only the figures were computed"

# What takes nothing upon itself: it looks like a half by its command line alone.
UNCONFINED = "import socket, time\nkept = socket.socket()\nprint(flush=True)\ntime.sleep(60)\n"

# A /run of its own, as a process that nobody keeps from the machine's has one.
RUN_WITH_A_BUS = """
import ctypes, pathlib, subprocess
ctypes.CDLL(None).unshare(0x20000)  # CLONE_NEWNS
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
subprocess.run(["mount", "-t", "tmpfs", "edgecam-test", "/run"], check=True)
pathlib.Path("/run/dbus").mkdir()
pathlib.Path("/run/dbus/system_bus_socket").touch()
"""


def write(folder: Path, text: str = "") -> Path:
    file = folder / "config.yaml"
    lines = f"node: door\nmodel: {{file: {MODEL}}}\noutbox: {{file: outbox.db}}\n"
    file.write_text(lines + text, encoding="utf-8")
    return file


def facts(done: Outcome) -> Any:
    return json.loads(done.out)


@pytest.fixture
def unconfined(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Starts a process that looks like a half and is not confined; its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, code: str = UNCONFINED) -> int:
        script = tmp_path / "bin" / "edgecam"
        script.parent.mkdir(exist_ok=True)
        script.write_text(code, encoding="utf-8")
        command = [sys.executable, str(script), "run", *arguments]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_where_nothing_runs_the_figures_stand_alone(tmp_path: Path) -> None:
    write(tmp_path)

    done = run(tmp_path, "privacy")

    assert (done.code, done.errors) == (0, [])
    assert "What can leave at worst, with config.yaml:" in done.out
    assert "edgecam/door/event " in done.out
    assert "A picture of 32 x 32 pixels in 16 greys (4096 bits) would need " in done.out
    assert NOTHING_RUNS in done.out
    assert "enforced" not in done.out


def test_json_holds_the_same_facts(tmp_path: Path) -> None:
    write(tmp_path)

    found = facts(run(tmp_path, "privacy", "--json"))

    total = sum(flow["bits_per_hour"] for flow in found["topics"])
    assert found["bits_per_hour"] == pytest.approx(total, abs=0.1)
    assert found["picture_s"] == pytest.approx(4096 / total * 3600, rel=0.1, abs=0.1)
    assert {flow["topic"].split("/")[2] for flow in found["topics"]} >= {"event", "health"}
    assert found["halves"] == {
        "vision": {"camera": True, "network": False},
        "publisher": {"camera": False, "network": True},
    }
    assert (found["processes"], found["installed"], found["enforced"]) == ([], False, None)
    text = run(tmp_path, "privacy").out
    for flow in found["topics"]:
        assert f"{flow['topic']} " in text
        assert f" {flow['bits_per_hour']:,.0f} " in text


def test_the_document_shows_the_figures_of_the_default_configuration() -> None:
    document = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    found = facts(run(ROOT, "privacy", "-c", "config.yaml", "--json"))

    assert f"**{found['bits_per_hour']:,.0f} bits an hour**" in document
    text = run(ROOT, "privacy", "-c", "config.yaml").out
    needed = text.partition("would need ")[2].partition(" of all of it")[0]
    assert f"**{needed}**" in document


def test_an_unconfined_half_fails_and_is_named(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    write(tmp_path)
    pid = unconfined("vision")

    done = run(tmp_path, "privacy")

    assert (done.code, done.errors) == (1, [])
    broken = [line for line in done.out.splitlines() if line.startswith("NOT ENFORCED: ")]
    for claim in ("can reach no network", "has no network socket open", "can gain no privileges"):
        assert any(f'vision (pid {pid}): "{claim}" does not hold: ' in line for line in broken)
    assert "note: the publisher half does not run" in done.out
    found = facts(run(tmp_path, "privacy", "--json"))
    assert (found["installed"], found["enforced"]) == (True, False)
    assert len(found["broken"]) == len(broken)


def test_a_publisher_may_have_the_network_but_nothing_else(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    write(tmp_path)
    pid = unconfined("publisher", "--config=config.yaml")

    done = run(tmp_path, "privacy")

    assert done.code == 1
    assert f'publisher (pid {pid}): "can gain no privileges" does not hold' in done.out
    assert "can reach no network" not in done.out
    assert "yes  has no camera open" in done.out


def test_one_process_claims_no_wall(appliance: Appliance, tmp_path: Path) -> None:
    process = appliance.start()
    wait_until(lambda: "confined: " in appliance.said, 20.0)

    done = run(tmp_path, "privacy", "-c", appliance.config)

    assert done.code == 0
    assert f"both halves, pid {process.pid}, uid " in done.out
    assert "note: one process runs both halves: nothing separates the camera" in done.out
    assert "enforced" not in done.out


def with_unit(folder: Path) -> str:
    """A PATH with a systemctl that knows a unit, and names one that is not there."""
    systemctl = folder / "bin" / "systemctl"
    systemctl.write_text(
        "#!/bin/sh\necho edgecam.service not-found x\n"
        "echo edgecam-vision.service loaded active running Sees\n"
    )
    systemctl.chmod(0o755)
    return f"{folder}/bin:/usr/bin:/bin"


def test_units_claim_a_wall_that_one_process_does_not_have(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    write(tmp_path)
    pid = unconfined()
    assert run(tmp_path, "privacy").code == 0

    done = run(tmp_path, "privacy", PATH=with_unit(tmp_path))

    assert done.code == 1
    assert (
        f"NOT ENFORCED: edgecam-vision.service: loaded, but one process (pid {pid}) runs both "
        "halves, and nothing separates them"
    ) in done.out


def test_a_bus_in_reach_is_a_note_by_hand_and_a_failure_of_the_unit(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    write(tmp_path)
    unconfined("vision", code=f"{RUN_WITH_A_BUS}{UNCONFINED}")
    claim = "can ask no local service to send for it"

    by_hand = run(tmp_path, "privacy").out
    of_unit = run(tmp_path, "privacy", PATH=with_unit(tmp_path)).out

    assert "can ask local services to send for it: /run/dbus/system_bus_socket" in by_hand
    assert claim not in by_hand
    assert f'"{claim}" does not hold: there is /run/dbus/system_bus_socket' in of_unit
    assert "hide them" not in of_unit


def test_another_configuration_is_named_and_not_judged(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    write(tmp_path)
    pid = unconfined("vision", "-c", "/elsewhere.yaml")

    done = run(tmp_path, "privacy")

    assert done.code == 0
    assert NOTHING_RUNS in done.out
    assert f"note: pid {pid} (vision) runs with /elsewhere.yaml: not looked at" in done.out


def test_a_stream_is_outside_the_figures(tmp_path: Path, unconfined: Callable[..., int]) -> None:
    stream = "camera: {source: opencv, opencv: {source: 'rtsp://10.0.0.7/door'}}\n"
    write(tmp_path, stream)
    unconfined("vision")

    found = facts(run(tmp_path, "privacy", "--json"))

    assert found["halves"]["vision"] == {"camera": True, "network": True}
    assert any("these figures do not bound" in note for note in found["notes"])
    assert "can reach no network" not in str(found["processes"])


def test_what_this_user_cannot_see_is_unknown(
    tmp_path: Path, unconfined: Callable[..., int]
) -> None:
    file = write(tmp_path)
    not_dumpable = f"import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n{UNCONFINED}"
    unconfined("publisher", "-c", str(file), code=not_dumpable)
    done = subprocess.run(
        [*AS_NOBODY, sys.executable, "-m", "edgecam", "privacy", "-c", str(file)],
        cwd="/",
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=60.0,
        check=False,
    )

    assert "unknown  has no camera open" in done.stdout
    assert "note: not everything can be seen by this user: run it as root" in done.stdout


def test_halves_that_share_a_user_are_told(tmp_path: Path, unconfined: Callable[..., int]) -> None:
    write(tmp_path)
    first, second = unconfined("publisher"), unconfined("vision")

    notes = facts(run(tmp_path, "privacy", "--json"))["notes"]

    both = [f"publisher (pid {first})", f"vision (pid {second})"]
    assert any(all(name in note for name in both) and "share a user" in note for note in notes)


def test_a_configuration_that_is_wrong_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "decision: {votes: 9}\n")

    done = run(tmp_path, "privacy")

    assert (done.code, done.out) == (78, "")
    assert len(done.errors) == 1
