"""The live table, drawn on a console that is a string."""

import io
import json
import re

import pytest
from rich.console import Console
from support.places import ROOT
from support.schedules import SetZone

from edgecam.commands.views import JsonView, TableView
from edgecam.commands.wording import described
from edgecam.publisher.broker.mqtt import Message

HEALTH = (
    b'{"vision": {"up": true, "fps": 9.9, "last_frame_age_s": 0.1, "restarts": 0, "dropped": 0,'
    b' "unreadable": 0, "paused": false}, "inference": {"p50_ms": 4.2, "p95_ms": 5.0, "skipped": 0},'
    b' "outbox": {"queued": 3, "oldest_s": 0.0, "lost": 7},'
    b' "board": {"cpu_temp_c": 61, "throttled": ["under_voltage"], "mem_mb": 120,'
    b' "disk_free_mb": 24000}, "refused": 0,'
    b' "clock_synced": true, "alarms": ["disk_full"], "ignored": 0}'
)


def drawn(*messages: tuple[str, bytes]) -> str:
    output = io.StringIO()
    view = TableView(Console(file=output, width=160, force_terminal=True, color_system=None))
    for topic, payload in messages:
        view.show(Message(topic, payload))
    view.refresh()
    view.close()
    return output.getvalue()


def test_a_node_is_a_row_with_its_state_bar_and_health() -> None:
    text = drawn(
        ("edgecam/door/status", b"online"),
        (
            "edgecam/door/state/step",
            b'{"label": "cat", "confidence": 0.5, "since": "2026-11-21T05:36:01.123Z"}',
        ),
        ("edgecam/door/health", HEALTH),
    )
    (row,) = [line for line in text.splitlines() if "online" in line][-1:]
    for expected in ("online", "step", "cat", "█" * 5 + "░" * 5 + " 0.50", ":36:01"):
        assert expected in row
    assert (
        "door: 9.9 fps, model 4.2 ms, queue 3, lost 7, 61 °C, 120 MB of memory, 24000 MB of disk"
        in text
    )
    assert "under_voltage, disk_full" in text


@pytest.mark.parametrize(
    ("vision", "words"),
    [
        (b'"slowed": ["idle", "hot"], "asleep": false', "9.9 fps (slowed: idle, hot), model"),
        (b'"slowed": [], "asleep": false', "9.9 fps, model"),
        (b'"slowed": ["idle"], "asleep": true', "door: asleep, model"),
    ],
)
def test_health_says_why_it_is_slow_and_that_it_sleeps(vision: bytes, words: str) -> None:
    health = HEALTH.replace(b'"paused"', vision + b', "paused"')
    assert words in drawn(("edgecam/door/health", health))


@pytest.mark.parametrize(
    ("wakes_at", "words"),
    [
        ("1999-12-31T07:00:00.000Z", "asleep until Fri 07:00, model"),
        ("2999-12-31T07:00:00.000Z", "asleep until 2999-12-31 07:00, model"),
        ("soon", "asleep, model"),
        ("9999-12-31T23:59:59-14:00", "asleep, model"),  # after the last day of the calendar
    ],
)
def test_health_says_when_it_wakes(zone: SetZone, wakes_at: str, words: str) -> None:
    zone("UTC")
    sleeps = f'"asleep": true, "wakes_at": "{wakes_at}", "paused"'.encode()
    health = ("edgecam/door/health", HEALTH.replace(b'"paused"', sleeps))
    assert f"door: {words}" in drawn(health)
    paused = HEALTH.replace(b'"paused": false', sleeps + b": true")
    assert "door: paused, model" in drawn(("edgecam/door/health", paused))


def test_health_says_that_hours_wait_for_the_clock() -> None:
    unset = HEALTH.replace(b'"clock_synced": true', b'"clock_synced": false')
    assert "lost 7, clock not set by NTP, 61" in drawn(("edgecam/door/health", unset))
    assert "clock" not in drawn(("edgecam/door/health", HEALTH))


def test_what_is_not_yet_measured_is_no_figure() -> None:
    health = HEALTH
    for figure in (b"9.9", b"0.1", b"4.2", b"5.0"):
        health = health.replace(b": " + figure, b": null", 1)
    assert health.count(b"null") == 4
    assert "door: fps not yet measured, queue 3," in drawn(("edgecam/door/health", health))
    assert "fps not yet measured, queue 3," in described(Message("edgecam/door/health", health))


def test_unknown_has_no_bar() -> None:
    text = drawn(
        ("edgecam/door/state/step", b'{"label": "unknown", "confidence": null, "since": ""}')
    )
    assert "unknown" in text
    assert "█" not in text


def test_events_stand_below_the_table() -> None:
    event = (
        b'{"event_type": "camera_trouble", "reason": "dark", "value": 0.013, "start_time": "",'
        b' "node": "door", "epoch": "e", "seq": 1, "historical": true, "boot_id": "b", "monotonic_s": 1.0,'
        b' "clock_synced": true}'
    )
    text = drawn(("edgecam/door/event", event))
    assert "camera trouble dark (0.013) [history: ]" in text


