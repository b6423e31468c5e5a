"""What else a machine did: from a made /proc/stat, with what this process really used meanwhile."""

import os
from pathlib import Path

import pytest

from edgecam.workshop import company
from edgecam.workshop.company import Watch

TICKS = os.sysconf("SC_CLK_TCK")
STEADY = [100.0, 101.0, 102.0]


class MadeStat:
    """A machine that has been used for so many seconds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "proc").mkdir()
        self.says()

    def says(self, *, used: int = 0, idle: int = 0, stolen: int = 0) -> None:
        numbers = (used, 0, 0, idle, 0, 0, 0, stolen, used, 0)  # a guest is within the first
        ticks = " ".join(str(seconds * TICKS) for seconds in numbers)
        (self.root / "proc/stat").write_text(f"cpu  {ticks}\ncpu0 0 0 0 0 0 0 0 0 0 0\n")


@pytest.fixture
def machine(tmp_path: Path) -> MadeStat:
    return MadeStat(tmp_path)


def test_a_quiet_machine_has_nothing_to_say(machine: MadeStat) -> None:
    watch = Watch(machine.root)
    machine.says(used=10, idle=990)
    seen = watch.seen(STEADY)
    assert seen.busy == []
    assert company.in_words(seen) == ""
    assert 0 < seen.others_share <= 0.01
    assert seen.load_before >= 0


@pytest.mark.parametrize(
    ("used", "stolen", "bare", "why"),
    [
        (300, 0, STEADY, "other programs took 30% of the processors"),
        (0, 40, STEADY, "the hypervisor took 4%"),
        (0, 0, [80.0, 100.0, 101.0], "bare invoke() differed by 21% between rounds"),
    ],
)
def test_a_busy_one_says_why(
    machine: MadeStat, used: int, stolen: int, bare: list[float], why: str
) -> None:
    watch = Watch(machine.root)
    machine.says(used=used, idle=1000 - used - stolen, stolen=stolen)
    seen = watch.seen(bare)
    assert seen.busy == [why]
    assert why in company.in_words(seen)


def test_what_the_bench_itself_used_is_not_of_others(
    machine: MadeStat, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(machine.root)
    machine.says(used=300, idle=700)
    now = os.times()
    monkeypatch.setattr(os, "times", lambda: (now[0] + 100, now[1], now[2] + 200, now[3], now[4]))
    assert watch.seen(STEADY).others_share < 0.01


def test_this_machine_tells() -> None:
    seen = Watch().seen(STEADY)
    assert 0 <= seen.others_share <= 1
    assert 0 <= seen.stolen_share <= 1
