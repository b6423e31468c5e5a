"""Payloads: small whatever is in them, and right about time."""

import datetime as dt
import json
import threading
import time
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from support.made_board import MadeBoard
from support.publisher import MODEL

from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.appliance.reload import LIVE_SECTIONS
from edgecam.config import Config, DecisionOptions
from edgecam.config.options import Command, ScheduleOptions
from edgecam.labels import MAX_LABEL_BYTES, label_problem
from edgecam.link import Tables
from edgecam.messages import (
    MAX_TOP_K,
    SLOWED,
    TROUBLES,
    Explanation,
    Look,
    Scored,
    Tally,
    VisionHealth,
)
from edgecam.model import Model, Tensor
from edgecam.publisher import contract, payloads
from edgecam.publisher.contract import HealthPayload
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent, happened
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.publisher.wall.presence import Shown
from edgecam.subjects import choose

NODE = "n" * 24
REGIONS = tuple(f"region-name-{n:04}" for n in range(8))
WAKES_AT = "2026-11-22T06:00:00.000Z"
ALL_SLOWED = 2 ** len(SLOWED) - 1
EVERY_ALARM: tuple[contract.Alarm, ...] = get_args(contract.Alarm)
WAIT_FOR_A_RESTART = tuple(s for s in Config.__struct_fields__ if s not in LIVE_SECTIONS)
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


@pytest.mark.parametrize(
    ("amount", "told"), [(0, 0), (99, 99), (101, 100), (12_345, 12_000), (2**32 - 1, 4_200_000_000)]
)
def test_figures_of_the_vision_half_are_told_to_two_digits(amount: int, told: int) -> None:
    assert payloads.rough(amount) == told


@pytest.mark.parametrize("hours", [0, 1, 16])
@pytest.mark.parametrize("restart_required", [(), WAIT_FOR_A_RESTART])
def test_the_largest_info_fits(restart_required: tuple[str, ...], hours: int) -> None:
    active_hours = ["sunrise-120min-sunset+120min"] * hours
    tensor = Tensor((1, 2048, 2048, 3), "float32", 0.0, 0)
    model = Model(
        file=Path("model.tflite"),
        name="m" * 24,
        sha256="f" * 64,
        labels=LABELS,
        input=tensor,
        output=tensor,
        gives_probabilities=True,
        mean=None,
        std=None,
    )
    info = payloads.info(
        model,
        runtime="tflite-runtime 99.999.99.post1234567890",
        os_name='Raspberry Pi OS GNU/Linux 13 (trixie) with a long name "quoted"',
        board_model="Raspberry Pi Compute Module 4 Rev 1.1 with a long name",
        regions=REGIONS,
        fps=29.970029970029970,
        power="performance",
        active_hours=active_hours,
        decision=DecisionOptions(appear=0.123456, disappear=0.0123, cooldown_s=86399.875),
        restart_required=restart_required,
    )
    assert len(contract.encode(info)) <= contract.MAX_PAYLOAD_BYTES
    assert info.regions == list(REGIONS)
    assert set(info.restart_required) <= set(restart_required)
    assert bool(info.restart_required) is bool(restart_required)
    assert info.options.active_hours in (active_hours, UNSET)  # none of them, or all


def test_info_says_how_much_and_when_it_looks() -> None:
    info = payloads.info(
        MODEL,
        runtime="ai-edge-litert 2.3.0",
        os_name="debian 12",
        board_model="Raspberry Pi 4 Model B Rev 1.4",
        regions=("door", "yard"),
        fps=10.0,
        power="eco",
        active_hours=["07:00-12:30", "sunset-30min-23:00"],
        decision=DecisionOptions(),
        restart_required=(),
    )
    assert info.runtime
    assert info.options.power == "eco"
    assert info.options.active_hours == ["07:00-12:30", "sunset-30min-23:00"]


def test_the_words_of_a_configuration_know_when_its_sleep_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wakes_at(*active_hours: str) -> str | None:
        words = Vocabulary.build(
            DecisionOptions(),
            MODEL,
            regions=("door",),
            fps=None,
            power="balanced",
            schedule=ScheduleOptions(list(active_hours)),
            runtime="r",
            os_name="o",
        )
        return words.wakes_at()

    now = dt.datetime.now(dt.UTC).astimezone().replace(second=0, microsecond=0)
    start, end = (now + dt.timedelta(hours=hours) for hours in (2, 3))
    monkeypatch.setattr(clock, "synchronized", lambda: True)
    told = wakes_at(f"{start:%H:%M}-{end:%H:%M}")
    assert told is not None
    assert dt.datetime.fromisoformat(told) == start
    assert wakes_at(f"{now - dt.timedelta(hours=1):%H:%M}-{end:%H:%M}") is None  # it is awake
    assert wakes_at() is None
    monkeypatch.setattr(clock, "_was_set", threading.Event())
    monkeypatch.setattr(clock, "synchronized", lambda: False)
    monkeypatch.setattr(clock, "_agrees_with_battery", lambda: False)
    assert wakes_at(f"{start:%H:%M}-{end:%H:%M}") is None
    assert caplog.messages == []  # of that the half that sleeps speaks


