"""Where log lines go: to the journal, with fields of their own, else to standard error.

systemd-python comes from apt (`python3-systemd`) or the `systemd` extra.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

About = Literal[
    "appeared",
    "disappeared",
    "camera_trouble",
    "camera_ok",
    "loss",
    "broker_connected",
    "broker_disconnected",
    "disk_trouble",
    "disk_ok",
    "publisher_connected",
    "publisher_disconnected",
    "vision_connected",
    "vision_disconnected",
]
"""What a log line can be about; the first five are events of the same name in MQTT, too."""

_SOCKET = Path("/run/systemd/journal/socket")  # where sd_journal_sendv(3) sends
_LINE = "%(levelname)-7s %(name)s: %(message)s"


def about(event: About, *, region: str = "", reason: str = "") -> dict[str, str]:
    """The `extra` of a log line that is about an event: fields of its entry in the journal."""
    fields = {"EDGECAM_EVENT": event, "EDGECAM_REGION": region, "EDGECAM_REASON": reason}
    return {name: value for name, value in fields.items() if value}


def set_up(level: str, half: str) -> None:
    """Log from this level on; `half` is `vision`, `publisher` or `both`.

    Where standard error is the journal, entries get fields, for which its socket must be within
    reach; if it is not, lines go to standard error as anywhere, but without times of their own.
    """
    in_journal = _is_journal(2)
    journal = _journal() if in_journal and _SOCKET.exists() else None
    handler: logging.Handler
    if journal is None:
        handler = logging.StreamHandler(sys.stderr)
        line = _LINE if in_journal else f"%(asctime)s {_LINE}"
    else:
        fields = {"SYSLOG_IDENTIFIER": "edgecam", "EDGECAM_HALF": half}
        handler = journal.JournalHandler(sender_function=_sender(journal.send), **fields)
        line = "%(message)s"
    logging.basicConfig(level=level.upper(), format=line, handlers=[handler], force=True)


def set_level(level: str) -> None:
    """Log from this level on."""
    logging.getLogger().setLevel(level.upper())


def say_error(text: str) -> None:
    """Say on standard error why this process ends; to the journal as an error: sd-daemon(3)."""
    mark = "<3>" if _is_journal(2) else ""
    for line in text.splitlines():
        print(f"{mark}{line}", file=sys.stderr)


def _is_journal(descriptor: int) -> bool:
    """Whether systemd connected a descriptor to the journal: JOURNAL_STREAM in systemd.exec(5)."""
    seen = os.fstat(descriptor)
    return os.environ.get("JOURNAL_STREAM") == f"{seen.st_dev}:{seen.st_ino}"


def _journal() -> Any | None:  # noqa: ANN401  a module, or None without it
    try:
        from systemd import journal  # noqa: PLC0415  only a daemon pays for loading it
    except ImportError:
        return None
    return journal


def _sender(send: Callable[..., None]) -> Callable[..., None]:
    """Sends one entry, or says it on standard error where the journal does not take it."""

    def say(message: str, /, **fields: object) -> None:
        # The handler also gives what Python knows of a line, which is no field of the journal.
        try:
            send(message, **{name: it for name, it in fields.items() if name.isupper()})
        except OSError:
            print(message, file=sys.stderr)

    return say
