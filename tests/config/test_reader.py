"""What the reader says of a file as a whole: its text, its keys, its lines and its paths."""

from pathlib import Path

import pytest
from support.configs import load_text, problems
from support.places import MODEL, SAMPLES

from edgecam.config import INSTALLATION, files, find, load
from edgecam.errors import EXIT_CONFIG, ConfigError

KNOWN = (
    "node, power, schedule, camera, model, regions, motion, decision, trouble, link, outbox, mqtt, "
    "live, remote, health, log"
)


def test_a_problem_names_file_line_option_expectation_and_value(tmp_path: Path) -> None:
    text = "\n" * 10 + 'camera:\n  fps: "fast"\n'

    assert problems(tmp_path, text) == [
        'config.yaml:12: camera.fps: expected a number > 0 and ≤ 1000, got "fast"'
    ]


def test_all_problems_are_told_at_once_sorted_by_line(tmp_path: Path) -> None:
    text = """\
node: Front Door
mqtt:
  keepalive_s: 1
  brooker: x
camera:
  hflip: 3
  hflip: true
  pi: {camera: 9}
no: 1
"""
    assert problems(tmp_path, text) == [
        'config.yaml:1: node: expected 1 to 24 of a-z, 0-9, _ and -, got "Front Door"',
        "config.yaml:3: mqtt.keepalive_s: expected a whole number from 5 to 3600, got 1",
        "config.yaml:4: mqtt.brooker: unknown option; did you mean broker?",
        "config.yaml:6: camera.hflip: expected true or false, got 3",
        "config.yaml:7: camera.hflip: written twice",
        "config.yaml:8: camera.pi.camera: expected a whole number from 0 to 3, got 9",
        "config.yaml:9: no: YAML does not read this key as text; put it in quotes",
    ]


def test_lines_are_sorted_as_numbers(tmp_path: Path) -> None:
    text = "camera:\n  hflip: 3\n" + "\n" * 7 + "node: A\n"

    assert [line.split(": ")[0] for line in problems(tmp_path, text)] == [
        "config.yaml:2",
        "config.yaml:10",
    ]


def test_a_file_of_something_else_does_not_flood_the_log(tmp_path: Path) -> None:
    lines = problems(tmp_path, "".join(f"key{number}: 1\n" for number in range(4000)))

    assert lines[0].startswith("config.yaml:1: key0: unknown option; ")
    assert len(lines) == 51
    assert lines[-1] == "config.yaml: and 3950 more problems"


