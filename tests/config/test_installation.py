"""The model and the samples are found from a checkout, and from a wheel in a real environment."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from support.places import ROOT

from edgecam.config import INSTALLATION

_STILLS = "camera: {source: stills}\noutbox: {file: outbox.db}\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that edgecam's wheel is installed into, not in place."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (wheel,) = folder.glob("edgecam-*.whl")
    venv.create(folder / "venv", symlinks=True)
    into = ("--python", str(folder / "venv"), "install", "--no-deps", "--no-index")
    _run(folder, sys.executable, "-m", "pip", *into, str(wheel))
    return folder / "venv"


def _run(folder: Path, *command: str) -> str:
    # What edgecam depends on is borrowed from the environment of the tests; edgecam itself is not
    # there, but named in a .pth file, which PYTHONPATH does not read.
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": sysconfig.get_path("purelib"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_checkout_is_its_own_installation() -> None:
    assert INSTALLATION == ROOT


def test_a_wheel_carries_what_the_defaults_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_STILLS, encoding="utf-8")

    shown = _run(tmp_path, str(installed / "bin" / "edgecam"), "check", "--offline")

    share = installed / "share" / "edgecam"
    assert f"folder: {share}/models/samples\n" in shown
    assert f"file: {share}/models/efficientnet_lite0_int8.tflite\n" in shown
    assert shown.endswith("# config.yaml is right\n")


def test_a_wheel_carries_the_reference_of_the_configuration(installed: Path) -> None:
    share = installed / "share" / "edgecam"

    assert (share / "config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()
    for name in ("SAMPLES.md", "samples.json"):
        assert (share / "models" / name).read_bytes() == (ROOT / "models" / name).read_bytes()
