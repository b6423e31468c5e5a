"""What a board tells, read from a made root folder."""

from pathlib import Path

import pytest

from edgecam.appliance import board
from edgecam.appliance.board import Board

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
TEMPERATURE = "sys/class/thermal/thermal_zone0/temp"


def machine(root: Path, **files: str) -> Board:
    for name, content in files.items():
        path = root / {"throttled": THROTTLED, "temp": TEMPERATURE, "meminfo": "proc/meminfo"}[name]
        path.parent.mkdir(parents=True)
        path.write_text(content)
    return Board(root)


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    board_ = Board(tmp_path)
    assert board_.cpu_temp_c() is None
    assert board_.throttled() is None
    assert board_.available_memory_mb() is None


def test_nonsense_is_left_out(tmp_path: Path) -> None:
    board_ = machine(tmp_path, throttled="what?\n", temp="hot\n", meminfo="nothing here\n")
    assert board_.cpu_temp_c() is None
    assert board_.throttled() is None
    assert board_.available_memory_mb() is None


def test_temperature_and_memory(tmp_path: Path) -> None:
    board_ = machine(tmp_path, temp="51540\n", meminfo="MemTotal: 9 kB\nMemAvailable: 2048 kB\n")
    assert board_.cpu_temp_c() == 51.5
    assert board_.available_memory_mb() == 2


@pytest.mark.parametrize(
    ("bits", "named"),
    [
        ("0", []),
        ("1", ["under_voltage"]),
        ("5", ["under_voltage", "throttled"]),
        ("50005", ["under_voltage", "throttled"]),
        ("80000", ["soft_temp_limit_since_boot"]),
        ("20008", ["soft_temp_limit", "frequency_capped_since_boot"]),
    ],
)
def test_throttle_bits_have_names(tmp_path: Path, bits: str, named: list[str]) -> None:
    assert machine(tmp_path, throttled=f"{bits}\n").throttled() == named


def test_disk_and_name_of_this_machine(tmp_path: Path) -> None:
    assert (board.disk_free_mb(tmp_path) or 0) > 0
    assert board.disk_free_mb(tmp_path / "none") is None
    assert board.os_name()
