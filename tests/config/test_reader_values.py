"""What the reader says of single values: their kinds, their ranges, and what is secret."""

from pathlib import Path

import pytest
from support.configs import load_text, problems

BROKER = "a broker like mqtt://host:1883 or mqtts://host:8883, without a password"
HINT = (
    "mqtt.password: a password never stands in this file; put it into a file of its own and name "
    "that in mqtt.password_file"
)
SECTION = "a section with options in it"
PLACE = "a section with latitude, longitude"
LATITUDE = "a number from -90 to 90 (only a longitude goes further: are they swapped?)"
MODEL = "a section with file, sha256, labels, runtime, threads, fit, crop, mean, std"
REGION = "a section with name, box"
REGIONS = f"a list of 1 to 8, each {REGION}"
PART = "a number from 0 to 1"
NO = "no, which YAML reads as false"
HOURS = "schedule.active_hours"
HOUR = "hours like 07:00-22:30, sunrise-sunset or sunrise-30min-sunset+60min"


@pytest.mark.parametrize(
    ("text", "option", "expected", "got"),
    [
        ("camera: {fps: 0}", "camera.fps", "a number > 0 and ≤ 1000", "0"),
        ("camera: {fps: 1000.5}", "camera.fps", "a number > 0 and ≤ 1000", "1000.5"),
        ("camera: {fps: true}", "camera.fps", "a number > 0 and ≤ 1000", "true"),
        ("camera: {fps: [1]}", "camera.fps", "a number > 0 and ≤ 1000", "[1]"),
        ("camera: {fps: {a: 1}}", "camera.fps", "a number > 0 and ≤ 1000", "a section"),
        ("camera: {fps: .nan}", "camera.fps", "a number > 0 and ≤ 1000", "NaN"),
        ("camera: {fps: .inf}", "camera.fps", "a number > 0 and ≤ 1000", "Infinity"),
        ("camera: {fps: -.inf}", "camera.fps", "a number > 0 and ≤ 1000", "-Infinity"),
        ("camera: {fps: 2024-01-31}", "camera.fps", "a number > 0 and ≤ 1000", "2024-01-31"),
        ("camera: {stall_s: null}", "camera.stall_s", "a number from 1 to 3600", "null"),
        ("model: {mean: [.nan], std: [1]}", "model.mean[0]", "a number", "NaN"),
        ("model: {mean: [1], std: [.inf]}", "model.std[0]", "a number > 0", "Infinity"),
        ("model: {mean: [1], std: [0]}", "model.std[0]", "a number > 0", "0"),
        ("model: {mean: [], std: [1]}", "model.mean", "a list of 1 to 3, each a number", "[]"),
        ("model: {threads: 1.5}", "model.threads", "a whole number from 1 to 16", "1.5"),
        ("model: {threads: 17}", "model.threads", "a whole number from 1 to 16", "17"),
        ("model: {threads: no}", "model.threads", "a whole number from 1 to 16", NO),
        ("camera: {hflip: 1}", "camera.hflip", "true or false", "1"),
        ("camera: {hflip: 'yes'}", "camera.hflip", "true or false", '"yes"'),
        ("camera: {rotation: 45}", "camera.rotation", "one of 0, 90, 180, 270", "45"),
        ("camera: {source: usb}", "camera.source", "one of pi, opencv, stills", '"usb"'),
        ("camera: {source: null}", "camera.source", "one of pi, opencv, stills", "null"),
        ("node: front_door!", "node", "1 to 24 of a-z, 0-9, _ and -", '"front_door!"'),
        ("node: null", "node", "1 to 24 of a-z, 0-9, _ and -", "null"),
        ("mqtt: {username: ''}", "mqtt.username", "text", '""'),
        ("mqtt: {client_id: [a]}", "mqtt.client_id", "text", '["a"]'),
        ("power: fast", "power", "one of performance, balanced, eco", '"fast"'),
        (
            "schedule: {active_hours: '07:00-08:00'}",
            HOURS,
            f"a list of 0 to 16, each {HOUR}",
            '"07:00-08:00"; write it as a list: ["07:00-08:00"]',
        ),
        *[
            (f"schedule: {{active_hours: ['{text}']}}", f"{HOURS}[0]", HOUR, f'"{text}"')
            for text in ("7:00-8:00", "07:00", "07:00-24:00", "07:60-08:00", "sunrise+1h-sunset")
        ],
        *[
            (f"schedule: {{active_hours: ['{text}']}}", f"{HOURS}[0]", HOUR, f'"{text}"')
            for text in ("dawn-dusk", "sunrise-30-sunset", "07:00 - 08:00", "sunrise--5min-12:00")
        ],
        (
            "schedule: {place: {latitude: 91, longitude: 0}}",
            "schedule.place.latitude",
            LATITUDE,
            "91",
        ),
        (
            "schedule: {place: {latitude: 1, longitude: -180.5}}",
            "schedule.place.longitude",
            "a number from -180 to 180",
            "-180.5",
        ),
        ("schedule: {place: Paris}", "schedule.place", PLACE, '"Paris"'),
        ("model: {file: ''}", "model.file", "a path", '""'),
        ("model: {sha256: abc}", "model.sha256", "a SHA-256: 64 of 0-9 and a-f", '"abc"'),
        ("mqtt: {broker: localhost}", "mqtt.broker", BROKER, '"localhost"'),
        (
            "mqtt: {fallback_brokers: [localhost]}",
            "mqtt.fallback_brokers[0]",
            BROKER,
            '"localhost"',
        ),
        ("mqtt: {broker: mqtt://a/b}", "mqtt.broker", BROKER, '"mqtt://a/b"'),
        ("model: 5", "model", MODEL, "5"),
        ("model:", "model", MODEL, "null"),
        ("mqtt: {tls: [a]}", "mqtt.tls", "a section with ca_file, cert_file, key_file", '["a"]'),
        ("regions: door", "regions", REGIONS, '"door"'),
        ("regions: []", "regions", REGIONS, "[]"),
        ("regions: {name: a}", "regions", REGIONS, "a section"),
        ("regions: [door]", "regions[0]", REGION, '"door"'),
        (
            "regions: [{name: a, box: [0, 0, 1]}]",
            "regions[0].box",
            f"a list of 4, each {PART}",
            "[0, 0, 1]",
        ),
        (
            "regions: [{name: a, box: [0, 0, 1, 1.5]}]",
            "regions[0].box[3]",
            PART,
            "1.5",
        ),
        (
            "decision: {only: cat}",
            "decision.only",
            "a list, each a label",
            '"cat"; write it as a list: ["cat"]',
        ),
        ("decision: {ignore: [1]}", "decision.ignore[0]", "a label", "1"),
        ("decision: {groups: [a]}", "decision.groups", SECTION, '["a"]'),
        (
            "decision: {groups: {a: []}}",
            "decision.groups.a",
            "a list of at least 1, each a label",
            "[]",
        ),
        ("decision: {groups: {a: [2]}}", "decision.groups.a[0]", "a label", "2"),
        ("decision: {appear: 0}", "decision.appear", "a number > 0 and ≤ 1", "0"),
        (
            "decision: {labels: {cat: {appear: 2}}}",
            "decision.labels.cat.appear",
            "a number > 0 and ≤ 1",
            "2",
        ),
    ],
)
def test_a_value_of_the_wrong_kind(
    tmp_path: Path, text: str, option: str, expected: str, got: str
) -> None:
    (problem,) = problems(tmp_path, text)

    assert problem.removesuffix("; put it in quotes") == (
        f"config.yaml:1: {option}: expected {expected}, got {got}"
    )


