"""What lets us in at the broker, and lets us know it: password, certificates."""

import os
import ssl
from pathlib import Path

from edgecam.config import MqttOptions
from edgecam.errors import ConfigError

MAX_PASSWORD_BYTES = 4096
CREDENTIAL = "mqtt-password"  # its name in LoadCredential= of the unit


def password(options: MqttOptions) -> str | None:
    """The password: from the systemd credential, else from the file that is named.

    Raises ConfigError where that cannot be read, or is empty.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(folder) / CREDENTIAL
    if folder and credential.exists():
        file = credential
    elif options.password_file is not None:
        file = Path(options.password_file)
    else:
        return None
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_PASSWORD_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        msg = f"the password file {file} cannot be read: {reason}"
        raise ConfigError(msg, option="mqtt.password_file") from error
    if not text:
        msg = f"the password file {file} is empty"
        raise ConfigError(msg, option="mqtt.password_file")
    return text


def tls_context(options: MqttOptions) -> ssl.SSLContext:
    """TLS 1.2 or later, host name and certificate checked, always.

    Raises ConfigError for files that cannot be used.
    """
    tls = options.tls
    for name in ("ca_file", "cert_file", "key_file"):
        _check_readable(f"mqtt.tls.{name}", getattr(tls, name))
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.cert_file is not None:
            # An encrypted key is refused; without a password here OpenSSL would ask the terminal.
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        msg = f"a certificate or key cannot be used: {error.strerror or error}"
        raise ConfigError(msg, option="mqtt.tls") from error
    return context


def _check_readable(option: str, file: str | None) -> None:
    """OpenSSL does not say which file it could not read."""
    if file is None:
        return
    try:
        Path(file).open("rb").close()
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise ConfigError(msg, option=option) from error
