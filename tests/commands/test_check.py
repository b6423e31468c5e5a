"""`edgecam check`: what is in force, and everything that can be known to be wrong."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.commands import Outcome, environment, run
from support.places import MODEL, RUNTIMES, SAMPLES
from support.tiny_models import tiny_model
from support.wall_clock import WallClock

from edgecam.appliance import schedule
from edgecam.errors import EXIT_CONFIG

STILLS = "camera: {source: stills, stills: {folder: .}}\n"
UNREADABLE = "cannot be read: No such file or directory"
UNKNOWN = "is no label of the model and no group"
OPENCV = "camera: {source: opencv, opencv: {source: '%s'}}\n"


def check(
    folder: Path, text: str, *more: str, under: Sequence[str] = (), **variables: str
) -> Outcome:
    """Check a configuration of these lines, with the real model unless they name another.

    A picture lies beside it. No broker is asked: that is for test_reach.py.
    """
    shutil.copy(SAMPLES / "bison.jpg", folder)
    if "model:" not in text:
        text += f"model: {{file: {MODEL}}}\n"
    if "outbox:" not in text:
        text += "outbox: {file: outbox.db}\n"
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return run(folder, "check", "--offline", *more, under=under, **variables)


def test_it_prints_every_option_in_force(tmp_path: Path) -> None:
    done = check(tmp_path, "node: door\ncamera: {source: stills, stills: {folder: .}}\n")

    assert (done.code, done.errors) == (0, [])
    shown: dict[str, Any] = yaml.safe_load(done.out)
    assert shown["node"] == "door"
    assert shown["camera"]["stills"] == {"folder": str(tmp_path), "hold_s": 3.0, "loop": True}
    assert shown["model"]["file"] == str(MODEL)
    assert shown["decision"]["appear"] == 0.4
    assert done.out.splitlines()[-1] == "# config.yaml is right"
    assert done.out.splitlines()[-2].startswith(
        "# model: efficientnet_lite0_int8, 1000 labels, 224x224 uint8, on ai-edge-litert "
    )


def test_it_says_what_a_schedule_comes_to_now(tmp_path: Path) -> None:
    stills = "camera: {source: stills, stills: {folder: .}}\n"
    hours = "schedule: {active_hours: ['07:00-19:00', '19:00-07:00']}\n"
    place = "{place: {latitude: 59.33, longitude: 18.07}, active_hours: [sunset-30min-sunrise]}"
    for text, told in (
        (hours, "active for a year or more"),
        (f"schedule: {place}\n", r"(active|asleep) until \w{3} \d\d:\d\d"),
    ):
        done = check(tmp_path, stills + text)
        assert (done.code, but_unset(done.errors)) == (0, [])
        (said,) = re.findall(r"^# schedule: (.*)$", done.out, re.MULTILINE)
        assert re.fullmatch(
            told, said.removeprefix("if the clock, which nobody has set, is right: ")
        )


def but_unset(errors: list[str]) -> list[str]:
    """Nobody may have set the clock of the machine that runs this."""
    return [line for line in errors if not line.endswith(schedule.UNSET)]


def test_hours_on_a_clock_that_nobody_has_set_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "clock").mkdir()
    clock = WallClock(tmp_path / "clock")
    hours = "schedule:\n  active_hours: ['07:00-22:00']\n"
    unset = check(tmp_path, STILLS + hours, under=clock.through, **clock.env)
    (said,) = unset.errors
    assert said == f"warning: config.yaml:3: schedule.active_hours: {schedule.UNSET}"
    assert "# schedule: if the clock, which nobody has set, is right: a" in unset.out
    clock.synchronize()
    was_set = check(tmp_path, STILLS + hours, under=clock.through, **clock.env)
    assert was_set.errors == []
    assert re.search(r"^# schedule: (active|asleep) until", was_set.out, re.MULTILINE)


def test_hours_that_never_come_are_a_warning(tmp_path: Path) -> None:
    equator = "place: {latitude: 0, longitude: 30}, active_hours: [17:00-sunset]"
    text = f"camera: {{source: stills, stills: {{folder: .}}}}\nschedule: {{{equator}}}\n"
    done = check(tmp_path, text, TZ="UTC")
    assert done.code == 0
    (warning,) = but_unset(done.errors)
    assert warning.startswith("warning: config.yaml:2: schedule.active_hours: these hours do not ")
    assert re.search(r"^# schedule: .*asleep for a year or more$", done.out, re.MULTILINE)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_it_prints_is_a_configuration_that_comes_to_the_same(
    tmp_path: Path, runtime: str
) -> None:
    text = f"""\
