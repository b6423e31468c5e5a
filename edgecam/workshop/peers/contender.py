"""One peer's program in its own environment, from this side of its standard input and output."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import edgecam
from edgecam.errors import EdgecamError
from edgecam.workshop import ending
from edgecam.workshop.peers.lineup import Entrant

ANSWER_TIMEOUT_S = 120.0  # MediaPipe loads matplotlib, which searches for fonts the first time
# Programs are found here; of edgecam, all but our own import nothing that needs a library.
_SOURCES = Path(edgecam.__file__).resolve().parents[1]
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
        if not python.exists():
            msg = f"{python.parents[1].name} is not there; scripts/bench --peers makes it"
            raise PeerFailedError(msg)
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_TIMEOUT_S)
        self._wire = ours.makefile("rw", encoding="utf-8")
        ours.close()  # the file above keeps it open
        with self._log.open("wb") as log, theirs:
            self._process = ending.Process(
                [str(python), "-P", "-m", entrant.module, json.dumps(settings)],
                env={**os.environ, "PYTHONPATH": str(_SOURCES)},
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=log,
            )
        try:
            loaded = self._answer()
        except BaseException:
            self.end()
            raise
        self.versions: dict[str, str] = loaded["versions"]
        self.note: str = loaded["note"]

    def ask(self, do: str, **how: float) -> dict[str, Any]:
        """The answer to a question; `programs/turns.py` says which. Raises PeerFailedError."""
        try:
            self._wire.write(json.dumps({"do": do, **how}) + "\n")
            self._wire.flush()
        except OSError:
            raise PeerFailedError(self._last_line) from None
        return self._answer()

    def end(self) -> None:
        """End it."""
        try:
            self._wire.close()
        except OSError:
            pass  # it is gone, with a question unread
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._wire.readline()
        except TimeoutError:
            msg = f"no answer in {ANSWER_TIMEOUT_S:g} s"
            raise PeerFailedError(msg) from None
        except OSError:
            line = ""  # it ended with a question unread
        if not line:
            raise PeerFailedError(self._last_line)
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def _last_line(self) -> str:
        """Why it ended: what a traceback ends with."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:_LONGEST_REASON] if lines else "it ended without a word"
