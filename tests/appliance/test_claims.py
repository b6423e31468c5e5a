"""Which claims hold, for every way a process can be."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest

from edgecam.appliance import claims
from edgecam.appliance.claims import Claim
from edgecam.appliance.observation import Observed

SYS_ADMIN = 1 << 21
SYS_PTRACE = 1 << 19
DAC_OVERRIDE = 1 << 1

CONFINED = Observed(
    uid=990,
    capabilities=0,
    no_new_privileges=True,
    filters=1,
    core_limit="0",
    cores_to_program=False,
    dumpable=False,
    alone=True,
    network_sockets=(),
    cameras_open=(),
    cameras_allowed=(),
    forwarding=(),
)

NETWORK = "can reach no network"
CORE = "leaves no core dump"


def but(**changes: Any) -> Observed:
    return dataclasses.replace(CONFINED, **changes)


def answers(made: Iterable[Claim]) -> dict[str, str]:
    return {claim.claim: claim.answer for claim in made}


def test_a_confined_process_keeps_every_claim() -> None:
    assert set(answers(claims.of_vision(CONFINED, 0)).values()) == {"yes"}
    assert set(answers(claims.of_vision_unit(CONFINED)).values()) == {"yes"}
    assert set(answers(claims.of_publisher(CONFINED)).values()) == {"yes"}


@pytest.mark.parametrize(("found", "answer"), [(("/run/dbus/x",), "no"), (None, "unknown")])
def test_services_in_reach_of_the_unit(found: tuple[str, ...] | None, answer: str) -> None:
    _, claim = claims.of_vision_unit(but(forwarding=found))
    assert claim.answer == answer
    assert found is None or found[0] in claim.enforced_by


@pytest.mark.parametrize(("alone", "answer"), [(True, "yes"), (False, "no"), (None, "unknown")])
def test_filters_of_a_unit_do_not_stand_in_for_its_namespace(
    alone: bool | None,  # noqa: FBT001  a case
    answer: str,
) -> None:
    claim, _ = claims.of_vision_unit(but(alone=alone, filters=20))
    assert claim.answer == answer


@pytest.mark.parametrize(
    ("changes", "filters_of_system", "answer"),
    [
        ({"filters": 0}, 0, "yes"),
        ({"alone": False}, 0, "yes"),
        ({"alone": None}, 0, "yes"),
        ({"alone": None, "filters": 0}, 0, "unknown"),
        ({"alone": False, "filters": 0}, 0, "no"),
        # A filter that everything here is under, as in a container, says nothing of this one.
        ({"alone": False}, 1, "no"),
        ({"filters": 0, "capabilities": SYS_ADMIN}, 0, "no"),
        ({"capabilities": SYS_ADMIN}, 0, "yes"),
    ],
)
def test_reaching_no_network(changes: dict[str, Any], filters_of_system: int, answer: str) -> None:
    assert answers(claims.of_vision(but(**changes), filters_of_system))[NETWORK] == answer


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"core_limit": "unlimited"}, "yes"),
        ({"dumpable": True}, "yes"),
        ({"dumpable": None}, "yes"),
        ({"dumpable": True, "core_limit": "unlimited"}, "no"),
        ({"dumpable": None, "core_limit": "1024"}, "no"),
        ({"dumpable": True, "cores_to_program": True}, "no"),
        ({"dumpable": None, "cores_to_program": True}, "unknown"),
        ({"dumpable": False, "cores_to_program": True}, "yes"),
    ],
)
def test_leaving_no_core_dump(changes: dict[str, Any], answer: str) -> None:
    for made in (claims.of_vision(but(**changes), 0), claims.of_publisher(but(**changes))):
        assert answers(made)[CORE] == answer


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"network_sockets": ("TCP",)}, "has no network socket open"),
        ({"no_new_privileges": False}, "can gain no privileges"),
        ({"capabilities": SYS_PTRACE}, "has no privileges over the system"),
        ({"dumpable": True}, "keeps its memory from its own user"),
    ],
)
def test_what_breaks_one_claim_of_vision(changes: dict[str, Any], broken: str) -> None:
    made = answers(claims.of_vision(but(**changes), 0))

    assert [claim for claim, answer in made.items() if answer == "no"] == [broken]


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"cameras_allowed": ("/dev/video0",)}, "can open no camera"),
        ({"cameras_open": ("/dev/video0",)}, "has no camera open"),
        ({"capabilities": SYS_PTRACE}, "has no privileges over the system"),
    ],
)
def test_what_breaks_one_claim_of_the_publisher(changes: dict[str, Any], broken: str) -> None:
    made = answers(claims.of_publisher(but(**changes)))

    assert [claim for claim, answer in made.items() if answer == "no"] == [broken]


def test_the_power_of_root_over_files_is_no_power_over_the_system() -> None:
    made = answers(claims.of_vision(but(uid=0, dumpable=None, capabilities=DAC_OVERRIDE), 0))

    assert set(made.values()) == {"yes"}


def test_what_only_root_can_see_is_unknown() -> None:
    unseen = but(network_sockets=None, cameras_open=None, cameras_allowed=None)

    assert answers(claims.of_vision(unseen, 0))["has no network socket open"] == "unknown"
    assert answers(claims.of_publisher(unseen))["can open no camera"] == "unknown"
    assert answers(claims.of_publisher(unseen))["has no camera open"] == "unknown"
