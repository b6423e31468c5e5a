"""What figures are said to be of: a commit of this checkout, or the version of a package."""

import subprocess
from pathlib import Path

import pytest

from edgecam import __version__
from edgecam.workshop import origin

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Somebody's checkout of something."""
    subprocess.run([*GIT, tmp_path, "init", "-q"], check=True)
    subprocess.run([*GIT, tmp_path, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    return tmp_path


def test_a_checkout_tells_its_commit(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "INSTALLATION", checkout)
    said = subprocess.run(
        [*GIT, checkout, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert said.stdout.startswith(origin.commit())
    assert f", commit {origin.commit()}: " in origin.origin()


def test_a_package_within_the_checkout_of_something_else_tells_its_version(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = checkout / ".venv" / "share" / "edgecam"
    share.mkdir(parents=True)
    monkeypatch.setattr(origin, "INSTALLATION", share)
    assert origin.commit() == __version__
    assert f", edgecam {__version__}: " in origin.origin()


def test_without_git_there_is_the_version(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "INSTALLATION", checkout)
    monkeypatch.setenv("PATH", str(checkout / "nothing"))
    assert origin.commit() == __version__
