"""Commands of the host."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(
    *command: str | Path, env: Mapping[str, str] | None = None, timeout_s: float = 600.0
) -> str:
    """Run a program; what it printed. Raises AssertionError with what it said where it failed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=env, timeout=timeout_s
    )
    assert done.returncode == 0, f"{_shown(command)}: {_last_lines(done)}"
    return done.stdout


def _shown(command: Sequence[str | Path]) -> str:
    return " ".join(map(str, command))[:120]


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"exit code {done.returncode}: {' / '.join(said[-3:])}"
