"""Payloads: small whatever is in them, and right about time."""

import datetime as dt
import json
import time
from typing import Any, Literal, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecam.appliance import clock
from edgecam.config import DecisionOptions
from edgecam.config.options import Command
from edgecam.labels import MAX_LABEL_BYTES, label_problem
from edgecam.link import Tables
from edgecam.messages import (
    MAX_TOP_K,
    TROUBLES,
    Explanation,
    Look,
    Scored,
    Tally,
)
from edgecam.publisher import contract, payloads
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent, happened
from edgecam.publisher.wall.presence import Shown
from edgecam.subjects import choose

NODE = "n" * 24
REGIONS = tuple(f"region-name-{n:04}" for n in range(8))
LABELS = ("tabby cat", "x" * MAX_LABEL_BYTES)
WORST_LABELS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])).filter(
    lambda text: not label_problem(text)
)


def sent(event: StoredEvent, seq: int = 1, boot_offset_ns: int | None = None) -> dict[str, Any]:
    queued = Queued(1, "e" * 8, seq, event, boot_offset_ns)
    payload = contract.encode(payloads.event(queued, NODE))
    assert len(payload) <= contract.MAX_PAYLOAD_BYTES
    loaded: dict[str, Any] = json.loads(payload)
    return loaded


@given(WORST_LABELS, st.integers(0, 1000), st.sampled_from(["appeared", "disappeared"]))
def test_the_largest_event_fits(
    label: str, confidence: int, kind: Literal["appeared", "disappeared"]
) -> None:
    event = happened(
        kind,
        time.monotonic_ns(),
        id="f" * 12,
        region=REGIONS[7],
        label=label,
        confidence=confidence,
        start_ns=0,
        model="m" * 24,
    )
    payload = sent(event, seq=10**12)
    assert payload["label"] == label
    assert payload["confidence"] == confidence / 1000


@pytest.mark.parametrize("reason", TROUBLES)
def test_camera_trouble_carries_its_reason(reason: str) -> None:
    payload = sent(happened("camera_trouble", reason=reason))
    assert (payload["event_type"], payload["reason"]) == ("camera_trouble", reason)
    assert "label" not in payload
    assert "value" not in payload
    assert sent(happened("camera_trouble", reason=reason, value=73))["value"] == 0.073