def test_a_region_needs_a_name(tmp_path: Path) -> None:
    assert problems(tmp_path, "regions:\n- name: a\n- box: [0, 0, 1, 1]\n") == [
        "config.yaml:3: regions[1].name: missing; expected 1 to 16 of a-z, 0-9, _ and -"
    ]


def test_null_stands_for_an_option_that_may_be_left_out(tmp_path: Path) -> None:
    config = load_text(tmp_path, "camera: {fps: null}\nmodel: {mean: null}\n").config

    assert config.camera.fps is None
    assert config.model.mean is None


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"node: {'a' * 5000}")

    assert problem.endswith(', got "' + "a" * 59 + "…")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("node: 12", "node"),
        ("mqtt: {protocol: 5}", "mqtt.protocol"),
        ("mqtt: {username: 1234}", "mqtt.username"),
        ("decision: {only: [1984]}", "decision.only[0]"),
    ],
)
def test_a_number_where_its_digits_would_do_is_to_be_quoted(
    tmp_path: Path, text: str, option: str
) -> None:
    (problem,) = problems(tmp_path, text)

    assert problem.startswith(f"config.yaml:1: {option}: expected ")
    assert "quotes" in problem


@pytest.mark.parametrize(
    ("text", "option"),
    [
        (r'node: "front\n"', "node"),
        (r'regions: [{name: "a\n"}]', "regions[0].name"),
        (r'mqtt: {broker: "mqtt://host\n"}', "mqtt.broker"),
        ('model: {sha256: "' + "0" * 64 + r'\n"}', "model.sha256"),
    ],
)
def test_a_line_break_at_the_end_is_part_of_the_value(
    tmp_path: Path, text: str, option: str
) -> None:
    (problem,) = problems(tmp_path, text)

    assert problem.startswith(f"config.yaml:1: {option}: expected ")


