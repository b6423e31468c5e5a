"""An authority of a test's own, and the certificates that it signs, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """Where a certificate and its key lie."""

    file: Path
    key: Path


class Authority:
    """A certificate authority in a folder, as mosquitto-tls(7) makes it: without a key usage."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = name
        self.file = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "30", "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.file),
        )

    def sign(self, host: str, *, days: int = 30) -> Certificate:
        """A certificate for a host; with fewer than 0 days one that has expired."""
        made = Certificate(
            self._folder / f"{self._name}-{host}{days}.pem",
            self._folder / f"{self._name}-{host}{days}.key",
        )
        request = made.file.with_suffix(".csr")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={host}", "-keyout", made.key, "-out", request)
        extensions = made.file.with_suffix(".ext")
        extensions.write_text(f"subjectAltName=DNS:{host}\n", encoding="ascii")
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key),
            *("-CAcreateserial", "-extfile", extensions, "-days", str(days), "-out", made.file),
        )
        return made


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
