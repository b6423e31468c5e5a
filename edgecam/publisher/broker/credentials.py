"""What lets us in at the broker, and lets us know it: password, certificates."""

import os
import ssl
from pathlib import Path

from edgecam.config import MqttOptions
from edgecam.errors import ConfigError

MAX_PASSWORD_BYTES = 4096
CREDENTIAL = "mqtt-password"  # its name in LoadCredential= of the unit

_OTHER_NAME = "its certificate is for another name; mqtt.broker must name a host of the certificate"
_UNKNOWN_AUTHORITY = "its certificate is of an authority that is not known here (mqtt.tls.ca_file)"
# By X509_V_ERR_… of OpenSSL's x509_vfy.h.
_CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet; is the clock of this machine right?",
    10: "its certificate has expired; renew it at the broker (or is this machine's clock wrong?)",
    18: _UNKNOWN_AUTHORITY,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_OLD_TLS = "it speaks no TLS 1.2 or later; nothing older is used"
_NO_TLS = "it does not answer in TLS; is the port of mqtt.broker the one for TLS?"
# By a part of OpenSSL's reason (SSL_R_… of sslerr.h); the first that fits.
_HANDSHAKE_PROBLEMS = {
    "UNSUPPORTED_PROTOCOL": _OLD_TLS,
    "ALERT_PROTOCOL_VERSION": _OLD_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "UNEXPECTED": _NO_TLS,
    "ALERT_CERTIFICATE_REQUIRED": "it wants a certificate of ours (mqtt.tls.cert_file)",
    "ALERT_HANDSHAKE_FAILURE": "it refuses TLS with us; does it want mqtt.tls.cert_file?",
    "ALERT_CERTIFICATE": "it does not take our certificate (mqtt.tls.cert_file)",
    "ALERT_BAD_CERTIFICATE": "it does not take our certificate (mqtt.tls.cert_file)",
    "ALERT_UNKNOWN_CA": "it does not know the authority of our certificate (mqtt.tls.cert_file)",
}


def password(options: MqttOptions) -> str | None:
    """The password: from the systemd credential, else from the file that is named.

    An empty credential is none: the package comes with one, for a password to be written into.
    Raises ConfigError where either cannot be read, or the file that is named is empty.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(folder) / CREDENTIAL
    secret = _content(credential) if folder and credential.exists() else ""
    if secret or options.password_file is None:
        return secret or None
    secret = _content(Path(options.password_file))
    if not secret:
        msg = f"the password file {options.password_file} is empty"
        raise ConfigError(msg, option="mqtt.password_file")
    return secret


def _content(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_PASSWORD_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        advice = "; is this to be run with sudo?" if isinstance(error, PermissionError) else ""
        msg = f"the password file {file} cannot be read: {reason}{advice}"
        raise ConfigError(msg, option="mqtt.password_file") from error


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
        # Set by default from Python 3.13 on, it refuses authorities that were made as Mosquitto's
        # manual says (mosquitto-tls.7), for want of a key usage.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if tls.cert_file is not None:
            # An encrypted key is refused; without a password here OpenSSL would ask the terminal.
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        msg = f"a certificate or key cannot be used: {error.strerror or error}"
        raise ConfigError(msg, option="mqtt.tls") from error
    return context


def tls_problem(error: ssl.SSLError | ConnectionResetError) -> str:
    """Why no trust came about, and the option to look at."""
    if isinstance(error, ConnectionResetError):
        return _NO_TLS
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _CERTIFICATE_PROBLEMS.get(error.verify_code)
        return known or f"its certificate cannot be trusted: {error.verify_message}"
    reason = error.reason or str(error)
    for part, problem in _HANDSHAKE_PROBLEMS.items():
        if part in reason:
            return problem
    return f"TLS failed: {reason}"


def _check_readable(option: str, file: str | None) -> None:
    """OpenSSL does not say which file it could not read."""
    if file is None:
        return
    try:
        Path(file).open("rb").close()
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise ConfigError(msg, option=option) from error
