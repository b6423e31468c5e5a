"""An appliance whose parts a test breaks while it runs; see rigged_edgecam.py."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.appliance import Appliance
from support.places import ROOT


class RiggedAppliance(Appliance):
    """Runs with a camera of the test's, and a switch for each part."""

    def __init__(self, folder: Path, broker: str, **sections: dict[str, Any]) -> None:
        quick: dict[str, dict[str, Any]] = {"camera": {"stall_s": 2.0}, "trouble": {"after_s": 1.0}}
        super().__init__(folder, broker, **{**quick, **sections})
        self._switches = folder / "switches"
        self._switches.mkdir()
        script = ROOT / "tests" / "support" / "rigged_edgecam.py"
        self.program = (str(script), str(self._switches))
        self.turn("camera", "frames")

    def turn(self, part: str, how: str) -> None:
        """Tell a part (camera, close, model, receiver, delivery, resolver) what to do from now on.

        `limit_s` is looked at when a process starts.
        """
        made = self._switches / f"{part}.new"
        made.write_text(how, encoding="ascii")
        made.rename(self._switches / part)

    def done(self, part: str) -> list[str]:
        """What a part has left a trace of."""
        log = self._switches / f"{part}.log"
        return log.read_text(encoding="ascii").splitlines() if log.exists() else []

    def start(
        self,
        *halves: str,
        env: dict[str, str] | None = None,
        under: Sequence[str] = (),
        handed: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """As an appliance that is not rigged does."""
        paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        env = {**(env or os.environ), **paths}
        return super().start(*halves, env=env, under=under, handed=handed)
