"""L2: what the units refuse either half, and that each row fails where a line is taken out.

The program confines itself, too; here another is run in its place, under the lines of the unit and
nothing else. What a machine in a container cannot show is said in `NOT_SHOWN` of both halves:
cameras (there are none: L4), swap, and what systemd would do anyway.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ladder import fate
from ladder.bench import Bench
from ladder.probes import files
from ladder.refusals import others, publisher, vision
from ladder.refusals.refusal import Grant, Refusal, Trial, failures, free, sealed, unsealed, whole
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.sandbox import ALLOWED, Lines, Sandbox, outside
from ladder.station import PUBLISHER, VISION, Station, installed

HALVES = {"vision": vision, "publisher": publisher}
_UNITS = {"vision": VISION, "publisher": PUBLISHER}


@dataclass(frozen=True)
class Wall:
    """A station that runs, and the sandboxes of its halves."""

    station: Station

    def text(self, half: str) -> str:
        """A half's unit, as it is installed."""
        path = f"/usr/lib/systemd/system/{_UNITS[half]}"
        return self.station.machine.path(path).read_text(encoding="utf-8")

    def unit(self, half: str) -> Lines:
        """The lines of it that make its sandbox."""
        return Lines.read(self.text(half))

    def sandbox(self, half: str) -> Sandbox:
        """Where to run a half's attempts; they try to get at the other half, which runs."""
        (other,) = _UNITS.keys() - {half}
        return Sandbox(self.station.machine, self.station.pid(_UNITS[other]))

    def testify(self, folder: Path) -> None:
        """Nothing that the station does not say."""


@contextlib.contextmanager
def wall(bench: Bench) -> Iterator[Wall]:
    """With all that attempts try to reach."""
    station = bench.share(installed)
    with outside(station.machine):
        yield Wall(station)


def _refused(bench: Bench, half: str, refusals: tuple[Refusal, ...]) -> str:
    standing = bench.own(wall)
    unit, sandbox = standing.unit(half), standing.sandbox(half)
    trials = [sealed(each, unit) for each in refusals]
    for each in refusals:
        if not isinstance(each, Grant):
            # What is refused without a sandbox, too, would say nothing of it.
            trials += [whole(each, unit), free(each, unit)]
    wrong = failures(sandbox, trials)
    assert not wrong, "; ".join(wrong)
    return f"{len(refusals)} attempts"


def _noticed(bench: Bench, half: str) -> str:
    standing = bench.own(wall)
    unit = standing.unit(half)
    refusals = [each for rows in HALVES[half].ROWS.values() for each in rows]
    lines = {line for line in unit.of for each in refusals if line.startswith(each.line)}
    sandbox = standing.sandbox(half)
    # First what it needs: a row before may have left its folder to root.
    wrong = failures(sandbox, [sealed(each, unit) for each in refusals if isinstance(each, Grant)])
    wrong += failures(sandbox, (unsealed(each, unit) for each in refusals))
    excused = tuple(HALVES[half].NOT_SHOWN)
    wrong += [
        f"{line}: no row needs it"
        for line in unit.of
        if line not in lines and not line.startswith(excused)
    ]
    assert not wrong, "; ".join(wrong)
    return f"{len(lines)} lines, {len(refusals)} attempts"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="another user reads neither queue nor password, and passes no wall",
)
def another_user(bench: Bench) -> str:
    standing = bench.own(wall)
    unit, sandbox = standing.unit("publisher"), standing.sandbox("publisher")
    neighbour, root = Lines(others.NEIGHBOUR), Lines(())
    trials = [Trial(each, neighbour, each.with_line) for each in others.REFUSED]
    trials += [Trial(each, root, each.without_line) for each in others.REFUSED]
    wrong = failures(sandbox, trials)
    assert not wrong, "; ".join(wrong)
    mode = ["StateDirectoryMode="]
    sandbox.answers({unit.without(mode): [files.write_state]})
    (queue,) = sandbox.answers({neighbour: [files.read_queue]}).values()
    sandbox.answers({unit: [files.write_state]})
    assert queue == ALLOWED, f"without {mode}: {queue}"
    return f"{len(others.REFUSED)} attempts"


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a half that hangs, ends or is refused is treated as its unit says",
)
def misbehaves(bench: Bench) -> str:
    standing = bench.own(wall)
    machine = standing.station.machine
    wrong = [each for half in HALVES for each in fate.failures(machine, standing.text(half))]
    assert not wrong, "; ".join(wrong)
    return f"{len(fate.FATES)} ways, each with and without its line"


def _register() -> None:
    for half, table in HALVES.items():
        for shown, refusals in table.ROWS.items():
            row("L2", BOOKWORM, TRIXIE, shown=f"{half} {shown}")(
                partial(_refused, half=half, refusals=refusals)
            )
        row("L2", BOOKWORM, TRIXIE, shown=f"{half}: taking a line out of its unit is noticed")(
            partial(_noticed, half=half)
        )


_register()
