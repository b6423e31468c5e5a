"""Passwords and certificates, and files that hold none."""

from pathlib import Path

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
