"""Whatever ends a command must end the processes that it started.

An interrupt is raised between any two instructions: between the start of a process and the moment
somebody knows of it, within a look at whether it has ended (which leaves a lock of subprocess taken
for ever), and while its end is waited for. So all that is done with processes is done here, where it
is held back for so long; and none outlives the folder it works in.
"""

import atexit
import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

TIMEOUT_S = 25.0  # more than both halves take to stop, one after the other
_KILLED_S = 5.0  # what the kernel may take to end one
_POLL_S = 0.01


class _Interrupt:
    """The handler of a signal: raises KeyboardInterrupt, but not while it is held.

    Only the main thread may hold it: there Python runs its handlers.
    """

    def __init__(self) -> None:
        self.asked = False
        """Whether a signal has come meanwhile."""
        self.holds = 0
        """While there are any, what comes waits for `let_go`."""

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        if not self.holds:
            self._raise()

    def let_go(self) -> None:
        """After `holds += 1`, which is no method, for an interrupt may come before its first line."""
        self.holds -= 1
        if self.asked and not self.holds:
            self._raise()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What comes meanwhile is raised at the end."""
        self.holds += 1
        try:
            yield
        finally:
            self.let_go()

    def _raise(self) -> None:
        self.asked = False
        raise KeyboardInterrupt


_interrupt = _Interrupt()
_running: list["Process"] = []


def on_any_signal() -> None:
    """Let SIGTERM and SIGHUP end this program as Ctrl-C does: by KeyboardInterrupt.

    What whoever started it has it ignore stays ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


class Process:
    """One that the `workplace` around it ends, or at last the end of this program.

    For the main thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stdin: IO[bytes] | int | None = None,
        stdout: IO[bytes] | int | None = None,
        stderr: IO[bytes] | int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, in a session of its own: Ctrl-C at the terminal is for us, who then end it."""
        with _interrupt.held():
            self._process = subprocess.Popen(
                command, stdin=stdin, stdout=stdout, stderr=stderr, env=env, start_new_session=True
            )
            _running.append(self)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """As subprocess has it; None while it runs."""
        with _interrupt.held():
            return self._process.poll()

    def terminate(self) -> None:
        """Ask it to stop, as systemd does."""
        with _interrupt.held():
            self._process.terminate()

    def end(self, timeout_s: float = TIMEOUT_S) -> None:
        """Ask it to stop, and kill it where it does not."""
        self.terminate()
        deadline_s = time.monotonic() + timeout_s
        while self.exit_code is None and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        self.kill()

    def kill(self) -> None:
        """End it now, where it still runs."""
        with _interrupt.held():
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILLED_S)
            if self in _running:
                _running.remove(self)


@contextlib.contextmanager
def workplace(prefix: str, place: str | None = None) -> Iterator[Path]:
    """A folder in `place`; what was started meanwhile has ended before it is removed."""
    before = tuple(_running)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name:
        try:
            yield Path(name)
        finally:
            _interrupt.holds += 1
            try:
                _end([process for process in _running if process not in before])
            finally:
                _interrupt.let_go()


def _end(processes: Sequence[Process]) -> None:
    """All at once, while interrupts are held; another one says that nobody wants to wait."""
    for process in processes:
        process.terminate()
    deadline_s = time.monotonic() + TIMEOUT_S
    while any(process.exit_code is None for process in processes):
        if _interrupt.asked or time.monotonic() > deadline_s:
            break
        time.sleep(_POLL_S)
    for process in processes:
        process.kill()


@atexit.register
def _end_all() -> None:
    """Those whose workplace was interrupted before it could end them."""
    _interrupt.holds += 1
    _end(_running.copy())
