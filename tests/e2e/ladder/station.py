"""The appliance as its owner has it: installed from the package, a broker at the end of a cable."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from support.recorder import Recorder
from support.waiting import wait_until

from ladder import package
from ladder.bench import Bench
from ladder.container import Machine, boot
from ladder.rootfs import Recipe
from ladder.wire import URL, Far, far

VISION, PUBLISHER, SOCKET = (
    "edgecam.service",
    "edgecam-publisher.service",
    "edgecam-publisher.socket",
)
CONFIG = "/etc/edgecam/config.yaml"
START_S = 60.0
Name = tuple[str, int]
"""What an event is called for ever: the epoch of its queue, and its number there."""
_PACKAGE = "/tmp/edgecam.deb"  # noqa: S108  a machine's own, where apt's user may read it


class Guest(Protocol):
    """A machine of whatever kind; `container.Machine` says what is meant."""

    def run(
        self, command: Sequence[str], *, check: bool = True, timeout_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]: ...

    def write(self, path: str, text: str) -> None: ...

    def testify(self, folder: Path) -> None: ...


class Appliance:
    """An installed edgecam, and what a person does with it."""

    def __init__(self, machine: Guest, recorder: Recorder, broker: str) -> None:
        """`broker`: its address as the machine knows it; `recorder` hears all that comes there."""
        self.machine = machine
        self.recorder = recorder
        self._broker = broker

    def configure(self, **sections: Any) -> None:
        """Write a configuration that shows photographs; `sections` are merged over it."""
        options: dict[str, Any] = {
            "node": "pi",
            "camera": {"source": "stills", "fps": 10, "stills": {"hold_s": 0.6}},
            "decision": {"cooldown_s": 0},
            "mqtt": {"broker": self._broker, "keepalive_s": 5},
            "link": {"events_per_hour": 3_600_000},
            "health": {"interval_s": 1},
        }
        for name, section in sections.items():
            both = isinstance(section, dict) and isinstance(options.get(name), dict)
            options[name] = {**options[name], **section} if both else section
        self.machine.write(CONFIG, json.dumps(options))  # JSON is YAML

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """What `systemctl` says."""
        return self.machine.run(["systemctl", *arguments], check=check, timeout_s=120.0).stdout

    def shows(self, unit: str, *names: str) -> list[str]:
        """Properties of a unit, of systemctl(1)."""
        said = self.systemctl("show", f"--property={','.join(names)}", unit)
        found = dict(line.split("=", 1) for line in said.splitlines())
        return [found[name] for name in names]

    def pid(self, unit: str) -> int:
        """The main process of a unit, by the machine's number; 0 where it has none."""
        return int(self.shows(unit, "MainPID")[0])

    def restarts(self, unit: str) -> int:
        """How often systemd has restarted a unit by itself."""
        return int(self.shows(unit, "NRestarts")[0])

    def state(self, unit: str) -> str:
        """As in `active/running`."""
        return "/".join(self.shows(unit, "ActiveState", "SubState"))

    def wait_state(self, unit: str, wanted: str, timeout_s: float = START_S) -> None:
        """Wait until a unit is in a state. Raises AssertionError with the one it is in."""
        try:
            wait_until(lambda: self.state(unit) == wanted, timeout_s, poll_s=0.1)
        except AssertionError as error:
            raise AssertionError(f"{unit} is {self.state(unit)}, not {wanted}: {error}") from None

    def wait_restarted(self, unit: str, restarts: int, timeout_s: float) -> None:
        """Wait until systemd has restarted a unit more often. Raises AssertionError with its name."""
        try:
            wait_until(lambda: self.restarts(unit) > restarts, timeout_s, poll_s=0.2)
        except AssertionError as error:
            raise AssertionError(f"{unit} was not restarted: {error}") from None

    def wait_running(self) -> None:
        """Wait until both halves are up, and the broker has heard two more events."""
        self.wait_state(VISION, "active/running")
        self.wait_state(PUBLISHER, "active/running")
        self.wait_events(2)

    def wait_events(self, more: int, timeout_s: float = START_S) -> None:
        """Wait until the broker has so many more events than now."""
        wanted = len(self.recorder.events) + more
        self.recorder.wait_for(lambda seen: len(seen.events) >= wanted, timeout_s)

    def heard(self) -> set[Name]:
        """The events that have come to the broker."""
        return {(event["epoch"], event["seq"]) for event in self.recorder.events}

    def wait_heard(self, names: set[Name], timeout_s: float = START_S) -> None:
        """Wait until the broker has these events. Raises AssertionError with some it has not."""
        try:
            self.recorder.wait_for(lambda _: names <= self.heard(), timeout_s)
        except AssertionError as error:
            missing = sorted(names - self.heard())
            raise AssertionError(f"{len(missing)} events never came: {missing[:3]}") from error

    def logged(self, text: str) -> list[str]:
        """The messages of both halves in the journal, since the machine was made, with a text."""
        command = ["journalctl", "--no-pager", "--output=cat", "--identifier=edgecam"]
        said = self.machine.run(command).stdout
        return [line for line in said.splitlines() if text in line]

    def said_by_systemd(self, unit: str) -> str:
        """What the machine's systemd has said of a unit."""
        command = ["journalctl", "--no-pager", "--output=cat", "_PID=1", f"UNIT={unit}"]
        return self.machine.run(command).stdout

    def version(self) -> str:
        """The version that is installed, without the release's part; empty where none is."""
        command = ["dpkg-query", "--show", "--showformat=${Version}", "edgecam"]
        return self.machine.run(command, check=False).stdout.partition("+")[0]

    def well(self) -> None:
        """Bring it to where every row may begin: configured, both halves up, nothing queued."""
        self.configure()
        done = self.machine.run(["systemctl", "restart", "edgecam"], check=False, timeout_s=120.0)
        ended = [line for line in self.said_by_systemd(VISION).splitlines() if "status=" in line]
        assert done.returncode == 0, f"{VISION} does not start: {ended[-1:]}"
        self.wait_running()

    def gaps(self) -> list[str]:
        """Where what the recorder has heard is not one epoch, from 1 without a gap or a loss."""
        epochs: dict[str, set[int]] = {}
        for event in self.recorder.events:
            epochs.setdefault(event["epoch"], set()).add(event["seq"])
            if event["event_type"] == "loss":
                return [f"events were lost: {event}"]
        if len(epochs) != 1:
            return [f"not one queue but {len(epochs)}: {', '.join(epochs)}"]
        found = []
        for epoch, numbers in epochs.items():
            missing = set(range(1, max(numbers))) - numbers
            if missing:
                found.append(f"epoch {epoch} lacks {sorted(missing)[:5]}")
        return found

    def testify(self, folder: Path) -> None:
        """Write down what the machine and the subscriber know."""
        heard = [f"{each.topic} {each.payload.decode()}" for each in list(self.recorder.messages)]
        (folder / "heard").write_text("\n".join(heard), encoding="utf-8")
        self.machine.testify(folder)


