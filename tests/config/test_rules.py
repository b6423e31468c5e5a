"""Each rule that ties options together, on both of its sides."""

from pathlib import Path

import pytest
from support.configs import load_text, problems

from edgecam.config.shown import without_password

BOX = "expected [left, top, right, bottom] with left < right and top < bottom"
SMALL = "expected at least 1/64 of the frame each way, or hardly a pixel is left of it"
ENDLESS = "cannot start again: loop is for a video file"
TLS = "mqtt: {broker: 'mqtts://h', tls: "


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "schedule: {active_hours: ['07:00-07:00']}",
            'schedule.active_hours[0]: "07:00-07:00" ends when it begins; an empty list means always',
        ),
        (
            "schedule: {place: {latitude: 1, longitude: 2}, active_hours: [sunset-sunset+0min]}",
            (
                'schedule.active_hours[0]: "sunset-sunset+0min" ends when it begins; '
                "an empty list means always"
            ),
        ),
        (
            "schedule: {active_hours: ['07:00-08:00', sunrise-12:00]}",
            (
                'schedule.active_hours[1]: "sunrise-12:00" needs schedule.place: '
                "when the sun rises depends on where"
            ),
        ),
        (
            "decision: {votes: 4, window: 3}",
            "decision.votes: expected at most decision.window (3), got 4",
        ),
        (
            "decision: {appear: 0.4, disappear: 0.5}",
            "decision.disappear: expected at most decision.appear (0.4), got 0.5",
        ),
        (
            "decision: {labels: {cat: {appear: 0.2, disappear: 0.25}}}",
            "decision.labels.cat: disappear (0.25) is above appear (0.2); it must not be",
        ),
        (  # the usual disappear (0.1) stands beside an own appear
            "decision: {labels: {cat: {appear: 0.05}}}",
            "decision.labels.cat: disappear (0.1) is above appear (0.05); it must not be",
        ),
        (  # and the usual appear (0.4) beside an own disappear
            "decision: {labels: {cat: {disappear: 0.6}}}",
            "decision.labels.cat: disappear (0.6) is above appear (0.4); it must not be",
        ),
        (
            "decision: {only: [cat, dog], ignore: [dog]}",
            'decision.ignore: "dog" is also in decision.only; remove it from one',
        ),
        (
            "regions: [{name: a}, {name: b}, {name: a}]",
            'regions[2].name: "a" is already the name of a region',
        ),
        (
            "regions: [{name: a, box: [0.5, 0, 0.5, 1]}]",
            f"regions[0].box: {BOX}, got [0.5, 0.0, 0.5, 1.0]",
        ),
        (
            "regions: [{name: a, box: [0, 0.7, 1, 0.2]}]",
            f"regions[0].box: {BOX}, got [0.0, 0.7, 1.0, 0.2]",
        ),
        (
            "regions: [{name: a}, {name: b, box: [0.5, 0, 0.515, 1]}]",
            f"regions[1].box: {SMALL}, got [0.5, 0.0, 0.515, 1.0]",
        ),
        (
            "regions: [{name: a, box: [0, 0.3, 1, 0.30001]}]",
            f"regions[0].box: {SMALL}, got [0.0, 0.3, 1.0, 0.30001]",
        ),
        (
            "camera: {source: opencv, opencv: {loop: true, source: /dev/video1}}",
            f'camera.opencv.loop: "/dev/video1" {ENDLESS}',
        ),
        (
            "camera: {source: opencv, opencv: {loop: true, source: /dev/front-door}}",
            f'camera.opencv.loop: "/dev/front-door" {ENDLESS}',
        ),
        (
            "camera: {source: opencv, opencv: {loop: true, source: /dev/v4l/by-id/usb-a-index0}}",
            f'camera.opencv.loop: "/dev/v4l/by-id/usb-a-index0" {ENDLESS}',
        ),
        (
            "camera: {source: opencv, opencv: {loop: true, source: 'rtsp://me:secret@host/door'}}",
            f'camera.opencv.loop: "rtsp://…@host/door" {ENDLESS}',
        ),
        (
            "model: {mean: [127.5]}",
            "model.mean: model.mean and model.std go together; set both or neither",
        ),
        (
            "model: {std: [127.5]}",
            "model.mean: model.mean and model.std go together; set both or neither",
        ),
        (
            "mqtt: {tls: {ca_file: ca.pem}}",
            "mqtt.tls.ca_file: needs a broker that starts with mqtts://",
        ),
        (
            TLS + "{cert_file: a}}",
            "mqtt.tls: cert_file and key_file go together; set both or neither",
        ),
        (
            TLS + "{key_file: a}}",
            "mqtt.tls: cert_file and key_file go together; set both or neither",
        ),
        (
            "mqtt: {broker: mqtts://h, fallback_brokers: [mqtts://a, mqtt://b]}",
            "mqtt.fallback_brokers[1]: expected mqtts:// like mqtt.broker, got mqtt://b",
        ),
        (
            "mqtt: {fallback_brokers: [mqtts://a]}",
            "mqtt.fallback_brokers[0]: expected mqtt:// like mqtt.broker, got mqtts://a",
        ),
        ("mqtt: {password_file: a}", "mqtt.password_file: a password needs mqtt.username"),
        (
            "mqtt: {broker: 'mqtt://h:0'}",
            'mqtt.broker: expected a port from 1 to 65535 in "mqtt://h:0"',
        ),
        (
            "mqtt: {broker: 'mqtt://h:65536'}",
            'mqtt.broker: expected a port from 1 to 65535 in "mqtt://h:65536"',
        ),
        (
            "mqtt: {broker: 'mqtt://h:mqtt'}",
            'mqtt.broker: expected a port from 1 to 65535 in "mqtt://h:mqtt"',
        ),
        ("mqtt: {broker: 'mqtt://a..b'}", 'mqtt.broker: "a..b" is not a host name or address'),
        ("mqtt: {broker: 'mqtt://-a'}", 'mqtt.broker: "-a" is not a host name or address'),
        (  # of no alphabet yet, and so in no terminal's font
            "mqtt: {broker: 'mqtt://\U00018d09localhost'}",
            r'mqtt.broker: "\U00018d09localhost" is not a host name or address',
        ),
        (
            "mqtt: {broker: 'mqtt://\U00018d09localhost:0'}",
            r'mqtt.broker: expected a port from 1 to 65535 in "mqtt://\U00018d09localhost:0"',
        ),
        (
            "mqtt: {fallback_brokers: ['mqtts://\U00018d09']}",
            r'mqtt.fallback_brokers[0]: "\U00018d09" is not a host name or address',
        ),
        (
            "decision: {only: ['\U00018d09'], ignore: ['\U00018d09']}",
            r'decision.ignore: "\U00018d09" is also in decision.only; remove it from one',
        ),
    ],
)
def test_a_broken_rule(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [f"config.yaml:1: {problem}"]


@pytest.mark.parametrize(
    "text",
    [
        "schedule: {active_hours: ['07:00-22:30', '22:00-06:00']}",
        "schedule: {place: {latitude: -90, longitude: 180}, active_hours: [sunset-30min-07:00]}",
        "schedule: {place: {latitude: 59.33, longitude: 18}}",
        "schedule: {place: null}",
        "decision: {votes: 3, window: 3}",
        "decision: {appear: 0.4, disappear: 0.4}",
        "decision: {labels: {cat: {appear: 0.2, disappear: 0.2}}}",
        "decision: {only: [cat], ignore: [dog]}",
        "regions: [{name: a}, {name: b}]",
        "regions: [{name: a, box: [0.5, 0.1, 0.515625, 0.115625]}]",
        "camera: {fps: 1000}",
        "camera: {source: opencv, opencv: {loop: true, source: video.avi}}",
        "camera: {source: opencv, opencv: {loop: true, source: /dev/shm/video.avi}}",
        "camera: {source: pi, opencv: {loop: true}}",
        "model: {mean: [127.5], std: [127.5]}",
        "model: {mean: [1, 2, 3], std: [127.5]}",
        TLS + "{ca_file: a}}",
        TLS + "{cert_file: a, key_file: b}}",
        "mqtt: {username: a, password_file: a}",
        "mqtt: {broker: 'mqtt://h:1'}",
        "mqtt: {broker: 'mqtt://broker_1.lan.:65535'}",
        "mqtt: {broker: 'mqtt://[fe80::1]:1883'}",
        "mqtt: {broker: 'mqtts://10.0.0.7'}",
    ],
)
def test_a_rule_that_is_just_kept(tmp_path: Path, text: str) -> None:
    assert load_text(tmp_path, text).config


@pytest.mark.parametrize(
    "broker",
    [
        *("mqtt://[::1", "mqtt://h]", "mqtt://[]", "mqtt://[zz]", "mqtts://[1::2::3]"),
        *("mqtt://℀.com", "mqtt://h?q", "mqtt://h#f", "mqtt://?", "mqtt://h:", "mqtt://:1883"),
        *("mqtt://" + "a" * 64 + ".b", "mqtt://" + "a." * 127 + "b"),
    ],
)
def test_a_broker_that_is_no_host_and_port(tmp_path: Path, broker: str) -> None:
    (problem,) = problems(tmp_path, f'mqtt: {{broker: "{broker}"}}')

    assert problem.startswith("config.yaml:1: mqtt.broker: ")


@pytest.mark.parametrize("text", ["mean: [1, 2], std: [1]", "mean: [1], std: [1, 2]"])
def test_a_normalisation_has_one_number_or_three(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f"model: {{{text}}}")

    assert problem.startswith("config.yaml:1: model.")


@pytest.mark.parametrize("text", ["mean: [0], std: [1.0e-300]", "mean: [1.0e+300], std: [1]"])
def test_a_normalisation_gives_numbers_that_a_model_can_take(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f"model: {{{text}}}")

    assert problem.startswith("config.yaml:1: model.")


def test_every_broken_rule_is_told_at_its_line(tmp_path: Path) -> None:
    text = """\
mqtt:
  password_file: secret
decision:
  window: 2
regions:
- name: a
- name: a
"""
    assert problems(tmp_path, text) == [
        "config.yaml:2: mqtt.password_file: a password needs mqtt.username",
        "config.yaml:3: decision.votes: expected at most decision.window (2), got 3",
        'config.yaml:7: regions[1].name: "a" is already the name of a region',
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://user:secret@cam/door", "rtsp://…@cam/door"),
        ("rtsp://secret@cam/door", "rtsp://…@cam/door"),
        ("rtsp://user:se@cret@cam/door", "rtsp://…@cam/door"),
        ("rtsp://user:se/cret@cam/door", "rtsp://…@cam/door"),
        ("rtsp://user:se cret@cam/door", "rtsp://…@cam/door"),
        ("rtsp://cam/door", "rtsp://cam/door"),
        ("a: rtsp://u:p@cam\nb: rtsp://v:q@cam\n", "a: rtsp://…@cam\nb: rtsp://…@cam\n"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize("name", [r"a\e[31mb", r"a\nb", "c#", '\\"' * 40])
def test_a_group_is_published_as_a_label_and_named_like_one(tmp_path: Path, name: str) -> None:
    found = problems(tmp_path, f'decision: {{groups: {{"{name}": [cat]}}}}')

    assert any("label" in problem for problem in found)
