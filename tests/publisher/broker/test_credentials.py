"""Passwords and certificates, and files that hold none."""

import errno
from pathlib import Path
from typing import IO, Any

import pytest

from edgecam.config import MqttOptions
from edgecam.config.options import TlsOptions
from edgecam.errors import ConfigError
from edgecam.publisher.broker import credentials


def test_a_certificate_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        credentials.tls_context(MqttOptions(tls=TlsOptions(ca_file=str(tmp_path / "none.pem"))))
    assert caught.value.option == "mqtt.tls.ca_file"


def test_the_password_is_the_files_first_line_and_the_credential_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from file\n")
    options = MqttOptions(username="cam", password_file=str(file))
    assert credentials.password(options) == "from file"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credentials.password(options) == "from file"
    (tmp_path / credentials.CREDENTIAL).write_text("from credential")
    assert credentials.password(options) == "from credential"


@pytest.mark.parametrize("empty", ["", "\n"])
def test_an_empty_credential_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    """The package comes with one: who has a broker without passwords need not do anything."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / credentials.CREDENTIAL).write_text(empty)
    assert credentials.password(MqttOptions()) is None
    file = tmp_path / "password"
    file.write_text("from file")
    named = MqttOptions(username="cam", password_file=str(file))
    assert credentials.password(named) == "from file"
    (tmp_path / credentials.CREDENTIAL).write_text("from credential")
    assert credentials.password(named) == "from credential"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        credentials.password(MqttOptions(username="cam", password_file=str(file)))
    assert caught.value.option == "mqtt.password_file"
    assert str(file) in str(caught.value)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for /etc/edgecam."""
    monkeypatch.setattr(credentials, "INSTALLED", tmp_path / "config.yaml")
    monkeypatch.setattr(credentials, "LOADED", tmp_path / credentials.CREDENTIAL)
    return tmp_path


def test_an_empty_credential_means_that_the_file_it_was_made_from_is_empty(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unit's user cannot look into that file, and would be told to use sudo."""
    handed = installed / "handed"
    handed.mkdir()
    (handed / credentials.CREDENTIAL).write_text("\n")
    options = MqttOptions(username="cam", password_file=str(credentials.LOADED))
    credentials.LOADED.write_text("of root")
    assert credentials.password(options) == "of root"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    with pytest.raises(ConfigError) as caught:
        credentials.password(options)
    assert str(caught.value).endswith(f"the password file {credentials.LOADED} is empty")


@pytest.mark.parametrize("in_unit", [True, False])
def test_a_file_of_another_user_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_unit: bool
) -> None:
    (tmp_path / credentials.CREDENTIAL).touch()
    file = tmp_path / "secret"
    opened = Path.open

    def open_own(path: Path, mode: str) -> IO[Any]:
        if path == file:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", open_own)
    if in_unit:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        credentials.password(MqttOptions(username="cam", password_file=str(file)))
    way_out = f"write it into {credentials.LOADED}" if in_unit else "is this to be run with sudo?"
    assert str(caught.value).endswith(f"{file} cannot be read: Permission denied; {way_out}")


@pytest.mark.parametrize(("content", "wanted"), [("of root\n", "of root"), ("\n", None)])
def test_people_get_the_password_that_the_units_of_their_configuration_have(
    installed: Path, content: str, wanted: str | None
) -> None:
    credentials.LOADED.write_text(content)
    mine = credentials.as_units_have_it(MqttOptions(username="cam"), installed / "config.yaml")
    assert credentials.password(mine) == wanted
    other = credentials.as_units_have_it(MqttOptions(username="cam"), installed / "other.yaml")
    assert credentials.password(other) is None


def test_people_with_an_installed_configuration_may_have_no_password_file(installed: Path) -> None:
    options = MqttOptions(username="cam")
    assert credentials.as_units_have_it(options, installed / "config.yaml") == options
