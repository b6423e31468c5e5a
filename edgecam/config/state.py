"""Where the queue is kept when the configuration does not say so."""

import os
from pathlib import Path

STATE = Path("/var/lib/edgecam")
"""StateDirectory= of edgecam-publisher.service."""
# Of an appliance that is installed one of these is there, also before its first start.
_INSTALLED = (STATE, Path("/etc/edgecam"))
_FILE = "outbox.db"


def outbox_file() -> str:
    """The appliance's own folder where one is installed, else one of the user who runs it.

    The latter is $XDG_STATE_HOME/edgecam, by the XDG Base Directory Specification 0.8; also for
    root: who tries edgecam out leaves nothing in the system's folders.
    """
    if any(place.is_dir() for place in _INSTALLED):
        return str(STATE / _FILE)
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    of_user = named if named.is_absolute() else Path(os.path.expanduser("~/.local/state"))  # noqa: PTH111  Path.expanduser raises where nobody knows a home
    return str(of_user / "edgecam" / _FILE)
