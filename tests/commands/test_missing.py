"""What `edgecam check` says of the machine, with the way out of it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import fake_picamera2
from support.commands import environment
from support.configs import load_text
from support.made_board import MadeBoard
from support.mounts import tmpfs
from support.places import MODEL
from support.users import AS_NOBODY

from edgecam import runtimes
from edgecam.appliance.board import Board
from edgecam.commands import missing, sandbox

STILLS = "camera: {source: stills, stills: {folder: .}}\n"
PI = "camera: {source: pi}\n"
VIDEO = "camera: {source: opencv, opencv: {source: video.avi}}\n"
QUEUE = "outbox: {file: queue/outbox.db}\n"


@pytest.fixture(autouse=True)
def every_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "is_installed", lambda _: True)


def warnings(folder: Path, text: str) -> list[str]:
    """What is said of a configuration, without the folder's name."""
    loaded = load_text(folder, f"{text}{QUEUE}")
    return [line.replace(f"{folder}/", "") for line in missing.here(loaded, Board(folder))]


def test_a_machine_that_has_everything_is_told_nothing(tmp_path: Path) -> None:
    assert warnings(tmp_path, STILLS) == []


@pytest.mark.parametrize(("total_kb", "enough"), [(439_428, True), (229_376, False)])
def test_memory(tmp_path: Path, total_kb: int, *, enough: bool) -> None:
    """Of a board with 512 MB the kernel has about 430 to give, and of one with 256 about 220."""
    MadeBoard(tmp_path).memory(f"MemTotal: {total_kb} kB\n")
    small = "this machine has 224 MB of memory; edgecam and a small system need 320: "
    assert warnings(tmp_path, STILLS) == ([] if enough else [f"{small}take a board with 512 MB"])


def test_room_for_the_queue(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "queue", "2m"):
        (said,) = warnings(tmp_path, STILLS)
        assert said.startswith("config.yaml:2: outbox.file: 2 MB are free at ")
        assert said.endswith("may grow to 64 MB: make room, or lower outbox.max_mb")
    with tmpfs(tmp_path / "queue-of-enough", "80m"):
        roomy = STILLS + QUEUE.replace("queue", "queue-of-enough")
        loaded = load_text(tmp_path, roomy)
        assert list(missing.here(loaded, Board(tmp_path))) == []


@pytest.mark.parametrize(
    ("absent", "booted", "package"),
    [
        ({"seccomp"}, True, ""),
        ({"seccomp", "pyseccomp"}, False, "python3-seccomp"),
        ({"systemd"}, True, "python3-systemd"),
        ({"systemd"}, False, ""),
    ],
)
def test_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: set[str], package: str, *, booted: bool
) -> None:
    monkeypatch.setattr(runtimes, "is_installed", lambda name: name not in absent)
    where = tmp_path if booted else tmp_path / "none"
    monkeypatch.setattr(missing, "_BOOTED_BY_SYSTEMD", where)
    said = warnings(tmp_path, STILLS)
    assert len(said) == bool(package)
    assert all(line.endswith(f"sudo apt install {package}") for line in said)


@pytest.mark.parametrize(("cameras", "listed"), [(1, True), (0, False)])
def test_a_camera_on_the_ribbon_cable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cameras: int, *, listed: bool
) -> None:
    hardware = fake_picamera2.install(monkeypatch, np.zeros((616, 820, 3), np.uint8))
    hardware.cameras = cameras
    absent = "config.yaml:1: camera.source: no camera at camera.pi.camera 0: check the ribbon cable"
    said = warnings(tmp_path, PI)
    assert [line.startswith(absent) for line in said] == ([] if listed else [True])
    assert hardware.opened == []


def test_without_picamera2_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    (said,) = warnings(tmp_path, PI)
    assert "`sudo apt install python3-picamera2`" in said


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    (said,) = warnings(tmp_path, "camera: {source: opencv, opencv: {source: /dev/video77}}\n")
    assert said.endswith(
        "does not exist on this machine; plug a camera in, and see `ls /dev/video*`"
    )


def test_what_this_user_may_not_open_is_told_with_the_group(tmp_path: Path) -> None:
    """As another user: root may open everything."""
    tmp_path.chmod(0o755)
    (tmp_path / "video.avi").touch(mode=0o600)
    text = f"{VIDEO}{QUEUE}model: {{file: {MODEL}}}\n"
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*AS_NOBODY, sys.executable, "-m", "edgecam", "check", "-c", str(file)],
        cwd="/",
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "video.avi cannot be opened by this user; for a camera: `sudo usermod" in done.stderr
    assert f"outbox.file: {tmp_path} cannot be written by this user" in done.stderr


def test_of_an_installed_system_nothing_is_said_that_only_its_own_users_may_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "video.avi").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    by_hand = warnings(tmp_path, VIDEO)
    assert len(by_hand) == 2
    monkeypatch.setattr(missing, "INSTALLED", tmp_path / "config.yaml")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (said,) = warnings(tmp_path, VIDEO)
    assert said.endswith("run it as root, by sudo")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sandbox, "problems", lambda _: [("camera.opencv.source", "is hidden")])
    monkeypatch.setattr(sandbox, "uncounted_memory", lambda: ["memory is not counted"])
    read_only, hidden, uncounted = warnings(tmp_path, VIDEO)
    assert "cannot be written" in read_only
    assert hidden.endswith("camera.opencv.source: is hidden")
    assert uncounted == "memory is not counted"