def test_a_long_key_does_not_make_a_long_line(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, f"? {'k' * 60_000}\n: 1\n")

    assert len(line) < 1000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("camera: {fsp: 1}", "camera.fsp: unknown option; did you mean fps?"),
        ("cameras: {}", "cameras: unknown option; did you mean camera?"),
        ("xyzzy: 1", f"xyzzy: unknown option; known here: {KNOWN}"),
        (
            "decision: {labels: {cat: {apear: 1}}}",
            "decision.labels.cat.apear: unknown option; did you mean appear?",
        ),
        ("link: {port: 1}", "link.port: unknown option; known here: socket, events_per_hour"),
    ],
)
def test_an_unknown_key_suggests_the_nearest(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [f"config.yaml:1: {problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("node: a\nnode: b", ":2: node: written twice"),
        ("camera:\n  fps: 1\n  fps: 2", ":3: camera.fps: written twice"),
        ("decision:\n  groups:\n    a: [b]\n    a: [c]", ":4: decision.groups.a: written twice"),
        ("regions:\n- name: a\n  name: b", ":3: regions[0].name: written twice"),
    ],
)
def test_a_key_is_written_once(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [f"config.yaml{problem}"]


@pytest.mark.parametrize(
    ("text", "option"),
    [("no: 1", "no: "), ("12: 1", "12: "), ("camera: {on: 1}", "camera.on: "), ("[1, 2]: 3", "")],
)
def test_a_key_that_is_no_text_is_to_be_quoted(tmp_path: Path, text: str, option: str) -> None:
    assert problems(tmp_path, text) == [
        f"config.yaml:1: {option}YAML does not read this key as text; put it in quotes"
    ]


def test_merge_keys_are_no_way_around_the_checks(tmp_path: Path) -> None:
    assert problems(tmp_path, "camera: {<<: {fps: 1}}") == [
        "config.yaml:1: camera.<<: YAML does not read this key as text; put it in quotes"
    ]


@pytest.mark.parametrize("key", [r"a\nb", r"a\e[31mb", r"a\0b", r"a\x9bb"])
def test_a_key_cannot_break_the_line_or_steer_a_terminal(tmp_path: Path, key: str) -> None:
    (problem,) = problems(tmp_path, f'"{key}": 1')

    assert problem.startswith("config.yaml:1: ")
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("camera:\n\tfps: 1\n", ":2: not valid YAML: a tab; indent with spaces"),
        (
            "camera:\n  source: stills\n rotation: 90\n",
            ":3: not valid YAML: indented neither like the line above nor like a section before it",
        ),
        (
            "mqtt:\n  broker: mqtt://host\n    username: a\n",
            (
                ":3: not valid YAML: two `name:` in one line, or deeper than the line above; "
                "put a value that holds `: ` in quotes"
            ),
        ),
        ("node: [a", ":1: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("{}\n---\n{}\n", ":2: not valid YAML: but found another document"),
        ("- node\n", ":1: expected options as `name: value`"),
        ("node\n", ":1: expected options as `name: value`"),
        ("", ": empty; start from the config.yaml that comes with edgecam"),
        ("# node: a\n", ": empty; start from the config.yaml that comes with edgecam"),
        (b"node: a\nx: \xff\n", ":2: not UTF-8 text"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    assert problems(tmp_path, text) == [f"config.yaml{problem}"]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert load_text(tmp_path, b"\xef\xbb\xbfnode: door\n").config.node == "door"


@pytest.mark.timeout(10)
def test_an_alias_bomb_is_refused_at_its_first_alias(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]

    assert problems(tmp_path, "\n".join(lines)) == [
        "config.yaml:2: not valid YAML: aliases (*name) are not allowed; write the value out"
    ]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000, "? " * 5000, "{a: " * 5000])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["config.yaml: not valid YAML: nested too deeply"]


def test_a_file_of_64_kb_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    text = "node: a\n#".ljust(64 * 1024, "x")

    assert load_text(tmp_path, text).config.node == "a"
    assert problems(tmp_path, text + "x") == [
        "config.yaml: larger than 64 kB; a configuration is not"
    ]


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as absent:
        load(tmp_path / "absent.yaml")
    with pytest.raises(ConfigError) as folder:
        load(tmp_path)

    assert str(absent.value) == f"{tmp_path}/absent.yaml: cannot be read: No such file or directory"
    assert str(folder.value) == f"{tmp_path}: cannot be read: Is a directory"
    assert absent.value.exit_code == EXIT_CONFIG


def test_the_first_file_that_exists_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here.yaml", tmp_path / "there.yaml"
    monkeypatch.setattr(files, "SEARCHED", (here, there))

    with pytest.raises(ConfigError) as caught:
        find()
    there.touch()
    assert find() == there
    here.touch()
    assert find() == here
    assert str(caught.value) == (
        f"no configuration: neither {here} nor {there} exists; name one with -c FILE, "
        f"or start from {INSTALLATION / 'config.yaml'}"
    )


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    text = """\
model: {file: m/a.tflite, labels: ../labels.txt}
camera: {opencv: {source: door.mp4}}
outbox: {file: /var/x.db}
"""
    config = load_text(tmp_path, text).config

    assert config.model.file == f"{tmp_path}/m/a.tflite"
    assert config.model.labels == f"{tmp_path}/../labels.txt"
    assert config.camera.opencv.source == f"{tmp_path}/door.mp4"
    assert config.outbox.file == "/var/x.db"


def test_paths_that_are_not_written_count_from_where_edgecam_lies(tmp_path: Path) -> None:
    config = load_text(tmp_path, "node: a").config

    assert config.model.file == str(MODEL)
    assert config.camera.stills.folder == str(SAMPLES)
    assert config.camera.opencv.source == "/dev/video0"
    assert config.model.labels is None


def test_an_address_is_no_path(tmp_path: Path) -> None:
    text = "camera: {opencv: {source: 'rtsp://10.0.0.7/door'}}"

    assert load_text(tmp_path, text).config.camera.opencv.source == "rtsp://10.0.0.7/door"


def test_an_option_is_located_at_its_line_or_at_the_nearest_section(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "node: a\nmodel:\n  threads: 1\nregions:\n- name: a\n- name: b\n")

    places = {
        option: loaded.locate(option).removeprefix(f"{tmp_path}/")
        for option in ("model.threads", "model.file", "mqtt.broker", "regions[1].box", "")
    }
    assert places == {
        "model.threads": "config.yaml:3: model.threads",
        "model.file": "config.yaml:2: model.file",
        "mqtt.broker": "config.yaml: mqtt.broker",
        "regions[1].box": "config.yaml:6: regions[1].box",
        "": "config.yaml",
    }


def test_an_error_about_an_option_gets_its_place(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "model:\n  threads: 1\n")

    with pytest.raises(ConfigError) as placed, loaded.blamed():
        raise ConfigError("too many", option="model.threads")
    with pytest.raises(ConfigError) as bare, loaded.blamed():
        raise ConfigError("elsewhere")

    assert str(placed.value) == f"{tmp_path}/config.yaml:2: model.threads: too many"
    assert str(bare.value) == "elsewhere"
