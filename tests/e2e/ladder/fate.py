"""What becomes of a service that misbehaves, under the lines of a unit that say how it is run.

As with attempts (`sandbox.py`), a stand-in is run under the unit's own lines, all or all but one;
times are shortened, where the unit gives any.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from support.waiting import wait_until

from ladder.container import Machine
from ladder.sandbox import Lines

_READY = "import socket, os; socket.socket(1, 2).sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])"
HANGS = f'/usr/bin/python3 -c "{_READY}; import time; time.sleep(600)"'
ENDS, CRASHES, REFUSES = (f"/bin/sh -c 'exit {code}'" for code in (0, 1, 78))
NEVER_READY = "/bin/sleep 600"

GOES_ON, STAYS_DOWN, AGAIN = "goes on", "stays down", "is started again and again"
TIMED_OUT, KILLED, ABORTED = "is not waited for", "is killed", "is aborted"

_WITHIN_S = 30.0
_SHORT = {"WatchdogSec": "1", "RestartSec": "100ms", "TimeoutStartSec": "2"}
# More than the five starts in ten seconds that systemd allows by default: systemd.unit(5).
_AGAIN = 7
_SHOWN = ("Id", "ActiveState", "Result", "NRestarts", "ExecMainStatus")
_SIGNALLED = {"9": KILLED, "6": ABORTED}


@dataclass(frozen=True)
class Fate:
    """A program, what becomes of it, and the line of the unit that this is due to."""

    program: str
    becomes: str
    line: str
    without_line: str
    lifted: tuple[str, ...] = ()
    """Taken out in both cases, as they would have the last word."""

    def __str__(self) -> str:
        return f"{self.program} [{self.line.rstrip('=')}]"


_ONCE = ("Restart=",)
_READY_LATE = (*_ONCE, "TimeoutStartSec=")
FATES = (
    Fate(HANGS, KILLED, "WatchdogSec=", GOES_ON, _READY_LATE),
    Fate(HANGS, KILLED, "WatchdogSignal=", ABORTED, _READY_LATE),
    Fate(ENDS, AGAIN, "Restart=", STAYS_DOWN),
    Fate(CRASHES, AGAIN, "Restart=", STAYS_DOWN),
    Fate(CRASHES, AGAIN, "StartLimitIntervalSec=", STAYS_DOWN),
    Fate(REFUSES, STAYS_DOWN, "RestartPreventExitStatus=", AGAIN),
    Fate(NEVER_READY, TIMED_OUT, "TimeoutStartSec=", GOES_ON, _ONCE),
    Fate(NEVER_READY, TIMED_OUT, "Type=", GOES_ON, (*_ONCE, "WatchdogSec=")),
)


def failures(machine: Machine, unit: str) -> list[str]:
    """Of which fates the unit, by its text, does not decide as it must; each in words."""
    sealed = {f"edgecam-fate-{number}": fate for number, fate in enumerate(FATES)}
    freed = {f"edgecam-freed-{number}": fate for number, fate in enumerate(FATES)}
    for name, fate in sealed.items():
        machine.write(_path(name), _text(unit, fate.program, fate.lifted))
    for name, fate in freed.items():
        machine.write(_path(name), _text(unit, fate.program, (*fate.lifted, fate.line)))
    machine.run(["systemctl", "daemon-reload"])
    names = [*sealed, *freed]
    machine.run(["systemctl", "start", "--no-block", *names])
    try:
        with_line = {name: fate.becomes for name, fate in sealed.items()}
        without = {name: fate.without_line for name, fate in freed.items()}
        # Those with the line first: what goes on without it has had as much time by then.
        wrong = {**_others(machine, with_line), **_others(machine, without)}
    finally:
        machine.run(["systemctl", "stop", *names])
    fates = {**sealed, **freed}
    return [f"{fates[name]} {said}" for name, said in wrong.items()]


def _others(machine: Machine, expected: Mapping[str, str]) -> dict[str, str]:
    """Those that something else becomes of, once there has been time for it."""
    seen: dict[str, str] = {}

    def as_expected() -> bool:
        seen.update(_becoming(machine, expected))
        return seen == expected

    try:
        wait_until(as_expected, _WITHIN_S, poll_s=0.2)
    except AssertionError:
        pass  # said below, of each
    return {
        name: f"{seen[name]}, and not: {fate}"
        for name, fate in expected.items()
        if seen[name] != fate
    }


def _becoming(machine: Machine, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    command = ["systemctl", "show", f"--property={','.join(_SHOWN)}", *names]
    for block in machine.run(command).stdout.strip().split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines())
        yield shown["Id"].removesuffix(".service"), _fate(shown)


def _fate(shown: Mapping[str, str]) -> str:
    if int(shown["NRestarts"]) >= _AGAIN:
        return AGAIN
    if shown["ActiveState"] in ("active", "activating", "deactivating"):
        return GOES_ON
    if shown["Result"] == "watchdog":
        return _SIGNALLED[shown["ExecMainStatus"]]
    return TIMED_OUT if shown["Result"] == "timeout" else STAYS_DOWN


def _path(name: str) -> str:
    return f"/run/systemd/system/{name}.service"


def _text(unit: str, program: str, out: tuple[str, ...]) -> str:
    """The unit with a stand-in for its program, without its sandbox and some of its lines."""
    limits = [line for line in unit.splitlines() if line.startswith("StartLimit")]
    running = Lines.read_running(unit).without(out).of
    return "\n".join(
        [
            *("[Unit]", *(line for line in limits if not line.startswith(out))),
            *("[Service]", *map(_shortened, running), f"ExecStart={program}", ""),
        ]
    )


def _shortened(line: str) -> str:
    name, _, value = line.partition("=")
    return f"{name}={_SHORT.get(name, value)}"
