"""One target's fuzzer as a process, and what it says of itself."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fuzz.targets import DEADLINE_S, TARGETS

_STATUS = re.compile(r"#(\d+)\s+\w+.*? ft: (\d+)")
_DONE = re.compile(r"Done (\d+) runs")
_STOP_S = 30.0  # a fuzzer looks at the clock between two runs


@dataclass(frozen=True)
class Result:
    """How one target did; `found` are the inputs that it fell over."""

    name: str
    runs: int
    features: int
    crashes: int
    slowest_s: float
    found: list[Path]


class Campaign:
    """Fuzzes a target for some seconds; what it finds stays in its folder, for the next time."""

    def __init__(self, name: str, folder: Path, seconds: float) -> None:
        self.name = name
        self._target = TARGETS[name]
        self._faults, self._log, self._note = folder / "faults", folder / "log", folder / "slowest"
        corpus, given = folder / "corpus", folder / "seeds"
        for place in (corpus, given, self._faults):
            place.mkdir(parents=True, exist_ok=True)
        for old in self._faults.iterdir():
            old.unlink()
        for index, seed in enumerate(self._target.seeds()):
            (given / str(index)).write_bytes(seed)
        self._note.write_text("0", encoding="ascii")
        command = [
            *(sys.executable, "-m", "fuzz.run_target", name, str(self._note)),
            *(f"-max_total_time={round(seconds)}", f"-timeout={round(DEADLINE_S)}"),
            "-keep_seed=1",  # parsers in C reach no new line of ours, and all would be forgotten
            *(f"-max_len={self._target.max_bytes}", f"-artifact_prefix={self._faults}/"),
            *(str(corpus), str(given)),
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    @property
    def ended(self) -> bool:
        """Whether its time is over, or it fell over an input."""
        return self._process.poll() is not None

    def progress(self) -> str:
        """How far it is, in a few words."""
        runs, features = self._counts()
        return f"{runs:,} runs, {features:,} features"

    def result(self) -> Result:
        """What came of it, once it has ended."""
        runs, features = self._counts()
        found = sorted(self._faults.iterdir())
        crashes = max(len(found), int(self._process.returncode != 0))
        slowest_s = float(self._note.read_text(encoding="ascii"))
        return Result(self.name, runs, features, crashes, slowest_s, found)

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait(_STOP_S)

    def _counts(self) -> tuple[int, int]:
        """Runs and coverage features, as far as it has told."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        status, done = _STATUS.findall(text), _DONE.findall(text)
        runs, features = status[-1] if status else (0, 0)
        return int(done[-1] if done else runs), int(features)
