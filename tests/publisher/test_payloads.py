"""Payloads: small whatever is in them, and right about time."""

import json
import time
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecam.appliance import clock
from edgecam.appliance.board import Board
from edgecam.config import DecisionOptions
from edgecam.labels import MAX_LABEL_BYTES, label_problem
from edgecam.messages import (
    TROUBLES,
    UNKNOWN,
    CameraState,
    Lost,
    RegionState,
    Sighting,
    VisionHealth,
)
from edgecam.model import Model, Tensor
from edgecam.publisher import contract, payloads
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Queued
from edgecam.publisher.stored_event import StoredEvent, happened

NODE = "n" * 24
REGIONS = tuple(f"region-name-{n:04}" for n in range(8))
EVERY_ALARM: tuple[contract.Alarm, ...] = get_args(contract.Alarm)
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


def stored(event: Sighting | CameraState | Lost) -> StoredEvent:
    return payloads.stored(event, run=2**63 - 1, regions=REGIONS, labels=LABELS, model="m" * 24)


@given(WORST_LABELS, st.integers(0, 1000), st.integers(1, 2**53), st.booleans())
def test_the_largest_event_fits(label: str, confidence: int, number: int, appeared: bool) -> None:  # noqa: FBT001
    now_ns = time.monotonic_ns()
    event = payloads.stored(
        Sighting(appeared, 7, 0, confidence, number, 0, now_ns),
        run=2**63 - 1,
        regions=REGIONS,
        labels=(label,),
        model="m" * 24,
    )
    payload = sent(event, seq=10**12)
    assert payload["label"] == label
    assert payload["confidence"] == confidence / 1000


@pytest.mark.parametrize("reason", TROUBLES)
def test_camera_trouble_carries_its_reason(reason: str) -> None:
    event = stored(CameraState(TROUBLES.index(reason) + 1, time.monotonic_ns()))
    assert sent(event)["event_type"] == "camera_trouble"
    assert sent(event)["reason"] == reason


def test_camera_ok_and_losses() -> None:
    assert sent(stored(CameraState(0, 5)))["event_type"] == "camera_ok"
    lost = sent(stored(Lost(12, 5)))
    assert (lost["event_type"], lost["reason"], lost["count"]) == ("loss", "vision_full", 12)


def test_both_ends_of_an_appearance_carry_one_id_and_its_length() -> None:
    now_ns = time.monotonic_ns()
    began = sent(stored(Sighting(True, 2, 0, 900, 5, now_ns - 10**9, now_ns - 10**9)))  # noqa: FBT003
    ended = sent(stored(Sighting(False, 2, 0, 10, 5, now_ns - 10**9, now_ns)))  # noqa: FBT003
    assert began["id"] == ended["id"]
    assert "end_time" not in began
    assert ended["duration_s"] == 1.0
    assert ended["start_time"] == began["start_time"] < ended["end_time"]


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
    unknown = payloads.state(RegionState(0, UNKNOWN, 0, now_ns), LABELS)
    known = payloads.state(RegionState(0, 1, 875, now_ns), LABELS)
    assert (unknown.label, unknown.confidence) == ("unknown", None)
    assert (known.label, known.confidence) == (LABELS[1], 0.875)
    assert len(contract.encode(known)) <= contract.MAX_PAYLOAD_BYTES


def test_the_largest_info_fits() -> None:
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
        regions=REGIONS,
        fps=29.970029970029970,
        decision=DecisionOptions(appear=0.123456, disappear=0.0123, cooldown_s=86399.875),
    )
    assert len(contract.encode(info)) <= contract.MAX_PAYLOAD_BYTES


@pytest.mark.parametrize(("most", "board"), [(2**32 - 1, False), (10**4, True)])
def test_the_largest_health_fits_and_the_alarms_stay(
    tmp_path: Path,
    most: int,
    board: bool,  # noqa: FBT001  of the parameters
) -> None:
    (tmp_path / "sys/class/thermal/thermal_zone0").mkdir(parents=True)
    (tmp_path / "sys/class/thermal/thermal_zone0/temp").write_text("104321\n")
    (tmp_path / "sys/devices/platform/soc/soc:firmware").mkdir(parents=True)
    (tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled").write_text("f0000\n")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemAvailable:   16777216 kB\n")
    monitor = VisionMonitor(8, 30.0)
    monitor.connected(1)
    monitor.report(VisionHealth(most, most, most, most, most, most, most))
    monitor.refused = monitor.restarts = most
    outbox = contract.OutboxPart(queued=most, oldest_s=most + 0.1, lost=most)
    alarms = ("events_refused", "client_id_taken", "disk_full") if board else EVERY_ALARM
    health = payloads.health(monitor, outbox, Board(tmp_path), disk_free_mb=10**6, alarms=alarms)
    assert len(contract.encode(health)) <= contract.MAX_PAYLOAD_BYTES
    assert health.alarms == list(alarms)
    assert (health.board.cpu_temp_c == 104.3) is board
    assert (len(health.board.throttled or []) == 4) is board


def test_the_schema_names_every_topic() -> None:
    schemas = contract.schemas()
    assert set(schemas) == {
        "edgecam/<node>/status",
        "edgecam/<node>/info",
        "edgecam/<node>/health",
        "edgecam/<node>/state/<region>",
        "edgecam/<node>/event",
    }