@pytest.mark.parametrize("what", ["camera_trouble", "camera_ok"])
def test_what_is_told_of_a_camera_began_before_that(what: Literal["camera_trouble"]) -> None:
    at_ns = 10**6 * (time.monotonic_ns() // 10**6)
    payload = sent(happened(what, at_ns, start_ns=at_ns - 11 * 10**9))
    at_once = sent(happened(what, at_ns, start_ns=at_ns))
    began, told = (
        dt.datetime.fromisoformat(one["start_time"]).timestamp() for one in (payload, at_once)
    )
    assert told - began == pytest.approx(11, abs=0.1)
    assert payload["monotonic_s"] == at_once["monotonic_s"] == round(at_ns / 1e9, 3)
    assert not {"end_time", "duration_s"} & set(payload)


def test_a_loss_carries_its_count() -> None:
    lost = sent(happened("loss", 5, reason="vision_full", count=12))
    assert (lost["event_type"], lost["reason"], lost["count"]) == ("loss", "vision_full", 12)


def test_the_end_of_an_appearance_tells_its_length() -> None:
    now_ns = time.monotonic_ns()
    start_ns = now_ns - 10**9
    began = sent(happened("appeared", start_ns, id="i", start_ns=start_ns))
    ended = sent(happened("disappeared", now_ns, id="i", start_ns=start_ns))
    assert "end_time" not in began
    assert ended["duration_s"] == 1.0
    assert ended["start_time"] == began["start_time"] < ended["end_time"]


def test_an_end_whose_beginning_was_lost_tells_no_length() -> None:
    ended = sent(happened("disappeared", label="tabby cat", region="door"))
    assert "start_time" in ended
    assert not {"id", "end_time", "duration_s"} & set(ended)


def test_an_event_of_this_boot_is_dated_by_the_clock_of_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stored when the clock said 1970, sent after NTP has set it."""
    now_ns = time.monotonic_ns()
    event = msgspec.structs.replace(
        happened("appeared", now_ns, label="tabby cat"), at_wall_ns=0, clock_synced=False
    )
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    payload = sent(event)
    assert payload["start_time"][:4] == time.strftime("%Y", time.gmtime())
    assert payload["clock_synced"] is True
    assert payload["historical"] is False


def test_an_event_of_another_boot_keeps_its_date_and_is_history() -> None:
    event = msgspec.structs.replace(
        happened("appeared", label="tabby cat"),
        boot_id="0" * 32,
        at_wall_ns=1_700_000_000 * 10**9,
        clock_synced=False,
    )
    payload = sent(event)
    assert payload["start_time"] == "2023-11-14T22:13:20.000Z"
    assert payload["historical"] is True
    assert payload["clock_synced"] is False


def test_an_event_of_another_boot_is_dated_by_what_its_clock_was_once_it_was_set() -> None:
    event = msgspec.structs.replace(
        happened("appeared", 100 * 10**9, label="tabby cat"),
        boot_id="0" * 32,
        at_wall_ns=0,
        clock_synced=False,
    )
    payload = sent(event, boot_offset_ns=1_700_000_000 * 10**9 - 100 * 10**9)
    assert payload["start_time"] == "2023-11-14T22:13:20.000Z"
    assert payload["historical"] is True
    assert payload["clock_synced"] is True


def test_what_is_sent_late_is_history() -> None:
    old_ns = time.monotonic_ns() - round((payloads.HISTORICAL_AFTER_S + 1) * 1e9)
    assert sent(happened("appeared", max(old_ns, 0), label="a"))["historical"] is True
    assert sent(happened("appeared", label="a"))["historical"] is False


def test_state_says_unknown_without_a_number() -> None:
    now_ns = time.monotonic_ns()
    unknown = payloads.state(Shown(None, 0, now_ns))
    known = payloads.state(Shown(LABELS[1], 875, now_ns))
    assert (unknown.label, unknown.confidence) == ("unknown", None)
    assert (known.label, known.confidence) == (LABELS[1], 0.875)
    assert len(contract.encode(known)) <= contract.MAX_PAYLOAD_BYTES


@given(st.lists(WORST_LABELS, min_size=MAX_TOP_K, max_size=MAX_TOP_K))
def test_the_largest_look_fits(labels: list[str]) -> None:
    top = tuple(Scored(index, 999) for index in range(MAX_TOP_K))
    payload = payloads.live(Look(0, top), tuple(labels))
    assert payload.top == [(label, 0.999) for label in labels]
    assert len(contract.encode(payload)) <= contract.MAX_PAYLOAD_BYTES


def explained(labels: tuple[str, ...]) -> contract.WhyPart:
    """The longest answer there is of labels."""
    decision = DecisionOptions(
        appear=0.123456, disappear=0.0123, votes=100, window=100, cooldown_s=86399.875
    )
    tallies = tuple(Tally(index, 999, 100, 100, False) for index in range(3))  # noqa: FBT003
    return payloads.why(
        Explanation(2**32 - 1, 7, 100, tallies),
        Tables(REGIONS, labels, frozenset(), "0" * 16),
        decision,
        {one.index: one for one in choose(decision, labels)},
        sha256="f" * 64,
        paused=False,
        asleep=False,
    )


@given(st.lists(WORST_LABELS, min_size=3, max_size=3, unique=True))
def test_the_largest_answer_to_why_fits_and_names_the_best(labels: list[str]) -> None:
    part = explained(tuple(labels))
    response = contract.ResponsePayload(status="ok", data=part, error=None, transaction="t" * 36)
    assert len(contract.encode(response)) <= contract.MAX_PAYLOAD_BYTES
    assert [tally.label for tally in part.top] == labels[: len(part.top)]
    assert part.top


def test_an_answer_to_why_leaves_out_what_is_not_decided_on() -> None:
    tables = Tables(REGIONS, LABELS, frozenset(), "0" * 16)
    tallies = (Tally(0, 400, 1, 2, True), Tally(1, 300, 0, 3, False))  # noqa: FBT003
    decision = DecisionOptions(ignore=["tabby cat"])
    subjects = {one.index: one for one in choose(decision, LABELS)}
    part = payloads.why(
        Explanation(1, 2, 5, tallies),
        tables,
        decision,
        subjects,
        sha256="f" * 64,
        paused=True,
        asleep=False,
    )
    assert [(tally.label, tally.score) for tally in part.top] == [(LABELS[1], 0.3)]
    assert (part.region, part.looks, part.paused, part.asleep) == (REGIONS[2], 5, True, False)


def test_the_schema_names_every_topic() -> None:
    schemas = contract.schemas()
    assert set(schemas) == {
        "edgecam/<node>/status",
        "edgecam/<node>/info",
        "edgecam/<node>/health",
        "edgecam/<node>/state/<region>",
        "edgecam/<node>/event",
        "edgecam/<node>/live/<region>",
        *(f"edgecam/<node>/response/{command}" for command in get_args(Command)),
    }
