"""Commands inside a virtual machine, through QEMU's guest agent: no network and no login.

Its protocol is JSON in lines: https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
"""

import base64
import contextlib
import json
import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHANNEL = "org.qemu.guest_agent.0"
"""The name of the port at which the agent listens inside."""

_ANSWER_S = 60.0
_SYNC_S = 2.0


class AgentError(Exception):
    """The agent is not there, or refuses."""


class GuestAgent:
    """The host's end."""

    def __init__(self, port: Path) -> None:
        """`port`: the socket that QEMU listens on."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(port))
        self._unread = b""

    def answers(self) -> bool:
        """Whether the agent is there; what it, or one before it, still had to say is passed over."""
        number = secrets.randbelow(2**31)
        with contextlib.suppress(AgentError):
            # The agent forgets whatever it had half read, and marks where its answer begins.
            self._send(b"\xff", "guest-sync-delimited", {"id": number})
            deadline_s = time.monotonic() + _SYNC_S
            while self._line(deadline_s).rpartition(b"\xff")[2] != b'{"return": %d}' % number:
                pass
            return True
        return False

    def run(
        self, command: Sequence[str], stdin: bytes, timeout_s: float
    ) -> tuple[int, bytes, bytes]:
        """Run a command as root: its exit code (minus the signal that ended it) and its output.

        Raises AgentError where it does not end in time.
        """
        start = {"path": command[0], "arg": list(command[1:]), "capture-output": True}
        if stdin:
            start["input-data"] = base64.b64encode(stdin).decode()
        process = self._ask("guest-exec", start)["pid"]
        deadline_s = time.monotonic() + timeout_s
        while not (status := self._ask("guest-exec-status", {"pid": process}))["exited"]:
            if time.monotonic() > deadline_s:
                msg = f"not done after {timeout_s:g} s: {' '.join(command)}"
                raise AgentError(msg)
            time.sleep(0.2)  # each question costs the machine's emulated processor
        code = -status["signal"] if "signal" in status else status["exitcode"]
        out, err = (base64.b64decode(status.get(name, "")) for name in ("out-data", "err-data"))
        return code, out, err

    def start(self, command: Sequence[str]) -> None:
        """Start a command that may end the agent before it has answered: what comes of it is not told."""
        self._send(b"", "guest-exec", {"path": command[0], "arg": list(command[1:])})

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _ask(self, what: str, arguments: dict[str, Any]) -> Any:
        self._send(b"", what, arguments)
        answer = json.loads(self._line(time.monotonic() + _ANSWER_S))
        if "error" in answer:
            raise AgentError(f"{what}: {answer['error']['desc']}")
        return answer["return"]

    def _send(self, before: bytes, what: str, arguments: dict[str, Any]) -> None:
        request = json.dumps({"execute": what, "arguments": arguments}).encode()
        try:
            self._socket.settimeout(_ANSWER_S)
            self._socket.sendall(before + request + b"\n")
        except OSError as error:
            raise AgentError(f"the machine takes no commands: {error}") from error

    def _line(self, deadline_s: float) -> bytes:
        while b"\n" not in self._unread:
            try:
                self._socket.settimeout(max(0.01, deadline_s - time.monotonic()))
                part = self._socket.recv(65_536)
            except OSError as error:
                raise AgentError(f"the machine does not answer: {error}") from error
            if not part:
                raise AgentError("the machine is gone")
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        return line
