"""Row 25 of the fault catalogue, and what an event costs: short runs of the long series."""

from faults import power_cut, write_cost


def test_power_cut_loses_nothing_that_was_called_committed() -> None:
    seen: list[int] = []
    result = power_cut.run(3, seen.append)
    assert seen == [1, 2, 3]
    assert result.acknowledged > 10
    assert (result.cuts, result.lost, result.corrupt) == (3, 0, 0)


def test_an_event_costs_a_card_few_bytes() -> None:
    """15 kB in a burst; ext4 itself adds 16 kB to one that comes alone, for the file's time."""
    cost = write_cost.measure(100)
    assert cost.burst < 15_000
    assert cost.one_by_one < 15_000 + 16_384
