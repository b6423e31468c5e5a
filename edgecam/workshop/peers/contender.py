"""One peer's program in its own environment, from this side of its standard input and output."""

import json
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from edgecam.errors import EdgecamError
from edgecam.workshop.peers.lineup import Entrant

LOAD_TIMEOUT_S = 120.0  # MediaPipe imports matplotlib, which makes a font cache at its first start
ANSWER_TIMEOUT_S = 120.0
_END_TIMEOUT_S = 10.0
_LONGEST_REASON = 200


class PeerFailedError(EdgecamError):
    """A peer cannot take part, or not any more; the message says why."""


class Contender:
    """A running program; a context manager that ends it whatever happens."""

    def __init__(
        self, entrant: Entrant, python: Path, settings: Mapping[str, Any], folder: Path
    ) -> None:
        """Start it and wait until it is loaded. Raises PeerFailedError.

        `python` is of the peer's environment; what it prints is kept in `folder`.
        """
        self._log = folder / f"{entrant.name}.log"
        self._title = entrant.title
        if not python.exists():
            msg = f"its environment is not there ({python.parents[1].name})"
            raise PeerFailedError(msg)
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C at the terminal is for us, who then end it.
            self._process = subprocess.Popen(
                [str(python), str(entrant.file), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        try:
            loaded = self._answer(LOAD_TIMEOUT_S)
        except BaseException:
            self.end()
            raise
        self.versions: dict[str, str] = loaded["versions"]
        self.note: str = loaded["note"]

    def ask(self, do: str, **how: float) -> dict[str, Any]:
        """The answer to a question; `programs/turns.py` says which. Raises PeerFailedError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **how}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerFailedError(self._last_line) from None
        return self._answer(ANSWER_TIMEOUT_S)

    def end(self) -> None:
        """Close its input, and kill it where that does not end it."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # it is gone, with a question unread
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        """The next line. A program writes one only when it was asked, and so none is buffered."""
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], timeout_s)[0]:
            msg = f"no answer in {timeout_s:g} s"
            raise PeerFailedError(msg)
        line = stdout.readline()
        if not line:
            raise PeerFailedError(self._last_line)
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def _last_line(self) -> str:
        """Why it ended: what a traceback ends with."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:_LONGEST_REASON] if lines else "it ended without a word"