class Station(Appliance):
    """An appliance in a container, and the far end of its cable."""

    machine: Machine

    def __init__(self, release: str, machine: Machine, end: Far) -> None:
        super().__init__(machine, end.recorder, URL)
        self.release = release
        self.far = end

    def install(self, deb: Path, *, check: bool = True, by: str = "apt-get") -> str:
        """`apt install ./edgecam.deb`, with nobody there to answer a question; what it said.

        Without `check` it must be refused. `by`: dpkg looks at dependencies only after unpacking.
        """
        shutil.copy(deb, self.machine.path(_PACKAGE))
        options = ["--yes", "--allow-downgrades", "install"] if by == "apt-get" else ["--install"]
        done = self.machine.run([by, *options, _PACKAGE], check=check, timeout_s=300.0)
        assert check or done.returncode != 0, f"it was installed: {done.stdout}"
        return done.stdout + done.stderr


@contextlib.contextmanager
def bare(bench: Bench, recipe: Recipe | None = None) -> Iterator[Station]:
    """A station on which nothing is installed, and whose cable is not plugged in."""
    with boot(bench, recipe) as machine, far(machine.folder) as end:
        yield Station(bench.release, machine, end)


@contextlib.contextmanager
def installed(bench: Bench) -> Iterator[Station]:
    """A station that works: installed, plugged in, configured, events arrive."""
    with bare(bench) as station:
        station.install(package.built(bench.release))
        station.far.plug(station.machine)
        station.well()
        yield station


@contextlib.contextmanager
def older(bench: Bench) -> Iterator[Station]:
    """A station that works with an older version, for upgrades."""
    with bare(bench) as station:
        station.install(package.built(bench.release, version=package.OLDER))
        station.far.plug(station.machine)
        yield station
