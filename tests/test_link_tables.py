"""What the indices on the wall stand for, and which of them may be reported."""

from typing import Any

import pytest
from support.places import MODEL

from edgecam import link, model
from edgecam.config import DecisionOptions, ModelOptions
from edgecam.errors import ConfigError
from edgecam.link import Hello, Tables
from edgecam.messages import CameraState, Explanation, Look, Scored, Sighting, Tally
from edgecam.model import Model

CAT, DOG = ["tiger cat"], ["Beagle"]


@pytest.fixture(scope="module")
def found() -> Model:
    return model.load(ModelOptions(file=str(MODEL)))


def test_tables_are_the_regions_and_the_models_labels_before_the_groups(found: Model) -> None:
    decision = DecisionOptions(groups={"hound": DOG, "cat": CAT})
    tables = Tables.build(found, ["door", "yard"], decision)
    assert tables.regions == ("door", "yard")
    assert tables.labels == (*found.labels, "cat", "hound")
    assert link.decode_from_vision(link.encode(Hello(1, 2, tables.fingerprint, 0)))


def test_reported_is_what_the_configuration_chooses(found: Model) -> None:
    count, beagle = len(found.labels), found.labels.index("Beagle")

    def reported(**options: Any) -> frozenset[int]:
        return Tables.build(found, ["door"], DecisionOptions(**options)).reported

    everything = frozenset(range(count))
    assert reported() == everything
    assert reported(ignore=DOG) == everything - {beagle}
    assert reported(only=DOG) == {beagle}
    assert reported(groups={"hound": DOG}) == (everything | {count}) - {beagle}
    assert reported(groups={"cat": CAT, "hound": DOG}, only=["hound"]) == {count + 1}


def test_a_label_that_nothing_knows_is_refused(found: Model) -> None:
    with pytest.raises(ConfigError, match="no label"):
        Tables.build(found, ["door"], DecisionOptions(only=["xylophone quartet"]))


def test_the_fingerprint_is_that_of_everything_an_index_may_stand_for(found: Model) -> None:
    def fingerprint(
        regions: tuple[str, ...] = ("door", "yard"), model_of: Any = None, **options: Any
    ) -> str:
        decision = DecisionOptions(**{"groups": {"cat": CAT}, **options})
        other = Model(**{**vars(found), **(model_of or {})})
        return Tables.build(other, regions, decision).fingerprint

    variants = [
        fingerprint(),
        fingerprint(regions=("yard", "door")),
        fingerprint(regions=("door",)),
        fingerprint(regions=("dooryard",)),
        fingerprint(groups={}),
        fingerprint(groups={"cat": CAT, "hound": DOG}),
        fingerprint(groups={"cathound": CAT}),
        fingerprint(only=["cat"]),
        fingerprint(ignore=["cat"]),
        fingerprint(model_of={"sha256": "0" * 64}),
        fingerprint(model_of={"labels": found.labels[::-1]}),
    ]
    assert len(set(variants)) == len(variants)
    assert fingerprint() == fingerprint(appear=0.9)  # what it takes to be seen is not on the wall
    swapped = {"hound": DOG, "cat": CAT}
    assert fingerprint(groups=swapped) == fingerprint(groups=dict(sorted(swapped.items())))


TABLES = Tables(("door", "yard"), ("ant", "bee", "cat"), frozenset({0, 2}), "0" * 16)


def sighting(region: int, label: int) -> Sighting:
    return Sighting(appeared=True, region=region, label=label, confidence=0, at_ns=0)


def look(region: int, *labels: int) -> Look:
    return Look(region, tuple(Scored(label, 1) for label in labels))


def explanation(region: int, *labels: int) -> Explanation:
    return Explanation(0, region, 0, tuple(Tally(label, 1, 0, 0, True) for label in labels))  # noqa: FBT003  present


@pytest.mark.parametrize("value", [sighting, look, explanation])
def test_tables_hold_what_they_name_and_what_may_be_reported_and_nothing_else(value: Any) -> None:
    assert TABLES.hold(value(1, 2))
    assert TABLES.hold(value(0, 0))
    assert not TABLES.hold(value(2, 0))
    assert not TABLES.hold(value(0, 3))
    assert not TABLES.hold(value(0, 1))  # the configuration leaves it out


@pytest.mark.parametrize("value", [look, explanation])
def test_one_label_that_may_not_be_reported_is_one_too_many(value: Any) -> None:
    assert TABLES.hold(value(0, 0, 2))
    assert not TABLES.hold(value(0, 0, 1, 2))
    assert TABLES.hold(value(0))
    assert not TABLES.hold(value(2))


def test_how_the_camera_is_stands_for_itself() -> None:
    assert TABLES.hold(CameraState(1, 0, 0, 0))
