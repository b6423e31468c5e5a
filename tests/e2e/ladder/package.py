"""edgecam's Debian packages, built by deploy/build-deb and kept."""

import hashlib
import os
from pathlib import Path

from support.places import ROOT

from ladder import cache
from ladder.command import run
from ladder.rootfs import HOST_ARCHITECTURE

# What a package is made from; nothing else in the checkout changes it.
_FOLDERS = ("deploy", "edgecam", "models", "scripts", "systemd")
OLDER = "0.1.9"
"""A version before every one that this checkout has had: what upgrades come from."""


def built(release: str, *, architecture: str = HOST_ARCHITECTURE, version: str = "") -> Path:
    """The package of this checkout for a release; of another `version` with the same content."""

    def make(folder: Path) -> None:
        named = ("--version", version) if version else ()
        folder.mkdir()
        # What is inside is the same.
        quick = {**os.environ, "DPKG_DEB_COMPRESSOR_LEVEL": "1"}
        run(ROOT / "deploy" / "build-deb", *named, release, architecture, folder, env=quick)

    made_from = f"{release} {architecture} {version} {_fingerprint()}"
    name = f"package-{release}-{architecture}"
    # deploy/build-deb makes its tools in the checkout, once.
    folder = cache.kept(name, made_from, make, one_by_one="build-deb")
    (package,) = folder.glob("*.deb")
    return package


def _fingerprint() -> str:
    """A hash of all sources as they lie there, committed or not."""
    inside = (file for folder in _FOLDERS for file in (ROOT / folder).rglob("*"))
    total = hashlib.sha256()
    for file in sorted([*inside, *ROOT.glob("*.*"), ROOT / "LICENSE"]):
        if file.is_file() and "__pycache__" not in file.parts:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()
