"""`edgecam schema`: JSON Schema of the configuration and of the messages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from support.commands import run

from edgecam.config import Config, kinds
from edgecam.config.options import Command
from edgecam.publisher.contract import (
    EventPayload,
    HealthPayload,
    InfoPayload,
    LivePayload,
    StatePayload,
)


def schema_of(folder: Path, what: str) -> dict[str, Any]:
    """What the command prints."""
    done = run(folder, "schema", what)
    assert (done.code, done.err) == (0, "")
    printed: dict[str, Any] = json.loads(done.out)
    return printed


def sections(section: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """A section and all below it."""
    yield section
    for item in msgspec.structs.fields(section):
        kind = kinds.of(item.type)
        inner = kind.section or (kind.items or kind.entries or kind).section
        if inner is not None:
            yield from sections(inner)


def test_the_configuration_with_every_option(tmp_path: Path) -> None:
    schema = schema_of(tmp_path, "config")

    assert schema["$ref"] == "#/$defs/Config"
    found = list(sections(Config))
    assert len(found) == len(schema["$defs"])
    for section in found:
        definition = schema["$defs"][section.__name__]
        assert list(definition["properties"]) == [
            item.encode_name for item in msgspec.structs.fields(section)
        ]
        assert definition["additionalProperties"] is False
    assert schema["$defs"]["CameraOptions"]["properties"]["rotation"]["enum"] == [0, 90, 180, 270]


def test_the_message_of_every_topic(tmp_path: Path) -> None:
    schema = schema_of(tmp_path, "messages")

    assert list(schema) == [
        "edgecam/<node>/status",
        "edgecam/<node>/info",
        "edgecam/<node>/health",
        "edgecam/<node>/state/<region>",
        "edgecam/<node>/event",
        "edgecam/<node>/live/<region>",
        *(f"edgecam/<node>/response/{command}" for command in get_args(Command)),
    ]
    assert set(schema["edgecam/<node>/status"]["enum"]) == {"online", "stopped", "offline"}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("info", InfoPayload),
        ("health", HealthPayload),
        ("state/<region>", StatePayload),
        ("event", EventPayload),
        ("live/<region>", LivePayload),
    ],
)
def test_the_fields_of_a_message(tmp_path: Path, topic: str, payload: type[msgspec.Struct]) -> None:
    schema = schema_of(tmp_path, "messages")[f"edgecam/<node>/{topic}"]

    fields = msgspec.structs.fields(payload)
    definition = schema["$defs"][payload.__name__]
    assert list(definition["properties"]) == [item.encode_name for item in fields]
    assert definition["required"] == [item.encode_name for item in fields if item.required]
