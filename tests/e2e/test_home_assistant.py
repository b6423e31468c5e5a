"""docs/home-assistant.md: what its YAML names is what the appliance publishes.

Templates are not rendered here: Home Assistant is too large to be installed for a test. They are
read for the fields they name, and every one must be in the contract and in what really came.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import cv2
import msgspec
import numpy as np
import pytest
import yaml
from support.appliance import Appliance, pictures, stop
from support.configs import load_text
from support.mosquitto import Mosquitto
from support.places import MODEL, ROOT
from support.recorder import Recorder

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.publisher import contract
from edgecam.publisher.stored_event import EventType
from edgecam.publisher.topics import Topics
from edgecam.subjects import choose

PAGE = (ROOT / "docs" / "home-assistant.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CONFIGURATION = TEXTS[0]
BLOCKS: list[Any] = [yaml.safe_load(text) for text in TEXTS[1:]]
ENTITIES: list[tuple[str, dict[str, Any]]] = [
    (domain, entity)
    for block in BLOCKS
    if isinstance(block, dict)
    for one in block["mqtt"]
    for domain, entity in one.items()
]
AUTOMATIONS: list[dict[str, Any]] = [
    automation for block in BLOCKS if isinstance(block, list) for automation in block
]
NODE, REGION, LABEL = "front-door", "scene", "cat"
TOPICS = Topics(NODE)
PAYLOADS: dict[str, type[msgspec.Struct] | None] = {
    TOPICS.status: None,  # a bare word
    TOPICS.state(REGION): contract.StatePayload,
    TOPICS.health: contract.HealthPayload,
    TOPICS.event: contract.EventPayload,
}


def sections(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping in it, the inner ones too."""
    if isinstance(value, dict):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from sections(inner)


def topics() -> set[str]:
    """Every topic that is read."""
    return {
        text
        for section in sections(BLOCKS)
        for name, text in section.items()
        if name == "topic" or name.endswith("_topic")
    }


def fields() -> set[tuple[str, str]]:
    """Every topic with a field that is asked of it: `vision.asleep`."""
    found = set()
    for section in sections(BLOCKS):
        topic = section.get("state_topic") or section.get("topic")
        text = section.get("value_template", "")
        if "triggers" in section:  # what the rest of an automation says of its trigger
            topic, text = section["triggers"][0].get("topic"), str(section)
            text = " ".join(re.findall(r"trigger\.payload_json[\w.]+", text))
        if topic:
            named = re.findall(r"(?:value_json|trigger\.payload_json)\.([\w.]+)", text)
            found |= {(str(topic), path) for path in named}
    return found


def test_the_page_holds_what_it_promises() -> None:
    assert len(ENTITIES) >= 5
    assert len(AUTOMATIONS) == 3
    assert len(fields()) >= 9
    assert {topic for topic, _ in fields()} == set(PAYLOADS) - {TOPICS.status}


def test_every_topic_and_field_is_of_the_contract() -> None:
    assert topics() == set(PAYLOADS)
    for topic, path in fields():
        kind: Any = PAYLOADS[topic]
        for name in path.split("."):
            known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
            assert name in known, f"{topic}: {path}"
            kind = known[name]


def test_words_are_of_the_contract() -> None:
    (event,) = [entity for domain, entity in ENTITIES if domain == "event"]
    assert event["event_types"] == list(get_args(EventType))
    words = [
        trigger["payload"]
        for automation in AUTOMATIONS
        for trigger in automation["triggers"]
        if trigger["trigger"] == "mqtt"
    ]
    assert words == [f"appeared {LABEL}", "camera_trouble"]
    compared = " ".join(re.findall(r"== '(\w+)'", " ".join(TEXTS)))
    assert set(compared.split()) <= {LABEL, *get_args(EventType), *get_args(contract.Status)}


def test_a_status_of_three_words_is_made_two() -> None:
    """Home Assistant passes over whatever is neither of its two: `stopped` would count as there."""
    assert set(get_args(contract.Status)) > {"online", "offline"}
    having = [entity for domain, entity in ENTITIES if "availability" in entity]
    assert len(having) >= 3
    for entity in having:
        (one,) = entity["availability"]
        assert one["topic"] == TOPICS.status
        assert one["value_template"] == "{{ 'online' if value == 'online' else 'offline' }}"


def test_automations_name_entities_that_are_made() -> None:
    made = {f"{domain}.{entity['name'].lower().replace(' ', '_')}" for domain, entity in ENTITIES}
    named = {section["entity_id"] for section in sections(AUTOMATIONS) if "entity_id" in section}
    assert named == {"sensor.front_door_sees", "binary_sensor.front_door_sleeps"}
    assert named <= made


def test_the_configuration_is_one(tmp_path: Path) -> None:
    config = load_text(tmp_path, CONFIGURATION).config
    labels = model.load(ModelOptions(file=str(MODEL))).labels
    assert config.node == NODE
    assert [subject.name for subject in choose(config.decision, labels)] == [LABEL]


@pytest.fixture
def shown(tmp_path: Path, broker: Mosquitto, recorder: Recorder) -> Iterator[Recorder]:
    """What came from an appliance with the page's decision: a cat, a castle, and darkness."""
    folder = pictures(tmp_path / "shown", ["cat_chelsea.jpg", "castle.jpg"])
    cv2.imwrite(str(folder / "dark.png"), np.zeros((480, 640, 3), np.uint8))
    shutil.copy(folder / "castle.jpg", folder / "last.jpg")
    appliance = Appliance(
        tmp_path,
        broker.url,
        camera={"fps": 10, "stills": {"folder": str(folder), "hold_s": 3}},
        decision=yaml.safe_load(CONFIGURATION)["decision"] | {"cooldown_s": 0},
        trouble={"after_s": 1},
    )
    process = appliance.start()
    try:
        recorder.wait_for(
            lambda seen: kinds(seen) >= {"appeared", "disappeared", "camera_trouble"}, 40
        )
        yield recorder
        assert stop(process) == 0
    finally:
        appliance.end()


def kinds(seen: Recorder) -> set[str]:
    return {event["event_type"] for event in seen.events}


def test_what_is_published_has_every_field_that_is_asked_for(
    shown: Recorder, broker: Mosquitto
) -> None:
    for topic, path in sorted(fields()):
        ours = topic.replace(NODE, "test")
        came = [message.json for message in shown.messages if message.topic == ours]
        assert any(has(payload, path) for payload in came), f"{topic}: {path}"
    said = {f"{event['event_type']} {event.get('label', '')}".strip() for event in shown.events}
    assert {f"appeared {LABEL}", f"disappeared {LABEL}", "camera_trouble"} <= said
    assert {message.json["label"] for message in shown.on(f"/state/{REGION}")} == {LABEL, "unknown"}
    later = Recorder(broker.port)  # as Home Assistant after a restart
    try:
        kept = {topic.replace(NODE, "test") for topic in topics()} - {"edgecam/test/event"}
        later.wait_for(lambda seen: {one.topic for one in seen.messages if one.retain} >= kept)
        assert not any(one.retain for one in later.on("/event"))
    finally:
        later.close()


def has(payload: Any, path: str) -> bool:
    for name in path.split("."):
        if name not in payload:
            return False
        payload = payload[name]
    return True
