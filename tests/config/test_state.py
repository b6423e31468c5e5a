"""Where the queue is kept when the configuration does not say so."""

from pathlib import Path

import pytest
from support.configs import load_text

from edgecam.config import state


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = (tmp_path / "var", tmp_path / "etc")
    monkeypatch.setattr(state, "_INSTALLED", places)
    monkeypatch.setattr(state, "STATE", places[0])
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


def outbox(folder: Path, text: str = "{}\n") -> str:
    return load_text(folder, text).config.outbox.file.replace(f"{folder}/", "")


@pytest.mark.parametrize("there", ["var", "etc"])
def test_an_installed_appliance_has_a_folder_of_its_own(tmp_path: Path, there: str) -> None:
    """Also before the publisher's first start, which makes it."""
    (tmp_path / there).mkdir()
    assert outbox(tmp_path) == "var/outbox.db"


def test_who_tries_it_out_has_it_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outbox(tmp_path) == "home/.local/state/edgecam/outbox.db"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to be ignored: XDG Base Directory
    assert outbox(tmp_path) == "home/.local/state/edgecam/outbox.db"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    assert outbox(tmp_path) == "mine/edgecam/outbox.db"


def test_what_the_configuration_says_comes_first(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert outbox(tmp_path, "outbox: {file: here.db}\n") == "here.db"