@pytest.mark.parametrize("board_model", ["Raspberry Pi Zero 2 W Rev 1.0", None])
def test_info_names_the_board_where_it_has_a_name(board_model: str | None) -> None:
    words = Vocabulary.build(
        DecisionOptions(),
        MODEL,
        regions=("door",),
        fps=None,
        power="balanced",
        schedule=ScheduleOptions(),
        runtime="r",
        os_name="o",
        board_model=board_model,
    )
    assert json.loads(contract.encode(words.info)).get("board") == board_model


def largest_health(
    root: Path,
    most: int,
    slowed: int,
    alarms: tuple[contract.Alarm, ...],
    *,
    asleep: bool = False,
) -> HealthPayload:
    """With every figure as large as `most`, on a board in all kinds of trouble."""
    made = MadeBoard(root)
    made.is_at(104.321)
    made.throttled("f0000\n")
    made.memory("MemTotal: 16777216 kB\nMemAvailable:   16777216 kB\n")
    monitor = VisionMonitor(8, 30.0)
    monitor.connected(1)
    monitor.report(
        VisionHealth(most, most, most, most, most, most, most, most, slowed, asleep=asleep)
    )
    monitor.restarts = most
    health = payloads.health(
        monitor,
        contract.OutboxPart(queued=most, oldest_s=most + 0.1, lost=most),
        payloads.board(Board(root), 10**6, 10**8),
        refused=most,
        alarms=alarms,
        paused=False,
        ignored=most,
        wakes_at=WAKES_AT,
    )
    assert len(contract.encode(health)) <= contract.MAX_PAYLOAD_BYTES
    assert health.alarms == list(alarms)
    assert health.vision.asleep is asleep
    return health


@pytest.mark.parametrize("asleep", [False, True])
def test_the_largest_health_fits_and_the_alarms_stay(tmp_path: Path, *, asleep: bool) -> None:
    health = largest_health(tmp_path, 2**32 - 1, ALL_SLOWED, EVERY_ALARM, asleep=asleep)
    assert health.board == contract.BoardPart()
    vision = health.vision
    assert (vision.still, vision.slowed, vision.wakes_at) == (UNSET, UNSET, UNSET)


def test_what_strains_a_board_is_said_before_how_much_room_it_has(tmp_path: Path) -> None:
    health = largest_health(tmp_path, 10**3, 0b0010, ("disk_full",))
    assert (health.vision.still, health.vision.slowed) == (1000, ["hot"])
    assert (health.board.cpu_temp_c, health.board.mem_mb) == (104, UNSET)
    assert len(health.board.throttled or []) == 4


def test_why_it_is_slow_is_said_before_what_the_firmware_says(tmp_path: Path) -> None:
    health = largest_health(tmp_path, 10**3, ALL_SLOWED, ("disk_full",))
    assert health.vision.slowed == list(SLOWED) == list(get_args(contract.Slowed))
    assert (health.board.cpu_temp_c, health.board.throttled) == (104, UNSET)


def test_sleep_is_said_and_its_end_where_it_is_known(tmp_path: Path) -> None:
    monitor = VisionMonitor(1, 30.0)
    assert not monitor.asleep
    monitor.connected(1)
    for asleep, wakes_at in ((True, WAKES_AT), (True, None), (False, WAKES_AT), (False, None)):
        monitor.report(VisionHealth(0, 0, 0, 0, 0, 0, 0, 0, 0, asleep=asleep))
        health = payloads.health(
            monitor,
            contract.OutboxPart(queued=0, oldest_s=0.0, lost=0),
            payloads.board(Board(tmp_path), None, 1),
            refused=0,
            alarms=(),
            paused=False,
            ignored=0,
            wakes_at=wakes_at,
        )
        assert (health.vision.asleep, health.vision.slowed, health.vision.up) == (asleep, [], True)
        told = json.loads(contract.encode(health))["vision"].get("wakes_at")
        assert told == (wakes_at if asleep else None)


def test_a_board_says_all_where_there_is_room(tmp_path: Path) -> None:
    made = MadeBoard(tmp_path)
    made.is_at(51.0)
    made.throttled("50005\n")
    made.memory("MemTotal: 439428 kB\nMemAvailable: 123456 kB\n")
    health = payloads.health(
        VisionMonitor(1, 30.0),
        contract.OutboxPart(queued=0, oldest_s=0.0, lost=0),
        payloads.board(Board(tmp_path), 24_321, 3600),
        refused=0,
        alarms=(),
        paused=False,
        ignored=0,
    )
    assert json.loads(contract.encode(health))["board"] == {
        "cpu_temp_c": 51,
        "throttled": ["under_voltage", "throttled"],
        "mem_mb": 120,
        "mem_total_mb": 429,
        "disk_free_mb": 24_000,
        "uptime_s": 3600,
    }


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
