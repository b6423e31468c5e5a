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
from edgecam.appliance.packages import how_to_get
from edgecam.commands import missing, sandbox
from edgecam.errors import EXIT_CONFIG, CameraError, ConfigError

STILLS = "camera: {source: stills, stills: {folder: .}}\n"
PI = "camera: {source: pi}\n"
DEVICE = "camera: {source: opencv, opencv: {source: /dev/video77}}\n"
QUEUE = "outbox: {file: queue/outbox.db}\n"


@pytest.fixture(autouse=True)
def every_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "is_installed", lambda _: True)


def warnings(folder: Path, text: str) -> list[str]:
    """What is said of a configuration, without the folder's name."""
    loaded = load_text(folder, f"{text}{QUEUE}")
    return [line.replace(f"{folder}/", "") for line in missing.here(loaded, Board(folder))]


def camera(folder: Path, text: str) -> list[str]:
    return missing.camera(load_text(folder, f"{text}{QUEUE}"))


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
    ("absent", "booted", "remedy"),
    [
        ({"seccomp"}, True, ""),
        ({"seccomp", "pyseccomp"}, False, how_to_get("python3-seccomp", extra="confine")),
        ({"systemd"}, True, how_to_get("python3-systemd", extra="systemd")),
        ({"systemd"}, False, ""),
    ],
)
def test_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: set[str], remedy: str, *, booted: bool
) -> None:
    monkeypatch.setattr(runtimes, "is_installed", lambda name: name not in absent)
    where = tmp_path if booted else tmp_path / "none"
    monkeypatch.setattr(missing, "_BOOTED_BY_SYSTEMD", where)
    said = warnings(tmp_path, STILLS)
    assert len(said) == bool(remedy)
    assert all(line.endswith(remedy) for line in said)


@pytest.mark.parametrize(("cameras", "listed"), [(1, True), (0, False)])
def test_a_camera_on_the_ribbon_cable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cameras: int, *, listed: bool
) -> None:
    hardware = fake_picamera2.install(monkeypatch, np.zeros((616, 820, 3), np.uint8))
    hardware.cameras = cameras
    absent = f"{tmp_path}/config.yaml:1: camera.source: no camera at camera.pi.camera 0: check the "
    said = camera(tmp_path, PI)
    assert [line.startswith(absent) for line in said] == ([] if listed else [True])
    assert [line.endswith("; `edgecam run` waits for it") for line in said] == [True] * len(said)
    assert hardware.opened == []


def test_without_picamera2_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(ConfigError, match="`sudo apt install python3-picamera2`"):
        camera(tmp_path, PI)


def test_a_camera_that_is_of_no_use_ends_run_and_so_is_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_options: object) -> None:
        raise CameraError("it smokes", reason="unusable")

    monkeypatch.setattr("edgecam.vision.camera.probe", broken)
    with pytest.raises(CameraError, match="it smokes"):
        camera(tmp_path, PI)


def test_what_this_user_may_not_open_is_told(tmp_path: Path) -> None:
    """As another user: root may open everything."""
    tmp_path.chmod(0o755)
    (tmp_path / "video.avi").touch(mode=0o600)
    text = f"{DEVICE}{QUEUE}model: {{file: {MODEL}}}\n".replace("/dev/video77", "video.avi")
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
    assert done.returncode == EXIT_CONFIG, done.stderr
    assert f"{tmp_path}/video.avi may not be read by this user" in done.stderr
    assert f"outbox.file: {tmp_path} cannot be written by this user" in done.stderr


def test_of_an_installed_system_nothing_is_said_that_only_its_own_users_may_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(warnings(tmp_path, DEVICE)) == len(camera(tmp_path, DEVICE)) == 1
    monkeypatch.setattr(missing, "INSTALLED", tmp_path / "config.yaml")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (said,) = warnings(tmp_path, DEVICE)
    assert said.endswith("run it as root, by sudo")
    assert camera(tmp_path, DEVICE) == []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sandbox, "problems", lambda _: [("camera.opencv.source", "is hidden")])
    monkeypatch.setattr(sandbox, "uncounted_memory", lambda: ["memory is not counted"])
    read_only, hidden, uncounted = warnings(tmp_path, DEVICE)
    assert len(camera(tmp_path, DEVICE)) == 1
    assert "cannot be written" in read_only
    assert hidden.endswith("camera.opencv.source: is hidden")
    assert uncounted == "memory is not counted"
