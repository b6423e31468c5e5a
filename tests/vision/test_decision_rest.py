"""What becomes of a region's decision when nobody looks for a while: asleep, or paused."""

from support.watched_region import SECOND, Region

from edgecam.messages import Sighting


def test_what_is_present_ends_when_the_rest_begins() -> None:
    region = Region(votes=1, window=1)
    assert region.look(dog=0.9, panda=0.6) == ["+dog", "+panda"]
    assert region.rest() == ["-panda", "-dog"]  # what is shown goes last
    assert region.facts[-1] == Sighting(False, 2, 2, 0, SECOND + SECOND // 2)  # noqa: FBT003  it went
    assert region.rest() == []


def test_what_is_there_still_after_the_rest_appears_again() -> None:
    region = Region(votes=1, window=1)
    assert region.look(dog=0.9) == ["+dog"]
    assert region.rest() == ["-dog"]
    assert region.look(dog=0.9) == ["+dog"]
    assert region.look() == ["-dog"]


def test_looks_from_before_a_rest_have_no_vote_after_it() -> None:
    region = Region(votes=2, window=3)
    assert region.look(dog=0.9) == []
    assert region.rest() == []
    assert not region.decision.settled
    assert (region.decision.looks, region.decision.tally()) == (0, ())
    assert region.look(dog=0.9) == []
    assert region.look(dog=0.9) == ["+dog"]
    assert region.look() == []
    region.rest()
    assert region.look(panda=0.9) == []
    assert not region.decision.waiting


def test_a_cooldown_goes_on_over_a_rest() -> None:
    region = Region(votes=1, window=1, cooldown_s=3.0)
    assert region.look(dog=0.9) == ["+dog"]
    assert region.rest() == ["-dog"]
    assert [region.look(dog=0.9) for _ in range(3)] == [[], [], ["+dog"]]
