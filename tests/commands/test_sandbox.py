"""What `edgecam check` says of paths that the installed units keep from their halves."""

import dataclasses
import os
from pathlib import Path

import msgspec
import pytest

from edgecam.appliance import clock
from edgecam.commands import sandbox
from edgecam.commands.sandbox import PUBLISHER, VISION
from edgecam.config import Config
from edgecam.config.state import STATE

NOBODY = dataclasses.replace(VISION, user="nobody", hidden=())


def config(**sections: object) -> Config:
    """Of an installed appliance: nothing in it is kept from the halves but what `sections` say."""
    usual = {
        "camera": {"source": "pi"},
        "model": {"file": "/opt/m"},
        "outbox": {"file": f"{STATE}/outbox.db"},
    }
    return msgspec.convert({**usual, **sections}, Config)


@pytest.mark.parametrize(
    ("path", "half", "folder"),
    [
        ("/home/me/birds.tflite", VISION, "/home"),
        ("/root/birds.tflite", VISION, "/root"),
        ("/tmp/birds.tflite", VISION, "/tmp"),  # noqa: S108  never opened
        ("/run/user/1000/birds.tflite", VISION, "/run/user"),
        ("/var/lib/birds.tflite", VISION, "/var"),
        ("/home/me/key.pem", PUBLISHER, "/home"),
        ("/var/lib/key.pem", PUBLISHER, ""),
        ("/etc/edgecam/birds.tflite", VISION, ""),
        ("/homes/birds.tflite", VISION, ""),
    ],
)
def test_what_a_unit_hides(path: str, half: sandbox.Half, folder: str) -> None:
    said = sandbox.unreachable(Path(path), half)
    wanted = f"{path} is hidden from {half.user}.service, as all of {folder} is: move it to "
    assert said == (f"{wanted}/etc/edgecam" if folder else "")


def test_a_link_into_what_is_hidden_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("/home/me/birds.tflite")
    half = dataclasses.replace(VISION, hidden=("/home",))
    assert "/home/me/birds.tflite is hidden" in sandbox.unreachable(tmp_path / "model", half)


@pytest.mark.parametrize(("mode", "readable"), [(0o644, True), (0o640, False), (0o600, False)])
def test_a_file_that_the_user_may_not_read(tmp_path: Path, mode: int, *, readable: bool) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "model").touch()
    (tmp_path / "model").chmod(mode)
    said = sandbox.unreachable(tmp_path / "model", NOBODY)
    assert ("may not be read by the user nobody: `sudo chgrp nobody" in said) is not readable
    os.chown(tmp_path / "model", 65534, 65534)
    assert sandbox.unreachable(tmp_path / "model", NOBODY) == ""


def test_a_folder_that_the_user_may_not_enter(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    inner = tmp_path / "models"
    inner.mkdir(mode=0o700)
    (inner / "model").touch(mode=0o644)
    said = sandbox.unreachable(inner / "model", NOBODY)
    assert said == f"the user nobody may not enter {inner}: `sudo chmod o+x {inner}`"


@pytest.mark.parametrize(
    ("sections", "option"),
    [
        ({}, ""),
        ({"model": {"file": "/home/me/m"}}, "model.file"),
        ({"model": {"file": "/opt/m", "labels": "/home/me/l"}}, "model.labels"),
        ({"camera": {"source": "stills", "stills": {"folder": "/root"}}}, "camera.stills.folder"),
        (
            {"camera": {"source": "opencv", "opencv": {"source": "/home/me/a.avi"}}},
            "camera.opencv.source",
        ),
        (
            {"camera": {"source": "opencv", "opencv": {"source": "rtsp://h"}}},
            "camera.opencv.source",
        ),
        ({"camera": {"source": "opencv", "opencv": {"source": "/dev/video0"}}}, ""),
        ({"camera": {"source": "pi", "opencv": {"source": "rtsp://h"}}}, ""),
        ({"mqtt": {"tls": {"ca_file": "/home/me/ca"}}}, "mqtt.tls.ca_file"),
        ({"mqtt": {"tls": {"key_file": "/home/me/key"}}}, "mqtt.tls.key_file"),
        ({"outbox": {"file": "/srv/outbox.db"}}, "outbox.file"),
        ({"outbox": {"file": "/var/lib/edgecam/mine/outbox.db"}}, ""),
    ],
)
def test_every_path_is_looked_at(sections: dict[str, object], option: str) -> None:
    assert [named for named, _ in sandbox.problems(config(**sections))] == [option] * bool(option)


@pytest.mark.parametrize(
    ("hours", "was_set", "visibly", "option"),
    [
        (["07:00-22:00"], True, False, "schedule.active_hours"),
        (["07:00-22:00"], True, True, ""),
        (["07:00-22:00"], False, False, ""),  # nor has anybody else seen it
        ([], True, False, ""),
    ],
)
def test_a_clock_that_was_set_and_the_unit_does_not_see_it(
    monkeypatch: pytest.MonkeyPatch, hours: list[str], option: str, *, was_set: bool, visibly: bool
) -> None:
    monkeypatch.setattr(clock, "was_set", lambda: was_set)
    monkeypatch.setattr(clock, "was_set_visibly", lambda: visibly)
    found = sandbox.problems(config(schedule={"active_hours": hours}))
    assert [named for named, _ in found] == [option] * bool(option)


@pytest.mark.parametrize(
    ("text", "counted"), [("cpuset cpu io pids\n", False), ("cpu memory pids\n", True)]
)
def test_a_kernel_that_counts_no_memory(tmp_path: Path, text: str, *, counted: bool) -> None:
    file = tmp_path / "cgroup.controllers"
    assert list(sandbox.uncounted_memory(file)) == []
    file.write_text(text)
    said = list(sandbox.uncounted_memory(file))
    assert ["cgroup_enable=memory" in line for line in said] == [True] * (not counted)
