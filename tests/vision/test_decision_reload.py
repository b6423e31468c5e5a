"""Other rules while a region is being watched, and what its decision stands on."""

import numpy as np
from support.watched_region import CAT, SECOND, Region, rules

from edgecam.config import DecisionOptions
from edgecam.messages import Scored, Sighting, Tally
from edgecam.vision.decision import TALLIED, Decision


def test_what_is_present_stays_so_under_other_rules() -> None:
    region = Region(votes=1, window=1)
    region.look(dog=0.9)
    assert region.reload(votes=1, window=2, appear=0.8, disappear=0.2) == []
    assert region.look(dog=0.9) == []  # it is there, and does not appear again
    assert region.look(dog=0.25) == []
    assert region.look(dog=0.1) == ["-dog"]


def test_votes_are_counted_anew_under_other_rules() -> None:
    region = Region(votes=2, window=3)
    region.look(dog=0.9)
    region.reload(votes=2, window=3)
    assert region.look(dog=0.9) == []
    assert region.look(dog=0.9) == ["+dog"]


def test_what_other_rules_no_longer_know_ends_at_once() -> None:
    region = Region(votes=1, window=1)
    region.look(dog=0.9, panda=0.6)
    assert region.reload(votes=1, window=1, ignore=["dog"]) == ["-dog"]
    assert region.facts[-1] == Sighting(False, 2, 2, 0, SECOND + SECOND // 2)  # noqa: FBT003  it went
    assert region.look(dog=0.9, panda=0.1) == ["-panda"]


def test_what_was_not_present_need_not_end() -> None:
    region = Region(votes=1, window=1)
    region.look(panda=0.9)
    assert region.reload(votes=1, window=1, ignore=["dog"]) == []


def test_the_cooldown_goes_on_under_other_rules() -> None:
    region = Region(votes=1, window=1, cooldown_s=4.0)
    assert region.look(dog=0.9) == ["+dog"]
    assert region.look() == ["-dog"]
    region.reload(votes=1, window=1, cooldown_s=0.0)
    assert [region.look(dog=0.9) for _ in range(3)] == [[], [], ["+dog"]]


def test_a_group_is_known_by_its_name_whatever_its_index_is() -> None:
    region = Region(votes=1, window=1, groups={"pet": ["dog"]})
    assert region.look(dog=0.9) == ["+pet"]
    assert region.reload(votes=1, window=1, groups={"cat": CAT, "pet": ["dog"]}) == []
    assert region.look(tabby_cat=0.9, dog=0.1) == ["+cat", "-pet"]


def test_two_labels_of_one_name_stay_one_subject() -> None:
    """The models that come with edgecam know two things called "crane"."""
    region = Region(("crane", "dog", "crane"), votes=1, window=1)
    region.look(crane=0.9)  # the first one
    assert region.reload(votes=1, window=1) == []
    assert region.look(crane=0.9) == []
    assert region.look() == ["-crane"]
    assert [fact.label for fact in region.facts] == [0, 0]


def test_best_are_the_best_of_the_last_look() -> None:
    region = Region(votes=1, window=3, groups={"cat": CAT})
    region.look(panda=0.9)
    region.look(tabby_cat=0.2, tiger_cat=0.25, dog=0.3)
    assert region.decision.best(5) == (Scored(4, 450), Scored(2, 300))
    assert region.decision.best(1) == (Scored(4, 450),)


def test_the_best_of_a_group_is_never_surer_than_sure() -> None:
    region = Region(groups={"cat": CAT})
    region.look(tabby_cat=0.8, tiger_cat=0.8)
    assert region.decision.best(1) == (Scored(4, 1000),)


def test_before_the_first_look_there_is_nothing_to_explain() -> None:
    decision = Decision(rules(DecisionOptions()), 0)
    assert (decision.looks, decision.tally(), decision.best(3)) == (0, (), ())


def test_a_tally_tells_votes_and_mean_scores_of_the_looks_that_count() -> None:
    region = Region(appear=0.6, disappear=0.3, votes=2, window=4)
    for dog, panda in ((1.0, 0.0), (0.8, 0.1), (0.4, 0.2), (0.2, 0.7)):
        region.look(dog=dog, panda=panda)
    first, second, _ = region.decision.tally()
    # What voted before the dog appeared no longer votes against it.
    assert first == Tally(label=2, score=600, high_votes=2, low_votes=1, present=True)
    assert second == Tally(label=3, score=250, high_votes=1, low_votes=3, present=False)
    assert region.decision.looks == 4
    region.look(dog=0.2)
    assert region.decision.looks == 4
    assert region.decision.tally()[0].score == 400  # the first look has left the window


def test_a_tally_names_few_and_only_what_is_decided_on() -> None:
    region = Region(tuple("abcdefgh"), only=list("bcdefg"))
    region.look(**dict.fromkeys("abcdefgh", 0.1))
    tallies = region.decision.tally()
    assert len(tallies) == TALLIED
    assert {tally.label for tally in tallies} <= set(range(1, 7))


def test_a_tally_and_the_best_do_not_change_what_is_decided() -> None:
    array = np.array([0.1, 0.2, 0.9, 0.0], np.float32)
    asked, left = (Decision(rules(DecisionOptions(votes=2, window=3)), 0) for _ in range(2))
    for at_ns in range(1, 6):
        asked.tally()
        asked.best(3)
        assert asked.look(array, at_ns) == left.look(array, at_ns)
