"""Nothing of the picture gets out, whatever the appliance goes through.

First that every witness was awake: each must have seen the picture's label, which may get out.
"""

import msgspec
import pytest
from support.vision_half import load_model

from canary.evidence import Evidence
from canary.picture import LABEL
from canary.scenario import STEPS, Life
from canary.search import Search
from canary.world import TOPICS, watched


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """All that both halves let out in a whole life, as two processes."""
    folder = tmp_path_factory.mktemp("canary")
    with watched(folder, hold_s=0.3, disk_kb=8192) as world:
        life = Life(world, folder / "crashing")
        for step in STEPS:
            step(life)
        return world.evidence()


def test_the_broker_was_told_the_label_on_every_topic(evidence: Evidence) -> None:
    told: dict[str, bytes] = {}
    for topic, payload in evidence.published:
        told[topic] = told.get(topic, b"") + payload
    requests = {topic for topic in told if "/request/" in topic}
    assert set(told) - requests == {f"edgecam/canary/{topic}" for topic in TOPICS}
    for topic in ("state/scene", "live/door", "event"):
        assert LABEL.encode() in told[f"edgecam/canary/{topic}"]


def test_the_packets_to_and_from_the_broker_hold_the_label(evidence: Evidence) -> None:
    port = evidence.broker_port
    for end in ("source", "target"):
        streams = [flow for flow in evidence.packets if getattr(flow, end) == port]
        assert any(LABEL.encode() in b"".join(evidence.packets[flow]) for flow in streams)


def test_the_files_hold_the_label_and_what_went_wrong(evidence: Evidence) -> None:
    state = [file for file in evidence.files if file.startswith(f"{evidence.world}/state/")]
    assert any(LABEL.encode() in evidence.files[file] for file in state)
    log = evidence.files[f"{evidence.world}/log"].decode()
    for said in (" DEBUG ", "Traceback (most", "Fatal Python error: Segmentation", f"{LABEL} app"):
        assert said in log


def test_the_kernel_was_told_the_label_by_both_halves(evidence: Evidence) -> None:
    label = LABEL.encode()
    places = {place.rpartition("/")[2] for place, content in evidence.written if label in content}
    assert {"log", "outbox.db-wal"} <= places
    assert any(place.startswith("socket:") for place in places)  # the broker's
    index = load_model().labels.index(LABEL)
    records = [content for place, content in evidence.written if place.startswith("socket:")]
    assert any(index in _event(record) for record in records)  # the wall's


def test_nothing_of_the_picture_is_found(evidence: Evidence) -> None:
    assert list(Search().findings(evidence)) == []


def _event(record: bytes) -> list[object]:
    """The event in a record of the wall; empty where it is none."""
    try:
        tag, _, event = msgspec.msgpack.decode(record, type=tuple[str, int, list[object]])
    except msgspec.DecodeError:
        return []
    return event if tag == "event" else []
