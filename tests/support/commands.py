"""`edgecam COMMAND` as a real process, with a deadline."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import edgecam

TIMEOUT_S = 60.0
_IN_PASSING = re.compile(r"^INFO: |^\S+ \S+ INFO ")
COMMAND = (sys.executable, "-m", "edgecam")


@dataclass(frozen=True)
class Outcome:
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of standard error, without what the interpreter and the log say in passing."""
        return [line for line in self.err.splitlines() if not _IN_PASSING.search(line)]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment, in which edgecam can be imported from anywhere."""
    inherited = {
        name: value for name, value in os.environ.items() if name != "CREDENTIALS_DIRECTORY"
    }
    return {**inherited, "PYTHONPATH": str(Path(edgecam.__file__).parents[1]), **variables}


def run(
    folder: Path, *arguments: str | Path, under: Sequence[str] = (), **variables: str
) -> Outcome:
    """Run a command in a folder until it ends, started through the program `under`, if any.

    `variables` are added to its environment.
    """
    done = subprocess.run(
        [*under, *COMMAND, *arguments],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
