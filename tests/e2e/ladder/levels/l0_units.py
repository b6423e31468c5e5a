"""L0: the units, as each release's own systemd reads and rates them.

tests/systemd asks the host's systemd the same; here it is 252 and 257.
"""

import contextlib
import re
from collections.abc import Iterator

from support.places import ROOT

from ladder.bench import Bench
from ladder.container import Machine, boot
from ladder.row import BOOKWORM, TRIXIE, row

UNITS = "/usr/lib/systemd/system"
MOST_EXPOSURE = {"edgecam.service": 1.0, "edgecam-publisher.service": 1.5}


@contextlib.contextmanager
def with_units(bench: Bench) -> Iterator[Machine]:
    """A machine with our units and what they start, as far as systemd looks at it."""
    with boot(bench) as machine:
        for unit in (ROOT / "systemd").glob("*.*"):
            if unit.suffix in (".service", ".socket", ".target"):
                machine.write(f"{UNITS}/{unit.name}", unit.read_text(encoding="utf-8"))
        machine.write("/opt/edgecam/bin/edgecam", "#!/bin/sh\n", mode=0o755)
        machine.run(["systemctl", "daemon-reload"])
        yield machine


@row("L0", BOOKWORM, TRIXIE, shown="systemd-analyze verify has nothing to say of the units")
def verified(bench: Bench) -> None:
    machine = bench.share(with_units)
    assert not _verify(machine)
    unit = machine.path(f"{UNITS}/edgecam.service")
    right = unit.read_text(encoding="utf-8")
    unit.write_text(right.replace("\nUser=", "\nUsers="), encoding="utf-8")
    assert "Users" in _verify(machine), "a line that systemd does not know is not noticed"
    unit.write_text(right, encoding="utf-8")


@row(
    "L0",
    BOOKWORM,
    TRIXIE,
    shown="systemd-analyze security: vision at most 1.0, publisher at most 1.5",
)
def little_exposed(bench: Bench) -> str:
    machine = bench.share(with_units)
    exposures = {unit: _exposure(machine, unit) for unit in MOST_EXPOSURE}
    for unit, most in MOST_EXPOSURE.items():
        assert exposures[unit] <= most, f"{unit} has an exposure of {exposures[unit]}"
    return ", ".join(f"{exposure:g}" for exposure in exposures.values())


def _verify(machine: Machine) -> str:
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    names = [unit.name for unit in machine.path(UNITS).glob("edgecam*.*")]
    done = machine.run([*command, *names], check=False)
    return done.stdout + done.stderr


def _exposure(machine: Machine, unit: str) -> float:
    """What systemd rates a unit with, from 0 (nothing is exposed) to 10."""
    said = machine.run(["systemd-analyze", "security", "--offline=true", f"{UNITS}/{unit}"]).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, f"it gives no figure: {said}"
    return float(found[1])