node: door-2
camera: {{source: stills, fps: null, rotation: 270, stills: {{folder: .}}}}
model: {{file: {MODEL}, runtime: {runtime}, threads: 2, mean: [127], std: [128.5]}}
regions: [{{name: left, box: [0, 0, 0.5, 1]}}, {{name: "12", box: [0.5, 0, 1, 1]}}]
decision:
  only: ["cat: any", bison]
  groups: {{"cat: any": [tabby, tiger cat]}}
  labels: {{bison: {{appear: 0.9}}}}
  appear: 1.0e-3
  disappear: 1.0e-7
outbox: {{file: outbox.db}}
mqtt: {{protocol: "5", client_id: "no", username: "1e5"}}
"""
    text = text.replace("tabby,", "tabby cat,")
    first = check(tmp_path, text)
    again = check(tmp_path, first.out)

    assert (first.code, first.errors) == (0, [])
    assert (again.code, again.errors) == (0, [])
    assert again.out == first.out
    assert yaml.safe_load(first.out)["decision"]["groups"] == {
        "cat: any": ["tabby cat", "tiger cat"]
    }


@pytest.mark.parametrize("secret", ["hunter2", "hun@ter2", "hun/ter2", "hun ter2", "hunter2" * 20])
def test_it_prints_no_password(tmp_path: Path, secret: str) -> None:
    (tmp_path / "secret").write_text(secret, encoding="utf-8")
    text = OPENCV % f"rtsp://admin:{secret}@10.0.0.7/door"
    text += "mqtt: {username: door, password_file: secret}\n"

    done = check(tmp_path, text)

    assert (done.code, done.errors) == (0, [])
    shown = yaml.safe_load(done.out)
    assert shown["camera"]["opencv"]["source"] == "rtsp://…@10.0.0.7/door"
    assert shown["mqtt"]["password_file"] == f"{tmp_path}/secret"
    assert "ter2" not in done.out + done.err
    assert check(tmp_path, done.out).out == done.out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "camera: {fps: 1}\nmodel:\n  file: absent.tflite\n",
            f"config.yaml:3: model.file: {{folder}}/absent.tflite {UNREADABLE}",
        ),
        (
            "model:\n  file: config.yaml\n",
            "config.yaml:1: model.sha256: {folder}/config.yaml is not the pinned model: ",
        ),
        (
            f"model: {{file: {MODEL}, labels: absent.txt}}\n",
            "config.yaml:1: model.labels: {folder}/absent.txt cannot be read: ",
        ),
        (
            "decision:\n  only:\n  - cat\n  - bizon\n  groups: {cat: [tabby cat]}\n",
            f'config.yaml:4: decision.only[1]: "bizon" {UNKNOWN}; did you mean "bison"?',
        ),
        (
            "decision: {groups: {cat: [tabbycat]}}\n",
            f'config.yaml:1: decision.groups.cat[0]: "tabbycat" {UNKNOWN}',
        ),
        (
            "schedule:\n  active_hours:\n  - 07:00-08:00\n  - sunset-sunrise\n",
            'config.yaml:4: schedule.active_hours[1]: "sunset-sunrise" needs schedule.place: ',
        ),
        (
            "schedule:\n  place:\n    latitude: 95\n    longitude: 0\n",
            "config.yaml:3: schedule.place.latitude: expected a number from -90 to 90 (only ",
        ),
        (
            "mqtt:\n  username: a\n  password_file: absent\n",
            f"config.yaml:3: mqtt.password_file: the password file {{folder}}/absent {UNREADABLE}",
        ),
        (
            "mqtt:\n  broker: mqtts://h\n  tls:\n    ca_file: absent.pem\n",
            "config.yaml:4: mqtt.tls.ca_file: {folder}/absent.pem cannot be ",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    done = check(tmp_path, text)

    assert (done.code, done.out) == (EXIT_CONFIG, "")
    (line,) = done.errors
    assert line.startswith(problem.format(folder=tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "decision: {only: ['\U00018d09']}\n",
        "model: {file: '\U00018d09.tflite'}\n",
        "mqtt: {username: a, password_file: '\U00018d09'}\n",
        "mqtt: {broker: 'mqtts://h', tls: {ca_file: '\U00018d09'}}\n",
        OPENCV % "\U00018d09",
    ],
)
def test_what_no_terminal_can_show_is_escaped(tmp_path: Path, text: str) -> None:
    stills = "" if "camera:" in text else "camera: {source: stills, stills: {folder: .}}\n"
    (said,) = check(tmp_path, f"{stills}{text}").errors
    assert r"\U00018d09" in said
    assert said.isprintable()


def test_a_model_of_no_use_is_told(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path / "m.tflite", bias=[float("nan")] * 4)

    done = check(
        tmp_path,
        "model:\n  mean: [0]\n  std: [255]\n"
        f"  file: m.tflite\n  sha256: {tiny.sha256}\n  labels: m.labels\n",
    )

    assert (done.code, done.out) == (EXIT_CONFIG, "")
    assert done.errors == [
        f"config.yaml:4: model.file: {tiny.path} is of no use: it answers with NaN"
    ]


def test_a_camera_that_run_waits_for_is_a_warning(tmp_path: Path) -> None:
    done = check(tmp_path, OPENCV % "/dev/none")

    assert done.code == 0
    (line,) = done.errors
    assert line.startswith(
        "warning: config.yaml:1: camera.opencv.source: no camera at /dev/none (No such file"
    )
    assert line.endswith("; `edgecam run` waits for it")
    assert done.out.startswith("node: ")
    assert done.out.endswith("# config.yaml is right, but see the warnings\n")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (OPENCV % "none.avi", "opencv.source: {folder}/none.avi is not a video file or a /dev/vi"),
        (OPENCV % "config.yaml", "opencv.source: {folder}/config.yaml is no video that OpenCV can"),
        (OPENCV % "/dev/null", "opencv.source: /dev/null is not a video file or a /dev/video dev"),
        (
            "camera: {source: stills, stills: {folder: none}}\n",
            "stills.folder: {folder}/none is not a folder",
        ),
        (
            "camera: {source: stills, stills: {folder: empty}}\n",
            "stills.folder: {folder}/empty holds no picture that can be read",
        ),
    ],
)
def test_what_run_refuses_is_wrong_in_the_same_words(
    tmp_path: Path, text: str, refusal: str
) -> None:
    (tmp_path / "empty").mkdir()
    done = check(tmp_path, text)

    assert done.code == EXIT_CONFIG
    (line,) = done.errors
    assert line.startswith("config.yaml:1: camera." + refusal.format(folder=tmp_path))
    assert "is right" not in done.out
    ran = run(tmp_path, "run")
    assert (ran.code, ran.err.splitlines()[-1]) == (EXIT_CONFIG, line)

    elsewhere = check(tmp_path, text, "--elsewhere")
    assert (elsewhere.code, elsewhere.errors) == (0, [f"warning: {line}"])
    assert elsewhere.out.endswith("# config.yaml is right, but see the warnings\n")


PROBED = """\
import socket, sys, types
camera = types.ModuleType("edgecam.vision.camera")
def probe(options):
    status = open("/proc/self/status").read().split()
    print("privileges kept:", status[status.index("NoNewPrivs:") + 1] == "0")
    try:
        socket.socket()
    except OSError:
        print("no network")
