"""config.yaml shows every option with its default, and explains what its name does not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from support.places import ROOT

from edgecam.config import Config, kinds, load
from edgecam.config.state import STATE

FILE = ROOT / "config.yaml"
TEXT = FILE.read_text(encoding="utf-8")
SHOWN: dict[str, Any] = yaml.safe_load(TEXT)
UNITS = ("_s", "_mb", "_ms", "_c")
# These stand directly below an option whose comment speaks of both.
SHARED = {"outbox.max_mb": "outbox.max_events", "mqtt.tls.key_file": "mqtt.tls.cert_file"}


def walk(section: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Any, kinds.Kind]]:
    """Every option: its dotted name, its default as plain data, and its kind."""
    for item in msgspec.structs.fields(section):
        kind, name = kinds.of(item.type), f"{path}{item.encode_name}"
        if kind.section is not None and not kind.optional:
            yield from walk(kind.section, f"{name}.")
        elif item.default_factory is not msgspec.NODEFAULT:
            yield name, msgspec.to_builtins(item.default_factory()), kind
        else:
            yield name, item.default, kind


BY_MACHINE = {"node", "outbox.file"}
OPTIONS = {one: (default, kind) for one, default, kind in walk(Config) if one not in BY_MACHINE}


def shown_names(section: dict[str, Any], path: str = "") -> Iterator[str]:
    """The dotted names of the options in the file."""
    for name, value in section.items():
        if isinstance(value, dict) and f"{path}{name}" not in OPTIONS:
            yield from shown_names(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def lines() -> dict[str, int]:
    """The line of each option in the file, counted from 0."""
    return {name: line - 1 for name, line in load(FILE).lines.items()}


def test_the_walk_finds_the_options() -> None:
    assert {"camera.fps", "camera.stills.hold_s", "mqtt.tls.ca_file", "log.level"} <= set(OPTIONS)
    assert len(OPTIONS) > 40


def test_every_option_is_shown_and_no_other() -> None:
    assert sorted(shown_names(SHOWN)) == sorted(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_the_value_shown_is_the_default(option: str) -> None:
    value: Any = SHOWN
    for name in option.split("."):
        value = value[name]

    default, _ = OPTIONS[option]
    assert value == default
    assert type(value) is type(default)


def test_the_node_is_shown_as_a_comment() -> None:
    (shown,) = re.findall(r"^# node: (.*)$", TEXT, re.MULTILINE)

    assert re.fullmatch("[a-z0-9_-]{1,24}", shown)


def test_the_queue_of_an_installed_appliance_is_shown_as_a_comment() -> None:
    assert f"\n  # file: {STATE / 'outbox.db'}\n" in TEXT


@pytest.mark.parametrize(
    "option",
    [name for name, (_, kind) in OPTIONS.items() if name.endswith(UNITS) or kind.is_path],
)
def test_units_and_paths_are_explained(option: str) -> None:
    text, places = TEXT.splitlines(), lines()
    above = text[places[option] - 1]
    if option in SHARED:
        assert places[option] == places[SHARED[option]] + 1
        above = text[places[option] - 2]

    assert above.lstrip().startswith("# ")


def test_it_is_what_is_in_force_without_it(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("{}\n", encoding="utf-8")

    assert load(FILE).config == load(tmp_path / "empty.yaml").config
