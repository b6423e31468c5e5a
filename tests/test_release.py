"""A release has one version, and is made of a commit that is tagged with it, or not at all."""

import re
import subprocess
from pathlib import Path

import pytest
from support.places import ROOT

import edgecam

_RELEASES = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of its own with what `scripts/release` looks at before it builds."""
    for name in (
        "edgecam/__init__.py",
        "CHANGELOG.md",
        "scripts/release",
        "scripts/environment.sh",
        "deploy/releases.sh",
    ):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".gitignore").write_text("/dist/\n/built\n", encoding="utf-8")
    _builder(tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    return tmp_path


def _builder(folder: Path) -> None:
    """A stand-in for what takes minutes: it writes down what it was asked for."""
    for name, text in {
        "deploy/build-deb": '#!/bin/sh\nmkdir -p dist\necho "$@" >>built\n'
        'echo "$@" >"dist/edgecam_$1_$2.deb"\necho "dist/edgecam_$1_$2.deb"\n',
        ".venv-package/bin/python": '#!/bin/sh\nshift\necho "$@" >dist/edgecam_bills\n',
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)


def release(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "scripts/release"], cwd=checkout, capture_output=True, text=True, check=False
    )


def refusal(checkout: Path) -> str:
    """The one line with which nothing was built."""
    done = release(checkout)
    assert done.returncode == 1
    assert not (checkout / "built").exists()
    (line,) = done.stderr.splitlines()
    return line


def test_the_version_is_the_newest_of_the_changelog() -> None:
    found: list[tuple[str, str]] = _RELEASES.findall((ROOT / "CHANGELOG.md").read_text("utf-8"))

    assert found[0][0] == edgecam.__version__
    assert found == sorted(found, key=lambda release: release[1], reverse=True)


def test_a_tagged_commit_is_built_for_every_release_and_architecture(checkout: Path) -> None:
    git(checkout, "tag", f"v{edgecam.__version__}")

    assert release(checkout).returncode == 0
    assert (checkout / "built").read_text(encoding="utf-8").splitlines() == [
        "bookworm arm64",
        "bookworm amd64",
        "trixie arm64",
        "trixie amd64",
    ]
    sums = (checkout / "dist" / "SHA256SUMS").read_text(encoding="utf-8")
    assert len(re.findall(r"^[0-9a-f]{64}  edgecam_\w+\.deb$", sums, re.MULTILINE)) == 4


def test_a_commit_without_a_tag_is_refused(checkout: Path) -> None:
    assert refusal(checkout) == (
        f"release: this commit is not tagged v{edgecam.__version__}: git tag v{edgecam.__version__}"
    )


def test_a_commit_after_the_tagged_one_is_refused(checkout: Path) -> None:
    git(checkout, "tag", f"v{edgecam.__version__}")
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "More")

    assert "this commit is not tagged" in refusal(checkout)


def test_what_is_not_committed_is_refused(checkout: Path) -> None:
    git(checkout, "tag", f"v{edgecam.__version__}")
    (checkout / "new").touch()

    assert "changes that are not committed" in refusal(checkout)


def test_a_version_that_the_changelog_does_not_know_is_refused(checkout: Path) -> None:
    (checkout / "edgecam" / "__init__.py").write_text('__version__ = "9.9.9"\n', encoding="utf-8")

    assert refusal(checkout).startswith(
        "release: edgecam/__init__.py says 9.9.9, and the newest release in CHANGELOG.md is "
    )