@pytest.mark.parametrize("character", [r"\0", r"\ud800"])
@pytest.mark.parametrize("option", ["model.file", "mqtt.username", "camera.stills.folder"])
def test_text_that_no_system_call_takes_is_refused(
    tmp_path: Path, option: str, character: str
) -> None:
    *sections, name = option.split(".")
    text = f'{name}: "a{character}b"'
    for section in reversed(sections):
        text = f"{section}: {{{text}}}"

    (problem,) = problems(tmp_path, text)

    assert problem.startswith(f"config.yaml:1: {option}: expected ")


@pytest.mark.parametrize("name", ["", "a" * 65])
@pytest.mark.parametrize(("section", "value"), [("groups", "[cat]"), ("labels", "{appear: 1}")])
def test_the_name_of_a_label_has_its_limits_as_a_key_too(
    tmp_path: Path, section: str, value: str, name: str
) -> None:
    (problem,) = problems(tmp_path, f'decision: {{{section}: {{"{name}": {value}}}}}')

    assert problem.startswith(f"config.yaml:1: decision.{section}")


@pytest.mark.parametrize(
    "value",
    [
        *('!!int ""', '!!float ""', "!!bool x", "!!timestamp x", "!!binary é"),
        *("0x" + "f" * 5000, f"[0x{'f' * 5000}]", f"[2024-01-31, 0x{'f' * 5000}]"),
    ],
)
def test_what_yaml_itself_chokes_on_is_a_wrong_value(tmp_path: Path, value: str) -> None:
    (problem,) = problems(tmp_path, f"camera: {{fps: {value}}}")

    assert problem.startswith("config.yaml:1: camera.fps: expected a number > 0 and ≤ 1000, got ")


@pytest.mark.parametrize("value", ["!!set [a]", "!!omap {a: b}", "!!pairs {a: b}"])
def test_a_message_shows_no_inside_of_the_parser(tmp_path: Path, value: str) -> None:
    assert "Node" not in problems(tmp_path, f"camera: {{fps: {value}}}")[0]


@pytest.mark.parametrize(
    "value", ["hunter2", "[hunter2]", "{a: hunter2}", "!hunter2 hunter2", "|\n  hunter2"]
)
def test_a_password_in_the_file_is_refused_and_never_printed(tmp_path: Path, value: str) -> None:
    assert problems(tmp_path, f"mqtt:\n password: {value}\n") == [f"config.yaml:2: {HINT}"]


@pytest.mark.parametrize(
    "broker",
    [
        "mqtt://user:hunter2@host:1883",
        "mqtts://user:hunter2@host",
        "MQTT://user:hunter2@host",
        "mqtt://user:a@hunter2@host",
        "mqtt://user:a hunter2@host",
        "mqtt://user:a/hunter2@host",
        "user:hunter2@host",
        "mqtt://user:" + "hunter2" * 20 + "@host",
    ],
)
def test_a_password_in_the_brokers_address_is_refused_and_never_shown(
    tmp_path: Path, broker: str
) -> None:
    (problem,) = problems(tmp_path, f'mqtt: {{broker: "{broker}"}}')

    assert problem.startswith(f"config.yaml:1: mqtt.broker: expected {BROKER}, got ")
    assert "hunter2" not in problem


def test_a_password_in_a_list_is_not_shown_either(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'mqtt: {broker: ["mqtt://user:hunter2@host"]}')

    assert problem == f'config.yaml:1: mqtt.broker: expected {BROKER}, got ["mqtt://…@host"]'


@pytest.mark.parametrize(
    "text", ["node: !foo a", "camera: !!python/object:os.system {}", "model: !x {threads: 2}"]
)
def test_a_tag_of_its_own_makes_no_value(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)

    assert "expected " in problem


def test_half_a_place_is_none(tmp_path: Path) -> None:
    assert problems(tmp_path, "schedule:\n  place: {latitude: 1}") == [
        "config.yaml:2: schedule.place.longitude: missing; expected a number from -180 to 180"
    ]
