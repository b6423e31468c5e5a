"""What each half claims of itself, held against what the kernel says of the running process."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from edgecam.appliance.confinement import FILE_CAPABILITIES
from edgecam.appliance.observation import Observed

Answer = Literal["yes", "no", "unknown"]

_CAP_SYS_ADMIN = 1 << 21
_LOOKED = "each of its open files was looked at"


@dataclass(frozen=True)
class Claim:
    """One thing that a process cannot do; `unknown` where only root could see it."""

    claim: str
    enforced_by: str
    answer: Answer


def of_vision(seen: Observed, filters_of_system: int) -> Iterator[Claim]:
    """What the half that sees claims.

    `filters_of_system` is the number of seccomp filters that every process here is under.
    """
    yield _no_network(seen, filters_of_system)
    yield _nothing("has no network socket open", _LOOKED, seen.network_sockets)
    yield from of_any(seen)


def of_vision_unit(seen: Observed) -> Iterator[Claim]:
    """What the unit of that half claims: what a process cannot do by itself.

    A unit's filters are many, so that the program's own cannot be told from them, and does not
    count here as a reason to be kept from the network.
    """
    answer: Answer = "unknown" if seen.alone is None else _answer(seen.alone)
    yield Claim("is alone in its network namespace", "PrivateNetwork=", answer)
    means = "none is in what it sees as /run"
    yield _nothing("can ask no local service to send for it", means, seen.forwarding)


def of_publisher(seen: Observed) -> Iterator[Claim]:
    """What the half that talks claims."""
    means = "there is no camera device, or its user has no leave"
    yield _nothing("can open no camera", means, seen.cameras_allowed)
    yield _nothing("has no camera open", _LOOKED, seen.cameras_open)
    yield from of_any(seen)


def of_any(seen: Observed) -> Iterator[Claim]:
    """What every process of the appliance claims."""
    yield _no_core_dump(seen)
    if seen.dumpable is not None:
        means = "it is dumpable" if seen.dumpable else "it is not dumpable"
        yield Claim("keeps its memory from its own user", means, _answer(not seen.dumpable))
    means = "no_new_privs" if seen.no_new_privileges else "nothing"
    yield Claim("can gain no privileges", means, _answer(seen.no_new_privileges))
    beyond = seen.capabilities & ~FILE_CAPABILITIES
    means = f"it holds capabilities {beyond:#x}" if beyond else "it holds none, but over files"
    yield Claim("has no privileges over the system", means, _answer(not beyond))


def _no_network(seen: Observed, filters_of_system: int) -> Claim:
    """A filter's content cannot be seen from outside, so the namespace is what counts first."""
    filtered = seen.filters > filters_of_system
    also = " and a seccomp filter" if filtered else ""
    answer: Answer = "yes"
    if seen.alone and (filtered or not seen.capabilities & _CAP_SYS_ADMIN):
        means = f"a network namespace that leads nowhere{also}"
    elif filtered:
        means = "a seccomp filter of its own; what it refuses cannot be seen from outside"
    elif seen.alone is None:
        means, answer = "only root can see its network namespace", "unknown"
    elif seen.alone:
        means, answer = "a network namespace that CAP_SYS_ADMIN lets it leave", "no"
    else:
        means, answer = "nothing: it is in a namespace with a network, without a filter", "no"
    return Claim("can reach no network", means, answer)


def _no_core_dump(seen: Observed) -> Claim:
    claim = "leaves no core dump"
    if seen.dumpable is False:
        return Claim(claim, "it is not dumpable", "yes")
    if seen.core_limit != "0":
        return Claim(claim, f"the core limit is {seen.core_limit}", "no")
    if not seen.cores_to_program:
        return Claim(claim, "the core limit is 0", "yes")
    # A program that core dumps are handed to gets them whatever the limit: core(5).
    answer: Answer = "unknown" if seen.dumpable is None else "no"
    return Claim(claim, "core dumps go to a program, and the limit does not count", answer)


def _nothing(claim: str, means: str, found: tuple[str, ...] | None) -> Claim:
    if found is None:
        return Claim(claim, "only root can see it", "unknown")
    if found:
        return Claim(claim, f"there is {', '.join(found)}", "no")
    return Claim(claim, means, "yes")


def _answer(holds: bool) -> Answer:  # noqa: FBT001  it is what is asked
    return "yes" if holds else "no"
