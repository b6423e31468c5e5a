"""What a configuration chooses to be decided on, and what it says of names that nothing knows."""

from typing import Any

import msgspec
import pytest

from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.errors import ConfigError
from edgecam.subjects import Subject, choose

LABELS = ("tabby cat", "tiger cat", "dog", "panda")
CAT = ["tabby cat", "tiger cat"]


def names(**options: Any) -> list[str]:
    return [subject.name for subject in choose(DecisionOptions(**options), LABELS)]


def test_labels_in_no_group_come_first_then_groups_by_name() -> None:
    chosen = choose(DecisionOptions(groups={"pet": ["dog"], "cat": CAT[::-1]}), LABELS)
    assert [(one.name, one.index, one.members) for one in chosen] == [
        ("panda", 3, (3,)),
        ("cat", 4, (0, 1)),
        ("pet", 5, (2,)),
    ]


def test_the_index_of_a_group_is_its_own_whatever_is_left_out() -> None:
    options = DecisionOptions(groups={"cat": CAT, "pet": ["dog"]}, only=["pet"])
    assert choose(options, LABELS) == (Subject("pet", 5, (2,), 0.4, 0.1),)


def test_a_subject_has_its_own_thresholds_or_the_usual_ones() -> None:
    own = {"dog": ThresholdOptions(appear=0.9), "panda": ThresholdOptions(disappear=0.1)}
    options = DecisionOptions(appear=0.6, disappear=0.2, labels=own, only=["dog", "panda"])
    chosen = choose(options, LABELS)
    assert [(one.appear, one.disappear) for one in chosen] == [(0.9, 0.2), (0.6, 0.1)]


def test_only_names_what_is_chosen_and_ignore_leaves_out() -> None:
    assert names(only=["dog"]) == ["dog"]
    assert names(ignore=["dog", *CAT]) == ["panda"]
    assert names(groups={"cat": CAT}, only=["cat", "dog"], ignore=["dog"]) == ["cat"]
    assert names(ignore=list(LABELS)) == []


def test_a_group_may_have_the_name_of_one_of_its_members() -> None:
    options = DecisionOptions(groups={"cat": ["cat", "tiger cat"]}, only=["cat"])
    (chosen,) = choose(options, ("cat", "tiger cat", "dog"))
    assert (chosen.index, chosen.members) == (3, (0, 1))


def test_two_labels_of_one_name_are_one_subject_and_both_members() -> None:
    labels = ("crane", "dog", "crane")
    (alone,) = choose(DecisionOptions(only=["crane"]), labels)
    assert (alone.index, alone.members) == (0, (0, 2))
    (group,) = choose(DecisionOptions(groups={"bird": ["crane"]}, only=["bird"]), labels)
    assert group.members == (0, 2)


@pytest.mark.parametrize(
    ("options", "option", "near"),
    [
        ({"only": ["dog", "pandu"]}, "decision.only[1]", "panda"),
        ({"ignore": ["tabby"]}, "decision.ignore[0]", "tabby cat"),
        ({"only": ["Pandas"]}, "decision.only[0]", "panda"),
        ({"labels": {"dig": ThresholdOptions()}}, "decision.labels.dig", "dog"),
        ({"groups": {"cat": ["tabby cat", "tigr cat"]}}, "decision.groups.cat[1]", "tiger cat"),
        ({"groups": {"felines": CAT}, "only": ["feline"]}, "decision.only[0]", "felines"),
    ],
)
def test_an_unknown_label_is_named_with_its_option_and_the_nearest(
    options: dict[str, Any], option: str, near: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        choose(DecisionOptions(**options), LABELS)
    assert caught.value.option == option
    assert f'did you mean "{near}"?' in str(caught.value)


@pytest.mark.parametrize("name", ["person", "People", "faces"])
def test_who_asks_for_people_is_told_that_the_model_knows_none(name: str) -> None:
    with pytest.raises(ConfigError, match=r"is no label of the model: it knows no people$"):
        choose(DecisionOptions(only=[name]), [*LABELS, "prison"])
    with pytest.raises(ConfigError, match='did you mean "person at a door"'):
        choose(DecisionOptions(only=["person"]), [*LABELS, "person at a door"])


def test_where_nothing_is_near_it_is_said_where_the_labels_are() -> None:
    said = '"xylophone" is no label of the model and no group; `edgecam model inspect --list` '
    with pytest.raises(ConfigError, match=f"^{said}prints the labels$"):
        choose(DecisionOptions(only=["xylophone"]), LABELS)


def test_a_group_may_not_take_the_name_of_a_label_that_is_none_of_its_members() -> None:
    with pytest.raises(ConfigError, match="already a label") as caught:
        choose(DecisionOptions(groups={"dog": CAT}), LABELS)
    assert caught.value.option == "decision.groups.dog"


@pytest.mark.parametrize("option", ["only", "ignore", "labels"])
def test_a_member_of_a_group_is_no_name_of_its_own_any_more(option: str) -> None:
    value: object = {"bee": {"appear": 0.9}} if option == "labels" else ["bee"]
    options = msgspec.convert(
        {"groups": {"insect": ["ant", "bee"]}, option: value}, DecisionOptions
    )
    with pytest.raises(ConfigError, match='"bee" counts as "insect"') as caught:
        choose(options, ["ant", "bee", "cat"])
    assert caught.value.option.startswith(f"decision.{option}")
