"""Commands of the host, and of what is under trial."""

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


def recorded(
    command: Sequence[str],
    shown: Sequence[str],
    log: Path,
    *,
    check: bool,
    timeout_s: float,
    stdin: str,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program and add to `log` what it said, under the words that are `shown`.

    Raises AssertionError where `check` finds that it failed.
    """
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=timeout_s,
    )
    said = (done.stdout + done.stderr).rstrip()
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(shown)}\n{said}\n[{done.returncode}]\n")
    if check:
        last = " / ".join(said.splitlines()[-3:])
        assert done.returncode == 0, f"{' '.join(shown)}: {done.returncode}: {last}"
    return done


def _shown(command: Sequence[str | Path]) -> str:
    return " ".join(map(str, command))[:120]


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"exit code {done.returncode}: {' / '.join(said[-3:])}"
