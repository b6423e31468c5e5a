"""What the indices on the wall stand for."""

from typing import Any

import pytest
from support.places import MODEL

from edgecam import link, model
from edgecam.config import ModelOptions
from edgecam.link import Hello, Tables
from edgecam.messages import UNKNOWN, CameraState, Lost, RegionState, Sighting
from edgecam.model import Model


@pytest.fixture(scope="module")
def found() -> Model:
    return model.load(ModelOptions(file=str(MODEL)))


def test_tables_are_the_regions_and_the_models_labels_before_the_groups(found: Model) -> None:
    tables = Tables.build(found, ["door", "yard"], ["dog", "cat"])
    assert tables.regions == ("door", "yard")
    assert tables.labels == (*found.labels, "cat", "dog")
    assert link.decode_from_vision(link.encode(Hello(1, 2, tables.fingerprint)))


def test_the_fingerprint_is_that_of_everything_an_index_may_stand_for(found: Model) -> None:
    def fingerprint(
        regions: tuple[str, ...] = ("door", "yard"), groups: tuple[str, ...] = ("cat",), **of: Any
    ) -> str:
        return Tables.build(Model(**{**vars(found), **of}), regions, groups).fingerprint

    variants = [
        fingerprint(),
        fingerprint(regions=("yard", "door")),
        fingerprint(regions=("door",)),
        fingerprint(regions=("dooryard",)),
        fingerprint(groups=()),
        fingerprint(groups=("cat", "dog")),
        fingerprint(groups=("catdog",)),
        fingerprint(sha256="0" * 64),
        fingerprint(labels=found.labels[::-1]),
    ]
    assert len(set(variants)) == len(variants)
    assert fingerprint() == fingerprint()
    assert fingerprint(groups=("dog", "cat")) == fingerprint(groups=("cat", "dog"))


def test_tables_hold_what_they_name_and_nothing_else() -> None:
    tables = Tables(("door", "yard"), ("ant", "bee", "cat"), "0" * 16)

    def sighting(region: int, label: int) -> Sighting:
        return Sighting(
            appeared=True,
            region=region,
            label=label,
            confidence=0,
            appearance=1,
            start_ns=0,
            at_ns=0,
        )

    assert tables.hold(sighting(1, 2))
    assert not tables.hold(sighting(2, 0))
    assert not tables.hold(sighting(0, 3))
    assert tables.hold(RegionState(0, UNKNOWN, 0, 0))
    assert tables.hold(RegionState(1, 2, 0, 0))
    assert not tables.hold(RegionState(2, UNKNOWN, 0, 0))
    assert not tables.hold(RegionState(0, 3, 0, 0))
    assert tables.hold(CameraState(1, 0))
    assert tables.hold(Lost(1, 0))
