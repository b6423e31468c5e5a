"""Whatever ends a command must end the processes that it started.

An interrupt is raised between any two instructions: also between the start of a process and the
moment somebody knows of it, and while its end is waited for. So every process is started here, and
none outlives the folder it works in.
"""

import contextlib
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

TIMEOUT_S = 12.0  # more than either half takes to stop

_started: list[subprocess.Popen[bytes]] = []


class _Interrupt:
    """The handler of a signal: raises KeyboardInterrupt, but not where that would lose a process."""

    def __init__(self) -> None:
        self._asked = False
        self._held = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._raise()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What comes meanwhile is raised at the end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._raise()

    def _raise(self) -> None:
        if self._asked and not self._held:
            self._asked = False
            raise KeyboardInterrupt


_interrupt = _Interrupt()


def on_any_signal() -> None:
    """Let SIGTERM and SIGHUP end this program as Ctrl-C does: by KeyboardInterrupt."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def start(
    command: Sequence[str],
    *,
    stdin: IO[bytes] | int | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that the `workplace` around it ends, where nobody else does."""
    with _interrupt.held():
        # A session of its own: Ctrl-C at the terminal is for us, who then end it.
        process = subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=stderr, env=env, start_new_session=True
        )
        _started.append(process)
    return process


def end(process: subprocess.Popen[bytes], timeout_s: float = TIMEOUT_S) -> None:
    """Ask it to stop as systemd does, and kill it where it does not."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def workplace(prefix: str, place: str | None = None) -> Iterator[Path]:
    """A folder in `place`; what was started meanwhile has ended before it is removed."""
    before = len(_started)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name:
        try:
            yield Path(name)
        finally:
            with _interrupt.held():
                for process in _started[before:]:
                    end(process)
                del _started[before:]
