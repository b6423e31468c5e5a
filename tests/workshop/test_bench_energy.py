"""Energy: what a machine measures by itself, and what is estimated where none can."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.waiting import wait_until

from edgecam.workshop.bench import battery, boards, meters
from edgecam.workshop.bench.battery import Costs
from edgecam.workshop.bench.meters import Pmic, Rapl

PMIC = """\
 3V7_WL_SW_A current(0)=0.10000000A
   VDD_CORE_A current(7)=2.00000000A
 3V7_WL_SW_V volt(8)=3.70000000V
   VDD_CORE_V volt(15)=0.80000000V
      EXT5V_V volt(24)=5.10000000V
"""


@pytest.fixture
def rapl(tmp_path: Path) -> Path:
    folder = tmp_path / "sys/class/powercap/intel-rapl:0"
    folder.mkdir(parents=True)
    (folder / "energy_uj").write_text("900000\n")
    (folder / "max_energy_range_uj").write_text("1000000\n")
    return folder


@pytest.fixture
def vcgencmd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "vcgencmd"
    program.parent.mkdir()
    said = tmp_path / "said"
    said.write_text(PMIC)
    program.write_text(f"#!/bin/sh\ncat {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return said


def test_rapl_counts_over_the_end_of_its_counter(tmp_path: Path, rapl: Path) -> None:
    meter = meters.here(tmp_path)
    assert isinstance(meter, Rapl)
    meter.start()
    (rapl / "energy_uj").write_text("950000\n")
    assert meter.stop() == pytest.approx(0.05)
    (rapl / "energy_uj").write_text("100000\n")
    assert meter.stop() == pytest.approx(0.2)


def test_a_counter_that_cannot_be_read_any_more_gives_nothing(tmp_path: Path, rapl: Path) -> None:
    meter = meters.here(tmp_path)
    assert meter is not None
    meter.start()
    (rapl / "energy_uj").unlink()
    assert meter.stop() is None


def test_without_a_meter_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert meters.here(tmp_path) is None


def test_the_power_chip_is_sampled_where_it_answers(tmp_path: Path, vcgencmd: Path) -> None:
    meter = meters.here(tmp_path)
    assert isinstance(meter, Pmic)
    meter.start()
    wait_until(lambda: meter._watts, 10.0)
    joules = meter.stop()
    assert joules is not None
    assert joules > 0
    vcgencmd.write_text("error\n")
    assert meters.here(tmp_path) is None


def test_rails_count_where_both_current_and_voltage_are_told() -> None:
    assert meters.rails_w(PMIC) == pytest.approx(0.1 * 3.7 + 2.0 * 0.8)
    assert meters.rails_w("VDD_CORE_A=2.0A\nVDD_CORE_V=0.8V\n") == pytest.approx(1.6)


@pytest.mark.parametrize("said", ["", "Command not registered", "VDD_CORE_A current(7)=xA"])
def test_anything_else_is_no_power(said: str) -> None:
    assert meters.rails_w(said) is None


def test_a_board_is_found_by_its_name_and_a_longer_name_wins() -> None:
    plus = boards.power_of("Raspberry Pi 3 Model B Plus Rev 1.3")
    plain = boards.power_of("Raspberry Pi 3 Model B Rev 1.2")
    assert plus is not None
    assert plain is not None
    assert (plus.idle_w, plain.idle_w) == (1.9, 1.4)
    assert boards.power_of("Banana Pi M5") is None


def test_every_figure_of_a_board_has_a_source() -> None:
    documented = boards.__doc__ or ""
    for model in (None, "Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi Zero 2 W Rev 1.0"):
        power = boards.power_of(model)
        assert power is not None
        assert power.source.split()[0].removesuffix("'s") in documented
        assert power.core_w > 0


# 2 W at rest; a frame takes 40 mJ where it is looked at and 4 mJ where it is not.
COSTS = Costs(
    idle_w=2.0,
    joules_per_cpu_s=4.0,
    moving_cpu_s=0.010,
    still_cpu_s=0.001,
    fps=10.0,
    gated=True,
)


def test_a_battery_lasts_longer_the_fewer_frames_a_mode_asks_for() -> None:
    found = battery.lasts(50.0, 0.25, COSTS)
    moving_w = 2.0 + 0.04 * 10
    assert found.every_frame_h == pytest.approx(50 / moving_w, abs=0.1)
    for mode, fps in (("performance", 10), ("balanced", 5), ("eco", 2)):
        watts = 0.25 * moving_w + 0.75 * (2.0 + 0.004 * fps)
        assert found.hours[mode] == pytest.approx(50 / watts, abs=0.1)
    assert found.moving_share == 0.25


def test_no_mode_raises_the_rate_of_a_slow_camera() -> None:
    slow = battery.lasts(50.0, 0.0, replace(COSTS, fps=1.0))
    assert len(set(slow.hours.values())) == 1


def test_without_a_gate_everything_counts_as_moving() -> None:
    found = battery.lasts(50.0, 0.1, replace(COSTS, gated=False))
    assert set(found.hours.values()) == {found.every_frame_h}


def test_a_server_is_idle_with_all_its_cores() -> None:
    four, eight = boards.power_of(None, 4), boards.power_of(None, 8)
    assert four is not None
    assert eight is not None
    assert eight.idle_w == pytest.approx(2 * four.idle_w)
    assert eight.core_w == four.core_w
