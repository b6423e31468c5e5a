"""What the reader says to those who write power and schedule as they would say them."""

from pathlib import Path

import pytest
from support.configs import load_text, problems

HOUR = "hours like 07:00-22:30, sunrise-sunset or sunrise-30min-sunset+60min"
HOURS = f"schedule.active_hours: expected a list of 0 to 16, each {HOUR}"
TIME = "got 22:00, which YAML reads as 1320; put it in quotes"
PLACE = "schedule.place: expected a section with latitude, longitude"
POWER = "power: expected one of performance, balanced, eco"
SWAPPED = "(only a longitude goes further: are they swapped?)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "schedule: {active_hours: 07:00-22:00}",
            f'{HOURS}, got "07:00-22:00"; write it as a list: ["07:00-22:00"]',
        ),
        ("schedule: {active_hours: 22:00}", f"{HOURS}, {TIME}"),
        ("schedule: {active_hours: [22:00]}", f"schedule.active_hours[0]: expected {HOUR}, {TIME}"),
        (
            'schedule: {active_hours: ["22:00"]}',
            f'schedule.active_hours[0]: expected {HOUR}, got "22:00"',
        ),
        (
            "schedule: {active_hours: [[07:00-22:00]]}",
            f'schedule.active_hours[0]: expected {HOUR}, got ["07:00-22:00"]',
        ),
        ("schedule: {active_hours: {from: 8, to: 9}}", f"{HOURS}, got a section"),
        ("schedule: {active_hours: always}", f'{HOURS}, got "always"'),
        (
            "schedule: [07:00-22:00]",
            'schedule: expected a section with active_hours, place, got ["07:00-22:00"]',
        ),
        ("schedule: {place: [59.3, 18.1]}", f"{PLACE}, got [59.3, 18.1]"),
        ("schedule: {place: Kiruna}", f'{PLACE}, got "Kiruna"'),
        (
            "schedule: {place: {latitude: 118.2, longitude: 34.1}}",
            f"schedule.place.latitude: expected a number from -90 to 90 {SWAPPED}, got 118.2",
        ),
        (
            "schedule: {place: {latitude: 34.1, longitude: -318.2}}",
            "schedule.place.longitude: expected a number from -180 to 180, got -318.2",
        ),
        ("power: off", f"{POWER}, got off, which YAML reads as false"),
        ("power: No", f"{POWER}, got No, which YAML reads as false"),
        ("power: false", f"{POWER}, got false"),
        ("power: 1", f"{POWER}, got 1"),
    ],
)
def test_it_says_what_was_read_and_how_to_write_it(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [f"config.yaml:1: {problem}"]


def test_what_it_advises_is_right(tmp_path: Path) -> None:
    config = load_text(tmp_path, 'schedule: {active_hours: ["07:00-22:00"]}').config
    assert config.schedule.active_hours == ["07:00-22:00"]
