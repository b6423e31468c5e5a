"""`edgecam run vision` and `edgecam run publisher` as real processes, on a configuration made for it.

What they use is told by the kernel: proc(5) and clock_getcpuclockid(3).
"""

import ctypes
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from edgecam.config import Config
from edgecam.errors import EXIT_FAILURE, EdgecamError
from edgecam.workshop import ending

_POLL_S = 0.005
_BYTES_PER_MB = 2**20
# `Daemon` says so right after READY=1, which itself is heard only where systemd-python is installed.
_READY = re.compile(r"edgecam\.appliance\.daemon: ready$", re.MULTILINE)
_LOGGED = re.compile(r"^[-\d]+ [:,\d]+ [A-Z]+ +[\w.]+: ")
_WAITING = re.compile(r"edgecam\.vision\.capture: (.*); waiting for it$", re.MULTILINE)
# What a service manager told this process is not for those it starts.
_OF_SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "JOURNAL_STREAM")
_libc = ctypes.CDLL(None, use_errno=True)


class HalfEndedError(EdgecamError):
    """A half ended, or never came so far; `exit_code` is its own."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Memory:
    """What a process holds of the machine's memory, in MB of 2**20 bytes."""

    rss_mb: float
    """Now: VmRSS of proc(5)."""
    peak_mb: float
    """At most, so far: VmHWM."""


def write_configuration(folder: Path, config: Config, changes: Mapping[str, Any]) -> Path:
    """`config` with `changes` merged into it, and with wall and outbox in `folder`; the file."""
    options: dict[str, Any] = msgspec.to_builtins(config)
    here = {
        "link": {"socket": str(folder / "wall")},
        "outbox": {"file": str(folder / "outbox" / "outbox.db")},
        "log": {"level": "info"},
    }
    file = folder / "config.yaml"
    merged = _merged(_merged(options, here), changes)
    file.write_bytes(msgspec.json.encode(merged))  # JSON is YAML
    return file


def _merged(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Sections are merged, all else is replaced; an empty section replaces one, too."""
    merged = dict(options)
    for name, value in changes.items():
        both = value and isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged


class HalfProcess:
    """One half, from its start to its end; a context manager that ends it whatever happens."""

    def __init__(
        self, half: Literal["vision", "publisher"], config: Path, module: str = ""
    ) -> None:
        """Start it; its log is kept in the configuration's folder.

        `module` is run in place of `edgecam run`, on the configuration.
        """
        self._half = half
        self._config = config
        self._log = config.with_name(f"{half}.log")
        self._cpu_clock: int | None = None
        environment = {k: v for k, v in os.environ.items() if k not in _OF_SYSTEMD}
        # The modules of this process and no others, whatever lies in the current folder (-P).
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        program = [module] if module else ["edgecam", "run", half, "-c"]
        command = [sys.executable, "-P", "-m", *program, str(config)]
        with self._log.open("wb") as log:
            self.started_s = time.monotonic()
            self._process = ending.Process(command, stdout=log, stderr=log, env=environment)

    @property
    def said(self) -> str:
        """Everything that it has logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, timeout_s: float) -> float:
        """Seconds from its start until it was ready. Raises HalfEndedError."""
        while not _READY.search(self.said):
            self.check()
            waiting = _WAITING.search(self.said)
            if waiting:
                raise HalfEndedError(waiting[1], EXIT_FAILURE)
            if time.monotonic() - self.started_s > timeout_s:
                msg = f"the {self._half} half was not ready in {timeout_s:g} s: {self._last_line}"
                raise HalfEndedError(msg, EXIT_FAILURE)
            time.sleep(_POLL_S)
        return time.monotonic() - self.started_s

    def check(self) -> None:
        """Raises HalfEndedError where it has ended."""
        code = self._process.exit_code
        if code == 0:
            msg = f"the {self._half} half has ended by itself"
            raise HalfEndedError(msg, EXIT_FAILURE)
        if code is not None:
            raise HalfEndedError(self._last_line, code if code > 0 else EXIT_FAILURE)

    def cpu_s(self) -> float:
        """The processor time that all its threads have used, to the nanosecond."""
        if self._cpu_clock is None:
            clock = ctypes.c_int()
            error = _libc.clock_getcpuclockid(self._process.pid, ctypes.byref(clock))
            if error:
                raise OSError(error, os.strerror(error))
            self._cpu_clock = clock.value
        return time.clock_gettime(self._cpu_clock)

    def memory(self) -> Memory:
        """What it holds of the machine's memory. Raises HalfEndedError where it has ended."""
        self.check()
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return Memory(_megabytes(status, "VmRSS"), _megabytes(status, "VmHWM"))

    def pss_mb(self) -> float | None:
        """Its proportional set size, in MB of 2**20 bytes: Pss of proc(5).

        None where that is kept from us: a half that is confined only lets root look.
        """
        try:
            text = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            return None
        return _megabytes(text, "Pss")

    def end(self) -> None:
        """Ask it to stop as systemd does, and kill it where it does not."""
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def _last_line(self) -> str:
        """What it said last, without a time, or the name of a configuration that only lived here."""
        lines = self.said.strip().splitlines() or [f"the {self._half} half said nothing"]
        message = _LOGGED.sub("", lines[-1])
        return re.sub(rf"{re.escape(str(self._config))}(:\d+)?: ", "", message)


def _megabytes(status: str, name: str) -> float:
    kilobytes = int(status.partition(f"{name}:")[2].split()[0])
    return kilobytes * 1024 / _BYTES_PER_MB
