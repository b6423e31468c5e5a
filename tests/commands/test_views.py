"""The live table, drawn on a console that is a string."""

import io

import pytest
from rich.console import Console

from edgecam.commands.views import TableView, described
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
