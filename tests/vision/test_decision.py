import tracemalloc

import numpy as np
from support.watched_region import CAT, LABELS, SECOND, Region, rules

from edgecam.config import DecisionOptions
from edgecam.config.options import ThresholdOptions
from edgecam.messages import Sighting
from edgecam.vision.decision import Decision


def test_a_label_appears_with_the_vote_that_makes_the_count() -> None:
    region = Region(votes=3, window=5)
    assert [region.look(dog=score) for score in (0.9, 0.1, 0.8, 0.1)] == [[]] * 4
    assert region.look(dog=0.7) == ["+dog"]
    assert region.facts == [
        Sighting(
            appeared=True,
            region=2,
            label=2,
            confidence=800,  # the mean of 0.9, 0.8 and 0.7: of the looks that voted
            at_ns=5 * SECOND,
        )
    ]


def test_votes_that_have_left_the_window_do_not_count() -> None:
    region = Region(votes=3, window=5)
    for score in (0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9):
        assert region.look(dog=score) == []
    assert region.look(dog=0.9) == ["+dog"]


def test_between_the_thresholds_nothing_changes() -> None:
    region = Region(appear=0.6, disappear=0.3, votes=2, window=3)
    assert [region.look(dog=0.5) for _ in range(6)] == [[]] * 6
    region.look(dog=0.9)
    assert region.look(dog=0.9) == ["+dog"]
    assert [region.look(dog=0.31) for _ in range(6)] == [[]] * 6
    assert region.look(dog=0.2) == []
    assert region.look(dog=0.1) == ["-dog"]


def test_the_thresholds_themselves_are_high_and_not_low() -> None:
    region = Region(appear=0.5, disappear=0.25, votes=1, window=1)
    seen = [region.look(dog=score) for score in (0.499, 0.5, 0.25, 0.249)]
    assert seen == [[], ["+dog"], [], ["-dog"]]


def test_a_disappearance_tells_how_sure_it_is() -> None:
    region = Region(votes=2, window=3)
    for score in (0.9, 0.9, 0.5, 0.2, 0.1):
        region.look(dog=score)
    assert region.facts[1:] == [Sighting(False, 2, 2, 150, 5 * SECOND)]  # noqa: FBT003  it went


def test_one_bad_look_does_not_undo_what_was_just_decided() -> None:
    region = Region(votes=2, window=5)
    seen = [region.look(dog=score) for score in (0.1, 0.9, 0.9, 0.1, 0.9)]
    assert seen == [[], [], ["+dog"], [], []]


def test_old_high_scores_do_not_bring_a_label_back() -> None:
    region = Region(votes=2, window=6)
    seen = [region.look(dog=score) for score in (0.9, 0.9, 0.1, 0.1, 0.9, 0.9)]
    assert seen == [[], ["+dog"], [], ["-dog"], [], ["+dog"]]


def test_own_thresholds_of_a_label_and_of_a_group() -> None:
    region = Region(
        votes=1,
        window=1,
        groups={"cat": CAT},
        labels={
            "dog": ThresholdOptions(appear=0.9),
            "cat": ThresholdOptions(appear=0.2, disappear=0.1),
        },
    )
    assert region.look(dog=0.8, panda=0.6, tabby_cat=0.25) == ["+panda", "+cat"]
    assert region.look(dog=0.95, panda=0.29, tabby_cat=0.15) == ["+dog", "-panda"]
    assert region.look(dog=0.31, tabby_cat=0.05) == ["-cat"]


def test_a_group_adds_up_and_its_members_give_way_to_it() -> None:
    region = Region(votes=1, window=1, groups={"cat": CAT})
    assert region.look(tabby_cat=0.4, tiger_cat=0.4) == ["+cat"]
    assert region.facts[0].confidence == 800
    assert region.look(tabby_cat=0.9) == []
    assert region.look() == ["-cat"]


def test_the_sum_of_a_group_is_never_surer_than_sure() -> None:
    region = Region(votes=1, window=1, groups={"cat": CAT})
    region.look(tabby_cat=0.8, tiger_cat=0.8)
    assert region.facts[0].confidence == 1000


def test_a_group_may_have_the_name_of_one_of_its_members() -> None:
    labels = ("cat", "tiger cat", "dog")
    region = Region(labels, votes=1, window=1, groups={"cat": ["cat", "tiger cat"]}, only=["cat"])
    region.look(cat=0.3, tiger_cat=0.3, dog=0.9)
    assert [fact.label for fact in region.facts] == [3]  # the group's place in the table


