"""The processes of the appliance, found by their command lines under /proc: proc(5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgecam.config import SEARCHED

PROC = Path("/proc")
_HALVES = ("vision", "publisher")


@dataclass(frozen=True)
class Running:
    """A process of the appliance."""

    pid: int
    half: str
    """`vision`, `publisher`, or `both`."""
    config: Path | None
    """The configuration it was started with; None where that is not to be seen."""


def find(proc: Path = PROC) -> list[Running]:
    """Every `edgecam run`, by pid; `proc` may be a made folder."""
    found = []
    for pid in sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()):
        try:
            command = (proc / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue  # it has ended
        arguments = _arguments_of_run(command.rstrip("\0").split("\0"))
        if arguments is not None:
            half, named = _half_and_config(arguments)
            found.append(Running(pid, half, _config(proc / str(pid), named)))
    return found


def _arguments_of_run(command: Sequence[str]) -> Sequence[str] | None:
    """What follows `edgecam run`, where a command line is Python running that."""
    if not Path(command[0]).name.startswith(("python", "edgecam")):
        return None  # sudo, a shell, an editor: the process itself is another
    for index, word in enumerate(command[:-1]):
        if Path(word).name == "edgecam":
            return command[index + 2 :] if command[index + 1] == "run" else None
    return None


def _half_and_config(arguments: Sequence[str]) -> tuple[str, str | None]:
    half, config = "both", None
    words = iter(arguments)
    for word in words:
        if word in ("-c", "--config"):
            config = next(words, None)
        elif word.startswith("--config="):
            config = word.removeprefix("--config=")
        elif word.startswith("-c"):
            config = word.removeprefix("-c")
        elif word in _HALVES:
            half = word
    return half, config


def _config(process: Path, named: str | None) -> Path | None:
    """The file that is named, or the one that is found without a name; as a whole path."""
    try:
        folder = (process / "cwd").readlink()
    except OSError:
        folder = None
    for path in [Path(named)] if named is not None else SEARCHED:
        if path.is_absolute():
            return path
        if folder is None:
            return None
        if named is not None or (folder / path).exists():
            return folder / path
    return None
