"""What systemd's sandbox of a unit refuses, whatever the program in it does by itself.

Attempts (`probes/`) are run in place of the program under the unit's own lines, all or all but
some. The unit is a copy under another name, so that the appliance itself goes on meanwhile.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ladder import probes
from ladder.container import Machine

ALLOWED = "allowed"
Attempt = Callable[[], None]

FOLDER = "/usr/local/lib/edgecam-e2e"
_NAME = "edgecam-probe"
_IDENTITY = ("User=", "Group=", "SupplementaryGroups=")
_RUNNING = ("Type=", "NotifyAccess=", "Restart", "Watchdog", "Timeout", "KillMode=")


@dataclass(frozen=True)
class Lines:
    """Lines of a unit's section [Service], in their order."""

    of: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Lines":
        """Those of a unit file that say who its process is and what it may do."""
        return cls(tuple(line for line in _service(text) if not line.startswith(_RUNNING)))

    @classmethod
    def read_running(cls, text: str) -> "Lines":
        """Those that say how it is started, watched and stopped."""
        return cls(tuple(line for line in _service(text) if line.startswith(_RUNNING)))

    def without(self, beginnings: Iterable[str]) -> "Lines":
        """All but those that begin so."""
        out = tuple(beginnings)
        return Lines(tuple(line for line in self.of if not line.startswith(out)))

    def identity(self) -> "Lines":
        """Only those that say who it is."""
        return Lines(tuple(line for line in self.of if line.startswith(_IDENTITY)))


def _service(text: str) -> Iterator[str]:
    """The lines of [Service] that give options, but for the programs themselves."""
    section = text.partition("[Service]\n")[2].partition("\n[")[0]
    for line in section.replace("\\\n", "").splitlines():
        if "=" in line and not line.startswith(("#", "Exec")):
            yield line


Try = tuple[Lines, Attempt]


class Sandbox:
    """Where attempts are run. `other_half` is the process that they try to get at."""

    def __init__(self, machine: Machine, other_half: int) -> None:
        self.machine = machine
        self._other_half = other_half

    def answers(self, wanted: Mapping[Lines, Iterable[Attempt]]) -> dict[Try, str]:
        """What came of attempts under some lines each: `allowed`, or how it was refused."""
        units = {lines: f"{_NAME}-{number}" for number, lines in enumerate(wanted)}
        names = {probes.name(attempt): attempt for under in wanted.values() for attempt in under}
        for lines, unit in units.items():
            text = self._text(unit, lines, map(probes.name, wanted[lines]))
            self.machine.write(f"/run/systemd/system/{unit}.service", text)
        self.machine.run(["systemctl", "daemon-reload"])
        for together in _by_identity(units):
            self.machine.run(["systemctl", "start", *together])
        return {
            (lines, names[said["tried"]]): said["answer"]
            for lines, unit in units.items()
            for said in map(json.loads, self.machine.path(_output(unit)).read_text().splitlines())
        }

    def _text(self, unit: str, lines: Lines, names: Iterable[str]) -> str:
        running = (
            "[Service]",
            "Type=oneshot",
            f"Environment=OTHER_HALF={self._other_half}",
            f"WorkingDirectory={FOLDER}",
            f"ExecStart=/usr/bin/python3 -B -m probes {' '.join(sorted(names))}",
            f"StandardOutput=truncate:{_output(unit)}",
        )
        return "\n".join([*running, *lines.of, ""])


def _by_identity(units: Mapping[Lines, str]) -> Iterable[list[str]]:
    """Those of root last, since systemd gives a StateDirectory= to whoever the unit runs as.

    Started at once, one as root could take the folder away from another in the midst of an attempt.
    """
    found: dict[Lines, list[str]] = {}
    for lines, unit in units.items():
        found.setdefault(lines.identity(), []).append(unit)
    return [found[who] for who in sorted(found, key=lambda who: who.of, reverse=True)]


def _output(unit: str) -> str:
    return f"/run/{unit}.output"


@contextlib.contextmanager
def outside(machine: Machine) -> Iterator[None]:
    """What attempts try to reach (`probes/outside.py`) is there, and the attempts themselves."""
    folder = machine.path(FOLDER)
    shutil.copytree(Path(probes.__file__).parent, folder / "probes", dirs_exist_ok=True)
    service = "edgecam-outside"
    # Mixed: what it runs to take things away again must not be stopped with it.
    options = (f"WorkingDirectory={FOLDER}", "Type=notify", "KillMode=mixed")
    start = [
        "systemd-run",
        "--quiet",
        "--collect",
        f"--unit={service}",
        *(f"-p{each}" for each in options),
    ]
    machine.run([*start, "python3", "-B", "-m", "probes.outside"])
    try:
        yield
    finally:
        machine.run(["systemctl", "stop", service])
