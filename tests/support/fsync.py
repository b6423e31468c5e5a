"""Processes whose fsync fails or takes its time (fsync.c), when a test says so."""

import os
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


class Fsync:
    """What happens to fsync in processes that were started with `env`."""

    def __init__(self, folder: Path) -> None:
        library, self._mode, self._log = folder / "fsync.so", folder / "fsync", folder / "synced"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"], check=True
        )
        self.env = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "EDGECAM_FSYNC": str(self._mode),
            "EDGECAM_FSYNC_LOG": str(self._log),
        }

    def be(self, mode: str) -> None:
        """From now on fsync is to fail "once", "fail" or be "slow"; "" makes it well again."""
        self._mode.unlink(missing_ok=True)
        if mode:
            ready = self._mode.with_suffix(".new")
            ready.write_text(mode)
            ready.replace(self._mode)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """How each call went, and the name of the file it was for."""
        lines = self._log.read_text().splitlines()
        return [(line.split(" ")[0], Path(line.split(" ")[1]).name) for line in lines]