def test_what_is_not_of_the_contract_is_shown_as_it_is() -> None:
    assert "not understood" in drawn(("edgecam/door/health", b"{}"))
    assert described(Message("edgecam", b"x")).strip() == "x"
    assert "oops" in described(Message("edgecam/a/event", b"oops"))


def line(topic: str, payload: object) -> str:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return described(Message(f"edgecam/door/{topic}", body))


def test_info_is_put_into_words() -> None:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8").partition("\n## info\n")[2]
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example is not None
    info = json.loads(example[1])
    said = line("info", info)
    assert said.startswith(
        "door         info     edgecam 0.2.0, efficientnet_lite0_int8 (224x224 uint8, "
    )
    assert "1000 labels), 10 fps at most, power balanced, looks 07:00-22:30, " in said
    assert "regions: scene, runs on ai-edge-litert 2.3.0" in said
    assert "restart" not in said
    assert line("info", info | {"restart_required": ["mqtt"]}).endswith("restart it for: mqtt")


DONE = {"status": "ok", "error": None, "transaction": None}
TALLY = {"label": "cat", "score": 0.66, "high_votes": 3, "low_votes": 0, "present": True}
WHY = {
    "region": "step",
    "looks": 4,
    "votes": 3,
    "window": 4,
    "cooldown_s": 10.0,
    "paused": False,
    "asleep": False,
}
WHY |= {"model_sha256": "f", "top": [TALLY | {"appear": 0.4, "disappear": 0.1}]}
REPORT = {"version": "1", "up": True, "paused": False, "asleep": False, "queued": 3, "lost": 1}


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        ("pause", {"data": {"paused": True}}, "pause: it rests"),
        ("resume", {"data": {"paused": False}, "transaction": "t1"}, "resume: it looks [t1]"),
        ("report", {"data": REPORT}, "report: up, queue 3, lost 1"),
        ("report", {"data": REPORT | {"paused": True}}, "report: paused, queue 3, lost 1"),
        ("report", {"data": REPORT | {"asleep": True}}, "report: asleep, queue 3, lost 1"),
        ("why", {"data": WHY | {"asleep": True, "top": []}}, "3 of 4 decide: asleep"),
        (
            "why",
            {"data": WHY},
            "why: step, 4 looks, 3 of 4 decide: cat 0.66 (present, 3 votes for, 0",
        ),
        (
            "why",
            {"data": None, "status": "error", "error": "no such region"},
            "why: no: no such region",
        ),
    ],
)
def test_answers_are_named_and_put_into_words(
    command: str, answer: dict[str, object], words: str
) -> None:
    assert words in line(f"response/{command}", DONE | answer)
    shown = drawn((f"edgecam/door/response/{command}", json.dumps(DONE | answer).encode()))
    assert words in shown


def test_requests_and_live_scores_are_named() -> None:
    assert line("request/why", b"{}").endswith("request  why: {}")
    assert line("live/step", {"top": [["cat", 0.9], ["dog", 0.05]]}).endswith(
        "step: cat 0.90, dog 0.05"
    )


@pytest.mark.parametrize(
    "topic", ["state/step", "event", "health", "info", "live/step", "response/why", "request/why"]
)
def test_what_is_not_utf8_is_shown_as_far_as_it_goes(topic: str) -> None:
    """Inside a string of JSON as well, where decoding raises another error."""
    for payload in (b'{"label": "\xff"}', b"\xff"):
        assert "�" in line(topic, payload)
        drawn((f"edgecam/door/{topic}", payload))
        JsonView().show(Message(f"edgecam/door/{topic}", payload))


UNKNOWN = b'{"label": "unknown", "confidence": null, "since": "2026-11-21T05:36:01.123Z"}'


@pytest.mark.parametrize("why", ["asleep", "paused"])
def test_a_camera_that_rests_shows_that_in_place_of_unknown(why: str) -> None:
    rests = HEALTH.replace(b'"paused": false', b'"asleep": false, "paused": false').replace(
        f'"{why}": false'.encode(), f'"{why}": true'.encode()
    )
    for health, shown in ((rests, why), (HEALTH, "unknown")):
        text = drawn(
            ("edgecam/door/status", b"online"),
            ("edgecam/door/state/step", UNKNOWN),
            ("edgecam/door/health", health),
        )
        (row,) = [row for row in text.splitlines() if "online" in row][-1:]
        assert shown in row
        assert f"door: {shown}, model" in text or shown == "unknown"


def test_of_an_appliance_that_is_gone_old_health_is_not_shown() -> None:
    there = ("edgecam/door/health", HEALTH)
    assert "door: 9.9 fps" in drawn(("edgecam/door/status", b"online"), there)
    for status in (b"stopped", b"offline"):
        assert "door: 9.9 fps" not in drawn(("edgecam/door/status", status), there)
