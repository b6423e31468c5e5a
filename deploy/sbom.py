"""Writes the bill of materials of Debian packages, beside each: `python deploy/sbom.py FILE.deb...`.

CycloneDX 1.6, read from the finished package and not from the lists that it was made of: each Python
distribution with its version, licence and the SHA-256 of each of its files, the model, and whatever
else is in it. Compiled Python (.pyc) is left out: it is made of the file beside it.
"""

import hashlib
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

_APPROVED = "License :: OSI Approved :: "
_MODEL_LICENSE = "Apache-2.0"  # models/README.md
_KINDS = {".tflite": ComponentType.MACHINE_LEARNING_MODEL, ".jpg": ComponentType.DATA}


def main(packages: Sequence[str]) -> int:
    """Write `FILE.cdx.json` for every `FILE.deb`, and print its path."""
    if not packages:
        print("usage: python deploy/sbom.py FILE.deb...", file=sys.stderr)
        return 2
    for package in map(Path, packages):
        if not package.is_file():
            print(f"{package}: there is no such package: deploy/build-deb", file=sys.stderr)
            return 1
        text = JsonV1Dot6(bill(package)).output_as_string(indent=1)
        problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        if problem is not None:
            print(f"{package}: its bill of materials is not valid: {problem}", file=sys.stderr)
            return 1
        written = package.with_suffix(".cdx.json")
        written.write_text(text + "\n", encoding="utf-8")
        print(written)
    return 0


def bill(package: Path) -> Bom:
    """What is inside a package. The same file gives the same bill."""
    fields = ("Package", "Version", "Architecture")
    name, version, architecture = (_dpkg_deb("--field", str(package), field) for field in fields)
    purl = PackageURL("deb", None, name, version, {"arch": architecture})
    digest = _sha256(package)
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{purl}#{digest.content}"))
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        hashes=[digest],
        licenses=[LicenseFactory().make_from_string(_MODEL_LICENSE)],
    )
    with tempfile.TemporaryDirectory() as folder:
        _dpkg_deb("--extract", str(package), folder)
        parts = list(_parts(Path(folder)))
        bom.metadata.timestamp = _newest(Path(folder))
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(bom.metadata.component, parts)
    return bom


def _parts(root: Path) -> Iterator[Component]:
    """The distributions, then every file that belongs to none of them."""
    listed: set[Path] = set()
    (site,) = root.glob("opt/edgecam/lib/python*/site-packages")
    for distribution in distributions(path=[str(site)]):
        named = (site / str(file) for file in distribution.files or ())
        files = {file for file in named if file.is_file()}
        listed |= files
        yield _library(distribution, sorted(files), root)
    for file in sorted(root.rglob("*")):
        if (
            file.is_file()
            and not file.is_symlink()
            and file.suffix != ".pyc"
            and file not in listed
        ):
            yield _file(file, root)


def _library(distribution: Distribution, files: list[Path], root: Path) -> Component:
    name = distribution.name
    purl = PackageURL("pypi", None, name.lower().replace("_", "-"), distribution.version)
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=distribution.version,
        purl=purl,
        bom_ref=str(purl),
        licenses=_licenses(distribution.metadata),
        components=[_file(file, root) for file in files],
    )


def _licenses(metadata: PackageMetadata) -> list[License]:
    """As the wheel states it: an SPDX expression, else a name, else a classifier."""
    stated = (
        *metadata.get_all("License-Expression", []),
        *metadata.get_all("License", []),
        *(text for text in metadata.get_all("Classifier", []) if text.startswith(_APPROVED)),
    )
    return [LicenseFactory().make_from_string(text.removeprefix(_APPROVED)) for text in stated[:1]]


def _file(file: Path, root: Path) -> Component:
    path = f"/{file.relative_to(root)}"
    kind = _KINDS.get(file.suffix, ComponentType.FILE)
    is_model = kind is ComponentType.MACHINE_LEARNING_MODEL
    return Component(
        type=kind,
        name=path,
        bom_ref=path,
        hashes=[_sha256(file)],
        licenses=[LicenseFactory().make_from_string(_MODEL_LICENSE)] if is_model else (),
    )


def _sha256(file: Path) -> HashType:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _newest(root: Path) -> datetime:
    """The time stamp of the packaged files, which is the commit's."""
    files = (file for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)


def _dpkg_deb(*arguments: str) -> str:
    done = subprocess.run(["dpkg-deb", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