camera.probe, camera.RETRIED = probe, ()
sys.modules[camera.__name__] = camera
from edgecam import cli
sys.exit(cli.main(["check", "--offline", "--quiet"]))
"""


def test_what_anybody_may_have_made_is_decoded_without_rights(tmp_path: Path) -> None:
    check(tmp_path, STILLS)
    done = subprocess.run(
        [sys.executable, "-c", PROBED],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "privileges kept: False\nno network\n"


def test_who_hands_it_a_network_connection_learns_nothing_of_the_camera(tmp_path: Path) -> None:
    check(tmp_path, STILLS)
    with socket.socket() as given:
        done = subprocess.run(
            [sys.executable, "-m", "edgecam", "check", "--offline", "--quiet"],
            cwd=tmp_path,
            env=environment(),
            stdin=given.fileno(),
            capture_output=True,
            encoding="utf-8",
            timeout=60.0,
            check=False,
        )

    assert done.returncode == 0
    assert "warning: the camera was not looked at: the vision half was handed" in done.stderr


def test_power_matters_to_a_device_of_any_name_and_not_to_pictures(tmp_path: Path) -> None:
    said = "# power: no matter here"
    assert said not in check(tmp_path, OPENCV % "/dev/front-door", "--elsewhere").out
    assert said in check(tmp_path, OPENCV % "door.mp4", "--elsewhere").out
    assert said in check(tmp_path, STILLS).out


def test_a_password_of_systemd_comes_first(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_bytes(b"\xff")
    text = "camera: {source: stills, stills: {folder: .}}\nmqtt: {username: a, password_file: absent}\n"

    done = check(tmp_path, text, CREDENTIALS_DIRECTORY=str(tmp_path))

    assert done.code == EXIT_CONFIG
    (line,) = done.errors
    assert f"the password file {tmp_path}/mqtt-password cannot be read: not UTF-8 text" in line


def test_quiet_says_nothing_where_nothing_is_wrong(tmp_path: Path) -> None:
    done = check(tmp_path, STILLS, "--quiet")
    assert (done.code, done.out, done.errors) == (0, "", [])


def test_quiet_keeps_warnings_and_errors(tmp_path: Path) -> None:
    warned = check(tmp_path, OPENCV % "/dev/none", "--quiet")
    assert (warned.code, warned.out) == (0, "")
    assert warned.errors[0].startswith("warning: config.yaml:1: camera.opencv.source: no camera ")
    wrong = check(tmp_path, STILLS + "power: fast\n", "--quiet")
    assert (wrong.code, wrong.out) == (EXIT_CONFIG, "")
    assert wrong.errors[0].startswith("config.yaml:2: power: ")
