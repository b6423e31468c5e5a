"""The bill of materials names what is inside a package, and nothing else."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT

_SITE = "opt/edgecam/lib/python3.11/site-packages"
_FILES = {
    "DEBIAN/control": "Package: edgecam\nVersion: 0.2.0+deb12\nArchitecture: arm64\n"
    "Maintainer: nobody <nobody@example.org>\nDescription: a test\n",
    f"{_SITE}/tiny/__init__.py": "",
    f"{_SITE}/tiny/__pycache__/__init__.pyc": "compiled",
    f"{_SITE}/tiny-1.5.dist-info/METADATA": "Metadata-Version: 2.4\nName: tiny\nVersion: 1.5\n"
    "License-Expression: MIT OR Apache-2.0\n",
    f"{_SITE}/tiny-1.5.dist-info/RECORD": "tiny/__init__.py,,\ntiny/left_out.py,,\n",
    "opt/edgecam/share/edgecam/models/tiny.tflite": "a model",
    "etc/edgecam/config.yaml": "node: door\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package that was made by dpkg-deb."""
    for name, text in _FILES.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text, encoding="utf-8")
    built = tmp_path / "edgecam_0.2.0+deb12_arm64.deb"
    pack = ("dpkg-deb", "--root-owner-group", "--build", str(tmp_path / "root"), str(built))
    subprocess.run(pack, check=True, capture_output=True)
    return built


def bill(package: Path) -> dict[str, Any]:
    command = (sys.executable, str(ROOT / "deploy" / "sbom.py"), str(package))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    written = package.with_suffix(".cdx.json")
    assert done.stdout == f"{written}\n"
    found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return found


def sha256(content: bytes) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


def test_it_is_the_bill_of_that_package(package: Path) -> None:
    about = bill(package)["metadata"]["component"]

    assert (about["name"], about["version"]) == ("edgecam", "0.2.0+deb12")
    assert about["hashes"] == sha256(package.read_bytes())


def test_a_library_stands_with_version_licence_and_its_files(package: Path) -> None:
    (library,) = (part for part in bill(package)["components"] if part["type"] == "library")

    assert (library["name"], library["version"]) == ("tiny", "1.5")
    assert library["purl"] == "pkg:pypi/tiny@1.5"
    assert library["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    (file,) = library["components"]  # what RECORD names and the package has not is not there
    assert file["name"] == f"/{_SITE}/tiny/__init__.py"
    assert file["hashes"] == sha256(b"")


def test_the_model_and_every_other_file_stand_with_their_hashes(package: Path) -> None:
    parts = {part["name"]: part for part in bill(package)["components"]}

    model = parts["/opt/edgecam/share/edgecam/models/tiny.tflite"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == sha256(b"a model")
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert parts["/etc/edgecam/config.yaml"]["hashes"] == sha256(b"node: door\n")
    assert not [name for name in parts if name.endswith(".pyc")]


def test_the_same_package_has_the_same_bill(package: Path) -> None:
    assert bill(package) == bill(package)


def test_a_package_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    command = (sys.executable, str(ROOT / "deploy" / "sbom.py"), str(tmp_path / "none.deb"))
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "none.deb" in done.stderr
