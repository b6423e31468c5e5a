"""A wall clock that a test moves under a running process; the monotonic clock stays as it is.

libfaketime cannot do that here: with 0.9.10 `time.sleep` of Python 3.11 fails with EINVAL.
"""

import os
import struct
import subprocess
import time
from pathlib import Path

# In a mount namespace of its own a process sees FOLDER as /run, so that a test plays timesyncd.
_WITH_OWN_RUN = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /run && exec "$@"')


class WallClock:
    """What a process started `through` and with `env` believes the time to be."""

    def __init__(self, folder: Path) -> None:
        library = folder / "wall_clock.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-ldl"],
            check=True,
        )
        self._offset = folder / "offset"
        self._run = folder / "run"
        self._run.mkdir()
        self.through = (*_WITH_OWN_RUN, str(self._run))
        self.env = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "WALL_CLOCK_OFFSET": str(self._offset),
        }
        self._offset.touch()
        self.shift(0)

    def shift(self, offset_s: float) -> None:
        """Let it be so much later than it is; sooner, where negative."""
        with self._offset.open("r+b") as file:  # in place: it is mapped
            file.write(struct.pack("=q", round(offset_s)))

    def start_in_1970(self) -> None:
        """As a board without a battery: the first minute of its epoch."""
        self.shift(60 - time.time())

    def synchronize(self) -> None:
        """The right time, and timesyncd says so."""
        self.shift(0)
        told = self._run / "systemd" / "timesync" / "synchronized"
        told.parent.mkdir(parents=True)
        told.touch()