def test_a_label_may_belong_to_two_groups() -> None:
    region = Region(votes=1, window=1, groups={"cat": CAT, "pet": ["tabby cat", "dog"]})
    assert region.look(tabby_cat=0.5) == ["+cat", "+pet"]


def test_two_labels_of_the_same_name_are_both_members() -> None:
    region = Region(("crane", "dog", "crane"), votes=1, window=1, groups={"bird": ["crane"]})
    array = np.array([0.3, 0.0, 0.3], np.float32)
    assert [fact.label for fact in region.decision.look(array, 1)] == [3]


def test_only_reports_what_it_names_and_ignore_leaves_out() -> None:
    scores = {"dog": 0.9, "panda": 0.9, "tabby_cat": 0.9, "tiger_cat": 0.9}
    assert Region(votes=1, window=1, only=["dog"]).look(**scores) == ["+dog"]
    assert Region(votes=1, window=1, ignore=["dog", *CAT]).look(**scores) == ["+panda"]
    grouped = Region(votes=1, window=1, groups={"cat": CAT}, only=["cat", "dog"], ignore=["dog"])
    assert grouped.look(**scores) == ["+cat"]


def test_where_everything_is_left_out_nothing_is_decided() -> None:
    region = Region(votes=1, window=1, ignore=list(LABELS))
    assert region.look(dog=1.0) == []
    assert (region.decision.looks, region.decision.tally(), region.decision.best(5)) == (0, (), ())


def test_a_label_does_not_appear_where_the_score_is_spread_over_many() -> None:
    region = Region("abcdefghijkl", votes=1, window=1, appear=0.4, clear=0.7)
    spread = dict.fromkeys("cdefghijkl", 0.04)
    assert region.look(a=0.5, **spread) == []
    # As sure of it, and the rest among few: what divides a cat among cats is a cat.
    assert region.look(a=0.5, b=0.2) == ["+a"]
    assert region.look(a=0.5, **spread) == []  # it need not be clear to stay
    assert region.look(a=0.2, **spread) == ["-a"]


def test_a_score_that_is_clear_by_itself_needs_no_others() -> None:
    region = Region(
        "abcdefghijkl",
        votes=1,
        window=1,
        appear=0.4,
        clear=0.45,
        groups={"low": list("cdefghijkl")},
    )
    assert region.look(**dict.fromkeys("cdefghijkl", 0.0449)) == []
    assert region.look(**dict.fromkeys("cdefghijkl", 0.0451)) == ["+low"]


def test_what_is_worth_naming_are_scores_from_a_twentieth_on() -> None:
    scores = dict.fromkeys("bcde", 0.05)
    assert Region("abcde", votes=1, window=1, clear=0.79).look(a=0.6, **scores) == ["+a"]
    less = dict.fromkeys("bcde", 0.0499)
    assert Region("abcde", votes=1, window=1, clear=0.79).look(a=0.6, **less) == []
    assert Region("abcde", votes=1, window=1, clear=0.61).look(a=0.61, **less) == ["+a"]


def test_within_the_cooldown_a_label_does_not_appear_again() -> None:
    region = Region(votes=1, window=1, cooldown_s=4.0)
    seen = [region.look(dog=score) for score in (0.9, 0.1, 0.9, 0.9, 0.9, 0.9)]
    assert seen == [["+dog"], ["-dog"], [], [], ["+dog"], []]


def test_the_cooldown_of_a_label_is_its_own() -> None:
    region = Region(votes=1, window=1, cooldown_s=60.0)
    assert region.look(dog=0.9) == ["+dog"]
    assert region.look(panda=0.9) == ["+panda", "-dog"]


def test_the_scores_given_are_not_kept() -> None:
    """The classifier hands out the same array every time."""
    decision = Decision(rules(DecisionOptions(votes=2, window=2)), 0)
    array = np.array([0, 0, 0.9, 0], np.float32)
    decision.look(array, 1)
    array[2] = 0.7
    (fact,) = decision.look(array, 2)
    assert fact.confidence == 800


def test_a_look_allocates_next_to_nothing() -> None:
    labels = [f"label {number}" for number in range(1000)]
    decision = Decision(rules(DecisionOptions(), labels), 0)
    looks = np.random.default_rng(0).dirichlet(np.full(len(labels), 0.01), 8).astype(np.float32)
    for at_ns, scores in enumerate(looks):
        decision.look(scores, at_ns)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for at_ns, scores in enumerate(looks, len(looks)):
            decision.look(scores, at_ns)
            decision.repeat(at_ns)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 4096
