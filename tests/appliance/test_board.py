"""What a board tells, read from a made root folder."""

import resource
import time
from pathlib import Path

import pytest
from support.made_board import PI_4, PI_5, MadeBoard

from edgecam.appliance import board
from edgecam.appliance.board import Board

NO_NUMBERS = ["", "hot\n", "-1\n", "-40000\n", "99999999999999999999\n", "1.5\n", "\xff\xfe\n"]


@pytest.fixture
def made(tmp_path: Path) -> MadeBoard:
    return MadeBoard(tmp_path)


@pytest.fixture
def seen(tmp_path: Path) -> Board:
    return Board(tmp_path)


def assert_all_is_left_out(seen: Board) -> None:
    assert seen.cpu_temp_c() is None
    assert seen.throttled() is None
    assert seen.available_memory_mb() is None
    assert seen.total_memory_mb() is None
    assert seen.model() is None


def test_what_is_not_there_is_left_out(seen: Board) -> None:
    assert_all_is_left_out(seen)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_cannot_be_true_is_left_out(made: MadeBoard, seen: Board, text: str) -> None:
    made.zone(0, "cpu-thermal", text)
    made.throttled(text)
    made.voltage_alarm(text)
    made.memory(f"MemTotal: {text.strip()} kB\nMemAvailable: {text}")
    assert_all_is_left_out(seen)


@pytest.mark.parametrize("text", ["", "Pi\x1b[2J", "\xe4\xf6", "two\nlines"])
def test_a_model_that_is_no_name_is_left_out(made: MadeBoard, seen: Board, text: str) -> None:
    made.model(text)
    assert seen.model() is None


def test_what_cannot_be_read_is_left_out(made: MadeBoard, seen: Board) -> None:
    """A folder takes the place of each file: that gives an error for root, too."""
    for name in ("sys/class/thermal/thermal_zone0/temp", "proc/meminfo"):
        (made.root / name).mkdir(parents=True)
    made.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    assert_all_is_left_out(seen)


def test_without_descriptors_to_look_with_it_is_left_out(made: MadeBoard, seen: Board) -> None:
    made.is_at(50.0)
    made.throttled("5\n")
    made.voltage_alarm("1\n")
    made.memory("MemTotal: 439428 kB\nMemAvailable: 439428 kB\n")
    made.model("Raspberry Pi 5")
    assert seen.cpu_temp_c() == 50.0
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        assert_all_is_left_out(seen)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@pytest.mark.parametrize("kind", ["cpu-thermal", "cpu_thermal", "x86_pkg_temp"])
def test_the_temperature_is_that_of_the_processors_zone(
    made: MadeBoard, seen: Board, kind: str
) -> None:
    made.zone(0, "battery", "20000\n")
    made.zone(1, "acpitz", "27800\n")
    assert seen.cpu_temp_c() is None
    made.zone(2, kind, "51540\n")
    assert seen.cpu_temp_c() == 51.5


@pytest.mark.parametrize(("text", "degrees"), [("0", 0), ("150000", 150), ("150001", None)])
def test_temperatures_have_limits(
    made: MadeBoard, seen: Board, text: str, degrees: float | None
) -> None:
    made.zone(0, "cpu-thermal", f"{text}\n")
    assert seen.cpu_temp_c() == degrees


def test_memory_and_model(made: MadeBoard, seen: Board) -> None:
    made.memory("MemTotal:         439428 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n")
    made.model("Raspberry Pi Zero 2 W Rev 1.0")
    assert seen.total_memory_mb() == 429
    assert seen.available_memory_mb() == 2
    assert seen.model() == "Raspberry Pi Zero 2 W Rev 1.0"


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
@pytest.mark.parametrize("device", [PI_4, PI_5])
def test_throttle_bits_have_names(
    made: MadeBoard, seen: Board, device: str, bits: str, named: list[str]
) -> None:
    made.throttled(f"{bits}\n", device)
    assert seen.throttled() == named


@pytest.mark.parametrize(("alarm", "named"), [("0", []), ("1", ["under_voltage"]), ("2", None)])
def test_another_kernel_tells_of_under_voltage_alone(
    made: MadeBoard, seen: Board, alarm: str, named: list[str] | None
) -> None:
    made.voltage_alarm(f"{alarm}\n")
    assert seen.throttled() == named


def test_the_firmwares_word_counts_before_the_alarm(made: MadeBoard, seen: Board) -> None:
    made.voltage_alarm("1\n")
    made.throttled("4\n")
    assert seen.throttled() == ["throttled"]


def test_disk_uptime_and_name_of_this_machine(tmp_path: Path) -> None:
    assert (board.disk_free_mb(tmp_path) or 0) > 0
    assert board.disk_free_mb(tmp_path / "none") is None
    assert board.os_name()
    # The time of a suspended machine counts, too, which the monotonic clock leaves out.
    assert board.uptime_s() >= int(time.monotonic())
