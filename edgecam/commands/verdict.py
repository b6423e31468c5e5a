"""What `edgecam privacy` says: the bound of the channel, and a verdict on what runs."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgecam import model
from edgecam.appliance import claims, confinement, running
from edgecam.appliance.claims import Claim
from edgecam.appliance.observation import Observer
from edgecam.appliance.running import Running
from edgecam.config import Loaded
from edgecam.link import Tables
from edgecam.publisher.wall import channel
from edgecam.publisher.wall.channel import Flow

_SYSTEMCTL_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Access:
    """What a half may open, by design."""

    camera: bool
    network: bool


@dataclass(frozen=True)
class Judged:
    """A running process, and what was found of its claims."""

    pid: int
    half: str
    uid: int
    claims: list[Claim]
    forwarding: tuple[str, ...] | None
    """Local services within its reach that send for others."""


@dataclass(frozen=True)
class Report:
    """Everything that is found; `--json` prints it as it stands."""

    config: str
    topics: tuple[Flow, ...]
    bits_per_hour: float
    picture_s: float
    halves: dict[str, Access]
    installed: bool
    """Two processes run, or systemd has units: then what is claimed must hold."""
    processes: list[Judged]
    enforced: bool | None
    """None where nothing runs as two processes, or where not all of it can be seen."""
    broken: list[str]
    notes: list[str]


def report(loaded: Loaded) -> Report:
    """Compute the bound of a configuration, and look at the processes that run with it."""
    config = loaded.config
    with loaded.blamed():
        found = model.load(config.model)
    tables = Tables.build(found, (region.name for region in config.regions), config.decision)
    bound = channel.bound(config, len(tables.reported))
    streams = confinement.is_network_stream(config.camera)
    ours, others = _processes(loaded.file)
    units = _units()
    judged = list(_judged(ours, streams=streams, installed=bool(units)))
    installed = bool(units) or any(process.half != "both" for process in judged)
    broken = list(_broken(judged, units)) if installed else []
    answers = {claim.answer for process in judged for claim in process.claims}
    certain = bool(broken) or (installed and answers == {"yes"})
    return Report(
        config=str(loaded.file),
        topics=bound.flows,
        bits_per_hour=round(bound.bits_per_hour, 1),
        picture_s=round(bound.picture_s, 1),
        halves={
            "vision": Access(camera=True, network=streams),
            "publisher": Access(camera=False, network=True),
        },
        installed=installed,
        processes=judged,
        enforced=not broken if certain else None,
        broken=broken,
        notes=[*_notes(judged, others, units), *_wider(streams=streams)],
    )


def _processes(config: Path) -> tuple[list[Running], list[Running]]:
    """The processes that run with this configuration, or may; and those with another."""
    ours: list[Running] = []
    others: list[Running] = []
    for process in running.find():
        theirs = process.config
        same = theirs is None or theirs.resolve() == config.resolve()
        (ours if same else others).append(process)
    return ours, others


def _judged(processes: Iterable[Running], *, streams: bool, installed: bool) -> Iterator[Judged]:
    observer = Observer()
    for process in processes:
        seen = observer.observe(process.pid)
        if seen is None:
            continue  # it has ended
        if process.half == "publisher":
            made = list(claims.of_publisher(seen))
        elif process.half == "vision" and not streams:
            made = list(claims.of_vision(seen, observer.filters(1)))
            made += claims.of_vision_unit(seen) if installed else ()
        else:
            made = list(claims.of_any(seen))
        yield Judged(process.pid, process.half, seen.uid, made, seen.forwarding)


def _units() -> list[str]:
    """The units of edgecam that systemd has loaded; none where there is no systemd."""
    if shutil.which("systemctl") is None:
        return []
    listing = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager"]
    done = subprocess.run(
        [*listing, "edgecam*.service"],
        capture_output=True,
        encoding="utf-8",
        timeout=_SYSTEMCTL_TIMEOUT_S,
        check=False,
    )
    # A unit that another one only names is listed as not-found.
    rows = (line.split() for line in done.stdout.splitlines())
    return [name for name, load, *_ in rows if load == "loaded"]


def _broken(judged: Iterable[Judged], units: Sequence[str]) -> Iterator[str]:
    for process in judged:
        if process.half == "both" and units:
            yield (
                f"{', '.join(units)}: loaded, but one process (pid {process.pid}) runs both "
                "halves, and nothing separates them"
            )
        for claim in process.claims:
            if claim.answer == "no":
                what = f'"{claim.claim}" does not hold: {claim.enforced_by}'
                yield f"{process.half} (pid {process.pid}): {what}"


def _notes(
    judged: Sequence[Judged], others: Iterable[Running], units: Sequence[str]
) -> Iterator[str]:
    halves = {process.half for process in judged}
    if not judged:
        loaded = f", though {', '.join(units)} are loaded" if units else ""
        yield f"nothing runs with this configuration{loaded}: only the figures were computed"
    if "both" in halves:
        yield "one process runs both halves: nothing separates the camera from the network there"
    elif len(halves) == 1:
        missing = ({"vision", "publisher"} - halves).pop()
        yield f"the {missing} half does not run"
    yield from _weak_points(judged, units)
    if any(claim.answer == "unknown" for process in judged for claim in process.claims):
        yield "not everything can be seen by this user: run it as root"
    for other in others:
        yield f"pid {other.pid} ({other.half}) runs with {other.config}: not looked at"


def _weak_points(judged: Iterable[Judged], units: Sequence[str]) -> Iterator[str]:
    """What no claim speaks of, since only an installation can mend it."""
    users: dict[int, str] = {}
    for process in judged:
        name = f"{process.half} (pid {process.pid})"
        if process.uid in users:
            yield (
                f"{name} and {users[process.uid]} share a user, whose files both may change: "
                "give each a user of its own"
            )
        users[process.uid] = name
        if process.uid == 0:
            yield f"{name} runs as root, to whom the system's own files are open"
        if process.half == "vision" and process.forwarding and not units:
            yield (
                f"{name} can ask local services to send for it: {', '.join(process.forwarding)}; "
                "hide them from it, as with systemd's InaccessiblePaths="
            )


def _wider(*, streams: bool) -> Iterator[str]:
    if streams:
        yield (
            "the camera is a network stream, so the vision half has the network: "
            "these figures do not bound what it could send there"
        )
